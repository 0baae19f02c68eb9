"""What the control port shows: counts by queue and operation, depths, and the messages themselves."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tests.stand_ins.service_bus.broker import Broker
from tests.stand_ins.service_bus.entity import Queue
from tests.stand_ins.service_bus.messages import Kept, State, body_of, properties_of


def with_the_dead(broker: Broker) -> Iterator[Queue]:
    """Go through all queues and their dead letters."""
    for queue in broker.queues.values():
        yield queue
        if queue.dead:
            yield queue.dead


def counts(broker: Broker, _: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Tell how often each operation was done, by queue; the dead letters' come with theirs, named so."""
    told = {_name(queue): dict(queue.counts) for queue in with_the_dead(broker)}
    return {name: counted for name, counted in told.items() if counted}


def links(broker: Broker, _: Mapping[str, Any]) -> dict[str, int]:
    """Tell how many links of senders and receivers each queue has."""
    return Counter(name for one in broker.connections for name in one.linked_to())


def tokens(broker: Broker, _: Mapping[str, Any]) -> dict[str, list[str]]:
    """Tell why tokens were refused."""
    return {"refused": broker.tokens_refused}


def _name(queue: Queue) -> str:
    return f"{queue.settings.name}/dead" if queue.is_dead else queue.settings.name


def queues(broker: Broker, about: Mapping[str, Any]) -> dict[str, Any]:
    """Tell the depths of one queue or of all, with messages where `messages` is asked for."""
    names = [about["queue"]] if "queue" in about else list(broker.queues)
    return {name: _told(broker.find(name), with_messages="messages" in about) for name in names}


def _told(queue: Queue, *, with_messages: bool) -> dict[str, Any]:
    all_messages = list(queue.messages.values())
    told: dict[str, Any] = {
        "active": sum(one.state is State.ACTIVE and not one.token for one in all_messages),
        "scheduled": sum(one.state is State.SCHEDULED for one in all_messages),
        "deferred": sum(one.state is State.DEFERRED and not one.token for one in all_messages),
        "locked": len(queue.locked),
        "sessions_held": sorted(queue.sessions.holders()) if queue.sessions else [],
        "dead": len(queue.dead.messages) if queue.dead else 0,
    }
    if with_messages:
        told["messages"] = [_shown(one) for one in all_messages]
        told["dead_messages"] = [_shown(one) for one in queue.dead.messages.values()] if queue.dead else []
    return told


def _shown(message: Kept) -> dict[str, Any]:
    reason, description = message.dead_because or (None, None)
    return {
        "sequence_number": message.sequence_number,
        "message_id": message.message_id,
        "session": message.session,
        "state": message.state.name.lower(),
        "failures": message.failures,
        "enqueued_at": _iso(message.enqueued_at),
        "scheduled_for": _iso(message.scheduled_for) if message.scheduled_for else None,
        "locked_until": _iso(message.locked_until) if message.token else None,
        "properties": properties_of(message),
        "body": body_of(message).decode(errors="replace"),
        "reason": reason,
        "description": description,
    }


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
