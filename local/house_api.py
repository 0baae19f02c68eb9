"""Asks a house anywhere over its own HTTP routes, as the person whose token it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpx

from local.bearer import Bearer, NoToken
from local.own_api import Answer
from shared.kernel.sensitive import Sensitive

PATIENCE_SECONDS = 30.0
SILENT = 502
UNSIGNED = 401
_TITLES = {
    401: "The house does not accept the token: it may have run out, or be for another house.",
    403: "None of the roles of the person whose token it is allows this: it takes the role operator.",
    404: "There is no such thing in the house: somebody may have decided about it.",
}


class NotAHouse(ValueError):
    """An address to which no token may be sent; the text says why."""


def address_of(url: str) -> str:
    """Give the address as it is asked; a token goes there over TLS, or not off this machine.

    Raises `NotAHouse`.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        message = "is not an address such as https://house.example"
        raise NotAHouse(message)
    if parts.username is not None or parts.query or parts.fragment:
        message = "holds more than an address: a name, a password or a question"
        raise NotAHouse(message)
    if parts.scheme == "http" and not is_on_this_machine(parts.hostname):
        message = "would get the token unencrypted: it must begin with https"
        raise NotAHouse(message)
    return url.rstrip("/")


def is_on_this_machine(host: str) -> bool:
    """Say whether a name or a number means this machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def connected(address: str) -> httpx.Client:
    """Give a client that follows nobody elsewhere; the way out of the building is the environment's."""
    on_this_machine = is_on_this_machine(urlsplit(address).hostname or "")
    return httpx.Client(base_url=address, timeout=PATIENCE_SECONDS, trust_env=not on_this_machine)


@dataclass(frozen=True, slots=True)
class HouseApi:
    """The routes of one house. A token that is taken no longer is read anew, once for each question."""

    http: httpx.Client
    bearer: Bearer

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        return self._told("GET", path, params=params)

    def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        return self._told("POST", path, json=body)

    def _told(self, method: str, path: str, **asked: Any) -> Answer:
        """Give the answer, or one of our own in its stead, where there is none or it says too little."""
        try:
            answer = self._asked(method, path, **asked)
        except NoToken as missing:
            return _titled(UNSIGNED, str(missing))
        except httpx.RequestError:
            return _titled(SILENT, "The house does not answer.")
        return _understood(answer)

    def _asked(self, method: str, path: str, **asked: Any) -> httpx.Response:
        token = self.bearer.token()
        answer = self._sent(token, method, path, **asked)
        if answer.status_code == UNSIGNED:
            answer = self._sent(self.bearer.instead_of(token), method, path, **asked)
        return answer

    def _sent(self, token: Sensitive[str], method: str, path: str, **asked: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token.value}"}
        return self.http.request(method, path, headers=headers, **asked)


def _understood(answer: httpx.Response) -> Answer:
    if answer.status_code in _TITLES:
        return _titled(answer.status_code, _TITLES[answer.status_code])
    try:
        said = answer.json() if answer.content else None
    except ValueError:
        said = None
    if answer.is_success and not isinstance(said, dict):
        return _titled(SILENT, "What answers at this address is not a house.")
    if answer.is_redirect:
        return _titled(SILENT, "The house sends us elsewhere; give the address where it stands.")
    return Answer(answer.status_code, said)


def _titled(status: int, title: str) -> Answer:
    return Answer(status, {"title": title})
