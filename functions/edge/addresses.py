"""From where does somebody ask? What our own proxies say, never what the asker says (RFC 7239 §8.1)."""

import ipaddress
import re

import azure.functions as func

from functions.edge.exchange import header

_WITH_PORT = re.compile(r"\[?(?P<address>[0-9A-Fa-f:.%]+?)\]?(?::\d{1,5})?")
_OF_A_HOME = 64
"""Bits of an IPv6 address that a household or a machine has to itself: it may use any of the rest."""


def sender_of(req: func.HttpRequest, proxies: int) -> str | None:
    """Give the address that the outermost of our proxies saw, or None where there is no proxy of ours.

    Each of them adds whom it saw to the end of `X-Forwarded-For`; what stands further ahead anybody can have
    written. An address that cannot be read is one like any other that cannot.
    """
    if proxies == 0:
        return None
    told = [part.strip() for part in (header(req, "X-Forwarded-For") or "").split(",") if part.strip()]
    return _home_of(told[-proxies]) if len(told) >= proxies else "unknown"


def _home_of(text: str) -> str:
    without_port = text if text.count(":") > 1 and "[" not in text else (_spelt(text) or text)
    try:
        address = ipaddress.ip_address(without_port)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _OF_A_HOME), strict=False))


def _spelt(text: str) -> str | None:
    found = _WITH_PORT.fullmatch(text)
    return found["address"] if found else None
