"""All that the product lets out, but for what it is there to let out: texts in which to look for a number."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.kernel.queues import OutgoingMessage, Queues
from tests.support.edge_app import everything_in
from tests.support.product import Answer, Product
from tests.support.told import Told

SHOWS_PATIENTS = {"read_consents", "read_own_consents"}
"""Routes that show people contact points: that is what they are for."""
SHOWS_DEFINITIONS = {
    f"{act}_{kind}" for act in ("put", "read") for kind in ("trigger", "journey", "template")
} | {"list_journeys", "list_triggers", "record_consent", "record_own_consent", "list_audit"}
"""Routes that show staff again what staff have written."""


@dataclass(slots=True)
class WatchedQueues(Queues):
    """Sends as the queues do, and keeps what is written on the outside of each message."""

    queues: Queues
    outsides: list[str] = field(default_factory=list[str])

    def send(self, queue: str, messages: Sequence[OutgoingMessage]) -> None:
        self.outsides += [f"{one.id} {one.session} {dict(one.properties)!r}" for one in messages]
        self.queues.send(queue, messages)


@dataclass(slots=True)
class Emitted:
    """What one product has let out, by the place where it could be seen."""

    product: Product
    queues: WatchedQueues
    told: Told

    @classmethod
    def by(cls, product: Product, told: Told) -> "Emitted":
        """Begin to watch; nothing has been sent yet."""
        watched = WatchedQueues(product.app.queues)
        product.app.queues = watched
        return cls(product, watched, told)

    def texts(
        self, records: Iterable[logging.LogRecord], outside: Sequence[object] = ()
    ) -> Mapping[str, str]:
        """Give everything: logs as told, what a test has seen elsewhere, and the rest."""
        answers = self.product.answers
        return {
            "logs": everything_in(list(records)),
            "exceptions": "\n".join(map(_unfolded, self.product.failures)),
            "headers": "\n".join(repr(answer.headers) for _, answer in answers),
            "refusals": "\n".join(_text(answer) for _, answer in answers if answer.status >= 400),
            "answers": "\n".join(_text(answer) for route, answer in answers if route.name not in _MAY_SHOW),
            "messages": "\n".join(self.queues.outsides),
            "documents": "\n".join(self._names()),
            "telemetry": self.told.everything(),
            "outside": "\n".join(map(repr, outside)),
        }

    def _names(self) -> list[str]:
        """Give partition and id of every document there is or was."""
        query = "SELECT partition, id FROM documents"
        rows: list[Any] = self.product.app.store.read(lambda connection: connection.execute(query).fetchall())
        return [f"{partition} {named}" for partition, named in rows]


_MAY_SHOW = SHOWS_PATIENTS | SHOWS_DEFINITIONS


def _text(answer: Answer) -> str:
    return answer.body.decode()


def _unfolded(error: BaseException | None) -> str:
    """Give all that a host could log of an exception, what it came from included."""
    if error is None:
        return ""
    came_from = (_unfolded(error.__cause__), _unfolded(error.__context__))
    return f"{error!r} {error.args!r} {vars(error)!r} {came_from}"
