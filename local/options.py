"""What can be said on the command line."""

import argparse
from dataclasses import dataclass
from pathlib import Path

USUAL_PORT = 7071
LAST_PORT = 65535

_SETTINGS = {
    "sms": "SMS_PROVIDER",
    "sms_url": "SMS_GATEWAY_URL",
    "email": "EMAIL_PROVIDER",
    "smtp_host": "SMTP_HOST",
    "smtp_port": "SMTP_PORT",
}


@dataclass(frozen=True, slots=True)
class Options:
    """One start of the host. `settings` are those that were said, by their names."""

    data: Path
    port: int
    app: str
    settings: dict[str, str]
    travels_with: tuple[str, ...] = ()


def options(arguments: list[str] | None = None) -> Options:
    """Read the command line; a wrong one ends the process with a usage line, as programs do."""
    said = _parser().parse_args(arguments)
    named = {setting: str(getattr(said, name)) for name, setting in _SETTINGS.items() if getattr(said, name)}
    settings = {**named, **dict(said.set)}
    return Options(said.data.absolute(), said.port, said.app, settings, tuple(said.travels_with))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local", description="Run the whole house on this machine."
    )
    parser.add_argument(
        "--data", type=Path, default=Path(".data"), help="the folder that keeps everything (.data)"
    )
    parser.add_argument(
        "--port", type=_port, default=USUAL_PORT, help="the port on 127.0.0.1; 0 takes a free one"
    )
    parser.add_argument("--sms", choices=("local", "gateway"), help="where text messages go")
    parser.add_argument("--sms-url", help="the gateway's address")
    parser.add_argument("--email", choices=("local", "smtp"), help="where e-mail goes")
    parser.add_argument("--smtp-host", help="the mail server's name")
    parser.add_argument("--smtp-port", type=int, help="the mail server's port")
    parser.add_argument(
        "--set", type=_setting, action="append", default=[], metavar="NAME=VALUE", help="any other setting"
    )
    parser.add_argument(
        "--travels-with", action="append", default=[], metavar="URL", help="who is told when time is moved"
    )
    parser.add_argument("--app", default="function_app", help="the module that holds the app (function_app)")
    return parser


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        message = f"{text!r} is not NAME=VALUE"
        raise argparse.ArgumentTypeError(message)
    return name, value


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > LAST_PORT:
        message = f"{text!r} is not a port from 0 to {LAST_PORT}"
        raise argparse.ArgumentTypeError(message)
    return int(text)
