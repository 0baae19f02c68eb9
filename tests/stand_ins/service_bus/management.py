"""The requests of an entity's `$management` node."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from proton import Message, timestamp

from tests.stand_ins.service_bus.authorisation import Authorisation
from tests.stand_ins.service_bus.broker import Broker
from tests.stand_ins.service_bus.engine import (
    LONG,
    STRING,
    TIMESTAMP,
    array_of,
    body_of_request,
    listed,
    told_in,
)
from tests.stand_ins.service_bus.entity import Outcome, Queue
from tests.stand_ins.service_bus.messages import Kept, messages_in, rendered
from tests.stand_ins.service_bus.refusals import no_such_operation, server_busy

Answer = tuple[int, Any]
_OUTCOMES: dict[str, Outcome] = {
    "completed": "complete",
    "abandoned": "abandon",
    "defered": "defer",
    "suspended": "dead-letter",
    "released": "release",
}
_NEVER = 253_402_300_800_000
"""What a client says for "no time": the year 10000."""


@dataclass(frozen=True, slots=True)
class Management:
    """One client's requests to one entity."""

    broker: Broker
    path: str
    authorisation: Authorisation

    def act(self, request: Message) -> Answer:
        """Do what is asked. Raises `Refused`."""
        self.authorisation.demand(self.path)
        asked = str(told_in(request).get("operation", "")).removeprefix("com.microsoft:")
        act = _ACTS.get(asked)
        if not act:
            raise no_such_operation(asked)
        given: dict[Any, Any] = body_of_request(request) or {}
        return act(self.broker.find(self.path), {str(key): value for key, value in given.items()})


def _schedule(queue: Queue, given: dict[str, Any]) -> Answer:
    if queue.faults.spend("reject_sends"):
        raise server_busy()
    messages = [kept for one in given["messages"] for kept in messages_in(bytes(one["message"]))]
    return 200, {"sequence-numbers": array_of(LONG, queue.keep(messages))}


def _cancel(queue: Queue, given: dict[str, Any]) -> Answer:
    queue.cancel(listed(given["sequence-numbers"]))
    return 200, {}


def _renew_lock(queue: Queue, given: dict[str, Any]) -> Answer:
    ends = [_moment(queue.renew(token)) for token in listed(given["lock-tokens"])]
    return 200, {"expirations": array_of(TIMESTAMP, ends)}


def _settle(queue: Queue, given: dict[str, Any]) -> Answer:
    outcome = _OUTCOMES[given["disposition-status"]]
    why = (given.get("deadletter-reason") or "", given.get("deadletter-description") or "")
    for token in listed(given["lock-tokens"]):
        queue.settle(token, outcome, why)
    return 200, {}


def _peek(queue: Queue, given: dict[str, Any]) -> Answer:
    found = queue.peek(given["from-sequence-number"], given["message-count"], given.get("session-id"))
    if not found:
        return 204, {}
    return 200, {"messages": [{"message": rendered(one, locked=False)} for one in found]}


def _receive_deferred(queue: Queue, given: dict[str, Any]) -> Answer:
    for_good = given.get("receiver-settle-mode") == 0
    numbers = listed(given["sequence-numbers"])
    found = queue.take_deferred(numbers, given.get("session-id"), for_good=for_good)
    return 200, {"messages": [_with_token(one) for one in found]}


def _with_token(message: Kept) -> dict[str, Any]:
    token = {"lock-token": message.token} if message.token else {}
    return {"message": rendered(message, locked=True), **token}


def _renew_session(queue: Queue, given: dict[str, Any]) -> Answer:
    return 200, {"expiration": _moment(queue.with_sessions().renew(given["session-id"]))}


def _set_state(queue: Queue, given: dict[str, Any]) -> Answer:
    state = given.get("session-state")
    queue.with_sessions().set_state(given["session-id"], None if state is None else bytes(state))
    return 200, {}


def _get_state(queue: Queue, given: dict[str, Any]) -> Answer:
    return 200, {"session-state": queue.with_sessions().held(given["session-id"]).state}


def _list_sessions(queue: Queue, given: dict[str, Any]) -> Answer:
    since = int(given["last-updated-time"])
    found = queue.with_sessions().known(None if since >= _NEVER else since / 1000)
    page = found[given["skip"] : given["skip"] + given["top"]]
    return (200, {"skip": given["skip"], "sessions-ids": array_of(STRING, page)}) if page else (204, {})


_ACTS: dict[str, Callable[[Queue, dict[str, Any]], Answer]] = {
    "schedule-message": _schedule,
    "cancel-scheduled-message": _cancel,
    "renew-lock": _renew_lock,
    "update-disposition": _settle,
    "peek-message": _peek,
    "receive-by-sequence-number": _receive_deferred,
    "renew-session-lock": _renew_session,
    "set-session-state": _set_state,
    "get-session-state": _get_state,
    "get-message-sessions": _list_sessions,
}


def _moment(seconds: float) -> timestamp:
    return timestamp(round(seconds * 1000))
