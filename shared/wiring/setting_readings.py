"""How a setting is read where its type does not say it all. None of these ever quotes what it was given."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

LAST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Reading:
    """How a text is read, by raising `ValueError` for a wrong one, and what would do."""

    read: Callable[[str], Any]
    wanted: str


def whole_number_between(least: int, most: int) -> Reading:
    return Reading(partial(_between, least, most), f"a whole number from {least} to {most}")


def or_nothing(reading: Reading) -> Reading:
    """Let it be left empty too: see `NEEDED_BY` for where it may not."""
    return Reading(lambda text: text and reading.read(text), f"{reading.wanted}, or nothing")


def _between(least: int, most: int, text: str) -> int:
    number = int(text)
    if not least <= number <= most:
        raise ValueError
    return number


def _time_zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except OSError:  # the name of a folder of zones
        raise ValueError from None


def _spelt(pattern: str, text: str) -> str:
    """Give it back where it is spelt so; what the pattern names `port` must be one."""
    found = re.fullmatch(pattern, text)
    if not found:
        raise ValueError
    port = found.groupdict().get("port")
    if port is not None:
        _between(1, LAST_PORT, port)
    return text


def _authorities(path: str) -> str:
    """See that it names a PEM file that can be read and holds a certificate."""
    import ssl  # noqa: PLC0415  # most houses name none, and do not wait for it

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError:  # an `SSLError` is one
        raise ValueError from None
    return path


def _certificate(path: str) -> str:
    """See that it names a PEM file that can be read and holds a certificate with its key."""
    import ssl  # noqa: PLC0415  # as above

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(path)
    except OSError:
        raise ValueError from None
    return path


_HOST = r"(\[[0-9A-Fa-f:.]+\]|[^\s/?#@:\[\]]+)"
_PORT = r"(:(?P<port>[0-9]+))"

TIME_ZONE = Reading(_time_zone, "the name of a time zone, as Europe/London")
COUNTRY = Reading(partial(_spelt, "[A-Z]{2}"), "a country's two capital letters, as GB")
PORT = whole_number_between(1, LAST_PORT)
ADDRESS = Reading(
    partial(_spelt, rf"https?://{_HOST}{_PORT}?"),
    "an address without a path, as https://engagement.example.org",
)
WEB_ADDRESS = Reading(
    partial(_spelt, rf"https?://{_HOST}{_PORT}?(/[^\s?#]*)?"),
    "an address, as https://hospital.example.org/path",
)
FHIR_ADDRESS = Reading(
    partial(_spelt, rf"(https://{_HOST}|http://(127\.0\.0\.1|localhost|\[::1\])){_PORT}?(/[^\s?#]*)?"),
    "an address that begins with https, or is on this machine, as https://fhir.hospital.example.org",
)
HOST_NAME = Reading(
    partial(_spelt, r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"),
    "a whole host name, as hospital.servicebus.windows.net",
)
GATEWAY = Reading(
    partial(_spelt, rf"[a-z]+://{_HOST}{_PORT}"), "an address with its port, as sb://gateway.example.org:5671"
)
AUTHORITIES = Reading(_authorities, "a file of certificates in PEM")
CERTIFICATE = Reading(_certificate, "a file in PEM of a certificate and its key")
