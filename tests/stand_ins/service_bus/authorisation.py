"""What a connection may do: the tokens put on `$cbs`, checked, and what they cover until they end."""

import asyncio
from collections.abc import Callable
from urllib.parse import unquote

from proton import Message

from shared.kernel.clock import SystemClock
from tests.stand_ins.identity import NotAccepted
from tests.stand_ins.service_bus.broker import Broker
from tests.stand_ins.service_bus.engine import body_of_request, told_in
from tests.stand_ins.service_bus.refusals import no_such_operation, no_token_covers, token_refused

_MACHINE = SystemClock()
AUDIENCE = "https://servicebus.azure.net/"
CBS = "$cbs"


def path_in(address: str | None) -> str:
    """Give the entity's path of an address, with or without a host."""
    _, scheme, rest = (address or "").partition("://")
    return (rest.partition("/")[2] if scheme else address or "").strip("/")


class Authorisation:
    """A token covers the path it was put for and what lies below it. Times are the machine's."""

    def __init__(self, broker: Broker, ended: Callable[[], None]) -> None:
        self._broker = broker
        self._ended = ended
        self._until: dict[str, float] = {}
        self._timers: list[asyncio.TimerHandle] = []

    def put(self, request: Message) -> int:
        """Take a `put-token` request. Raises `Refused`."""
        asked = told_in(request)
        if asked.get("operation") != "put-token":
            raise no_such_operation(str(asked.get("operation")))
        ends = self._checked(str(asked.get("type")), str(body_of_request(request)))
        self._until[path_in(unquote(str(asked.get("name")))).lower()] = ends
        wait = ends - _MACHINE.real().timestamp()
        self._timers.append(asyncio.get_running_loop().call_later(wait, self._ended))
        return 202

    def _checked(self, kind: str, token: str) -> float:
        """Give when a good token ends."""
        try:
            return self._end_of(kind, token)
        except NotAccepted as refused:
            self._broker.tokens_refused.append(str(refused))
            raise token_refused(str(refused)) from None

    def _end_of(self, kind: str, token: str) -> float:
        if kind != "jwt" or self._broker.faults.spend("refuse_tokens"):
            raise NotAccepted(kind)
        return float(self._broker.tokens.verify(token, AUDIENCE)["exp"])

    def covers(self, path: str) -> bool:
        """Say whether a token that has not ended covers a path."""
        lower, now = path.lower(), _MACHINE.real().timestamp()
        return any(
            ends > now and (not covered or lower == covered or lower.startswith(f"{covered}/"))
            for covered, ends in self._until.items()
        )

    def demand(self, path: str) -> None:
        """Refuse what no token covers."""
        if not self.covers(path):
            raise no_token_covers(path)

    def forget(self) -> None:
        """Wait for no end any more."""
        for timer in self._timers:
            timer.cancel()
