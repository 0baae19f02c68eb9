"""One FHIR server over HTTP: how it is asked, when it is asked again, and what is never sent to it."""

import logging
import random
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from shared.adapters.fhir_rest_answers import Answer, refusal, retry_after
from shared.adapters.fhir_rest_circuit import Circuit, CircuitIsOpen
from shared.adapters.fhir_rest_tokens import NoToken, NoTokenGiven, Tokens
from shared.kernel import tracing
from shared.kernel.refusals import Nonsense, TransientFault

log = logging.getLogger(__name__)

TRIES = 3
LONGEST_WAIT_HERE = 2.0
"""Seconds; for longer the caller waits, who can put its message off and hold no thread meanwhile."""
LARGEST_ANSWER = 256 * 1024 * 1024

_ACCEPTED = "application/fhir+json"
_FIRST_WAIT = 0.2
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_SAYS_NOTHING = frozenset({429, 500})
"""Of the server's health: one that is asked too much is well, and one resource can be its bug."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class LeadsAway(TransientFault):
    """A link leads away from the record, where our token has no business: until its address is mended."""


class OutOfReach(TransientFault):
    """No connection to the record came about."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each part of a call may last, in seconds; `whole` is a body from its first byte on."""

    connect: float = 5.0
    silence: float = 30.0
    whole: float = 100.0

    @property
    def timeout(self) -> httpx.Timeout:
        return httpx.Timeout(connect=self.connect, read=self.silence, write=self.silence, pool=self.connect)


@dataclass(frozen=True, slots=True)
class Ask:
    """One request; one that `writes` may not be done twice."""

    method: str
    url: str
    body: bytes | None = None
    headers: Mapping[str, str] | None = None
    writes: bool = False


