"""`make operate`: the pages for parked messages and dead letters of a house anywhere, on this machine.

They ask the house by its own routes, so it knows whose token it is, allows no more to them than that person,
and audits what they decide.
"""

import argparse
import asyncio
import errno
import secrets
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette

from local.bearer import Bearer, FromStandardInput, NoToken, from_command, from_file
from local.house_api import HouseApi, NotAHouse, address_of, connected
from local.operators_desk import ADDRESS, desk_of

USUAL_PORT = 7072
COULD_NOT_START = 2


@dataclass(frozen=True, slots=True)
class Said:
    """What was said on the command line: which house, at which port of ours, and where the token is."""

    address: str
    port: int
    source: Callable[[], str]


def main(arguments: list[str] | None = None) -> int:
    """Serve the pages until told to stop; give the exit status."""
    said = _said(arguments)
    bearer = Bearer(said.source)
    try:
        bearer.token()
        with socket.create_server((ADDRESS, said.port)) as listener, connected(said.address) as http:
            key = secrets.token_urlsafe(24)
            desk = desk_of(HouseApi(http, bearer), house=urlsplit(said.address).netloc, key=key)
            _announce(said.address, f"http://{ADDRESS}:{listener.getsockname()[1]}/?key={key}")
            asyncio.run(_serve(desk, listener))
    except NoToken as missing:
        print(missing, file=sys.stderr)
        return COULD_NOT_START
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        print(f"Port {said.port} on {ADDRESS} is in use: choose another with --port.", file=sys.stderr)
        return COULD_NOT_START
    return 0


async def _serve(desk: Starlette, listener: socket.socket) -> None:
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, _is_handled)
    config = uvicorn.Config(desk, log_config=None, access_log=False, timeout_graceful_shutdown=2)
    await uvicorn.Server(config).serve(sockets=[listener])


def _is_handled(*_: object) -> None:
    """Do nothing: the server stops by its own handling, then hands the signal back to this."""


def _announce(house: str, address: str) -> None:
    print(f"What is parked in {house} is shown at {address} (this machine only).")
    print("Stop it with Ctrl-C.", flush=True)


def _said(arguments: list[str] | None) -> Said:
    parser = argparse.ArgumentParser(prog="python -m local.operate", description=__doc__)
    parser.add_argument("--url", type=_house, required=True, help="where the house stands")
    parser.add_argument(
        "--port", type=int, default=USUAL_PORT, help="the port on 127.0.0.1; 0 takes a free one (7072)"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--token-file", type=Path, help="the file that holds the bearer token")
    where.add_argument("--token-command", help="the command that prints it; run anew when it has run out")
    parsed = parser.parse_args(arguments)
    if parsed.token_file is not None:
        return Said(parsed.url, parsed.port, from_file(parsed.token_file))
    if parsed.token_command is not None:
        return Said(parsed.url, parsed.port, from_command(parsed.token_command))
    return Said(parsed.url, parsed.port, FromStandardInput())


def _house(text: str) -> str:
    try:
        return address_of(text)
    except NotAHouse as refused:
        raise argparse.ArgumentTypeError(str(refused)) from None


if __name__ == "__main__":
    sys.exit(main())