class FhirServer:
    """Asks one server, which is at `base_url`, over https unless it is on this machine.

    What reads is asked up to three times, with a growing, irregular wait or the one that the server names.
    What writes is asked again only when it cannot have been done: no connection came about, or the answer was
    429. Any other failure of a write is a `TransientFault`, whose caller reads before it tries again. `wait`
    is given seconds.
    """

    def __init__(
        self,
        base_url: str,
        tokens: Tokens | None = None,
        *,
        patience: Patience | None = None,
        circuit: Circuit | None = None,
        trusted_ca: Path | None = None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._place = _place(self.base_url)
        self.tokens = tokens or NoToken()
        self._patience = patience or Patience()
        self._circuit = circuit or Circuit()
        self._wait = wait
        for narrator in ("httpx", "httpcore"):  # they tell of addresses, in which a search may stand (D17)
            logging.getLogger(narrator).setLevel(logging.WARNING)
        self._client = httpx.Client(
            timeout=self._patience.timeout,
            verify=_trust(trusted_ca),
            follow_redirects=False,
            headers={"Accept": _ACCEPTED},
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=32),
        )

    def close(self) -> None:
        self._client.close()

    def is_home(self, url: str) -> bool:
        """Say whether an address lies within this server, by scheme, host, port and path."""
        try:
            scheme, host, port, path = _place(url)
        except (ValueError, Nonsense):
            return False
        at_home = (scheme, host, port) == self._place[:3]
        return at_home and (path == self._place[3] or path.startswith(f"{self._place[3]}/"))

    def ask(self, asked: Ask) -> Answer:
        """Give a 2xx, or raise what the answer means. Raises `TransientFault` when there is none."""
        answer = self.answer_to(asked)
        if not answer.is_done:
            raise refusal(answer)
        return answer

    def answer_to(self, asked: Ask) -> Answer:
        """Give any answer but those that pass by themselves, after asking as often as is harmless."""
        if not self.is_home(asked.url):
            log.error("fhir.record.leads_away")
            raise LeadsAway
        for number in range(1, TRIES + 1):
            try:
                answer = self._asked_once(asked)
            except (CircuitIsOpen, NoTokenGiven):
                raise  # asking again at once would change nothing
            except _NotSent:
                wait = _pause(number)
            except TransientFault:
                if asked.writes or number == TRIES:
                    raise
                wait = _pause(number)
            else:
                told = self._told_to_wait(asked, answer, number)
                if told is None:
                    return answer
                wait = told
            if number < TRIES:
                self._wait(wait)
        raise OutOfReach

    @contextmanager
    def stream(
        self, url: str, tokens: Tokens | None, headers: Mapping[str, str]
    ) -> Generator[httpx.Response]:
        """Read a large answer as it comes, wherever the caller found it right to ask, as who it says.

        Raises as `ask` does, also in between: then what was read is not all.
        """
        with self._understood(), self._opened(url, tokens or NoToken(), headers) as response:
            if response.status_code != 200:
                raise refusal(Answer(response.status_code, response.headers, response.read()))
            yield response

    @contextmanager
    def _opened(self, url: str, tokens: Tokens, headers: Mapping[str, str]) -> Generator[httpx.Response]:
        """Ask; a token that is not believed is renewed once."""
        known = tokens.headers()
        with self._client.stream("GET", url, headers={**headers, **known}) as response:
            if response.status_code != 401:
                yield response
                return
        renewed = tokens.headers(instead_of=known)
        with self._client.stream("GET", url, headers={**headers, **renewed}) as response:
            yield response

    def _told_to_wait(self, asked: Ask, answer: Answer, number: int) -> float | None:
        """Give the seconds after which to ask again, or None where this answer is the last word here."""
        if answer.status not in _PASSING:
            return None
        harmless = not asked.writes or answer.status == 429
        asks_for = retry_after(answer.headers)
        longer = asks_for is not None and asks_for.total_seconds() > LONGEST_WAIT_HERE
        if not harmless or number == TRIES or longer:
            return None
        return _pause(number) if asks_for is None else _not_before(asks_for)

    def _asked_once(self, asked: Ask) -> Answer:
        """Ask; a token that is not believed is renewed once, for nothing has been done by then."""
        self._circuit.require_closed()
        try:
            headers = self.tokens.headers()
            answer = self._exchanged(asked, headers)
            if answer.status == 401:
                headers = self.tokens.headers(instead_of=headers)
                answer = self._exchanged(asked, headers)
        except _Broken:
            self._circuit.failed()
            raise
        except BaseException:
            self._circuit.let_go()
            raise
        if answer.status in (401, 403):
            log.error("fhir.record.not_let_in", extra={"status": answer.status})
        self._judge(answer)
        return answer

    def _judge(self, answer: Answer) -> None:
        if answer.status in _SAYS_NOTHING:
            self._circuit.let_go()
        elif answer.status in _PASSING:
            self._circuit.failed()
        else:
            self._circuit.succeeded()

    def _exchanged(self, asked: Ask, headers: Mapping[str, str]) -> Answer:
        sent = {**(asked.headers or {}), **headers}
        began, status = time.perf_counter(), 0
        try:
            with (
                self._understood(),
                self._client.stream(asked.method, asked.url, content=asked.body, headers=sent) as response,
            ):
                heard = self._heard(response)
                status = response.status_code
                return Answer(status, response.headers, heard)
        finally:
            seconds = time.perf_counter() - began
            tracing.measure("fhir.record_seconds", seconds, method=asked.method, status=status)

    def _heard(self, response: httpx.Response) -> bytes:
        """Read an answer while there is time; a timeout alone would begin anew with every byte."""
        ends = time.monotonic() + self._patience.whole
        heard = bytearray()
        for part in response.iter_bytes():
            heard += part
            if time.monotonic() > ends or len(heard) > LARGEST_ANSWER:
                raise _Broken
        return bytes(heard)

    @contextmanager
    def _understood(self) -> Generator[None]:
        """Say what a broken exchange means. It keeps no cause: httpx's carries the request (D17)."""
        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as fault:
            raise _NotSent(type(fault).__name__) from None
        except (httpx.RequestError, httpx.StreamError) as fault:
            raise _Broken(type(fault).__name__) from None


class _Broken(TransientFault):
    """The exchange broke off; the server may have done what it was asked."""


class _NotSent(_Broken):
    """There was no exchange; the server has done nothing."""


def _place(url: str) -> tuple[str, str, int | None, str]:
    """Give what makes an address one's own. Raises `Nonsense` for plain http beyond this machine."""
    parts: Any = urlsplit(url)
    host = (parts.hostname or "").lower()
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise Nonsense(("", "neither https nor on this machine"))
    if parts.username is not None or ".." in parts.path.split("/") or not host:
        raise Nonsense(("", "not an address of a server"))
    port = parts.port or {"https": 443, "http": 80}[parts.scheme]
    return parts.scheme, host, port, parts.path.rstrip("/")


def _trust(trusted_ca: Path | None) -> Any:
    if trusted_ca is None:
        return True
    trusted = httpx.create_ssl_context()
    trusted.load_verify_locations(trusted_ca)
    return trusted


def _pause(number: int) -> float:
    return _FIRST_WAIT * 2 ** (number - 1) * random.uniform(0.5, 1.5)  # noqa: S311  # so that not all ask again at once


def _not_before(asked_for: timedelta) -> float:
    return asked_for.total_seconds() * random.uniform(1.0, 1.25)  # noqa: S311  # as above
