"""What it takes to be killed at any point: parts that die before or after a chosen effect."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.adapters.sqlite_documents import SqliteDocuments
from shared.kernel.announcements import Announcement
from shared.kernel.documents import Change, Unchanged
from shared.kernel.refusals import TransientFault
from shared.messaging.ports import (
    Accepted,
    CannotSay,
    MessageProvider,
    NotThere,
    OutcomeUnknown,
    Outgoing,
    Rejected,
)


class Killed(BaseException):
    """The process is gone: nothing in it runs any more, whatever it wanted to catch."""


@dataclass
class Life:
    """How many effects this process still lives to see; None is for ever."""

    left: int | None = None

    def passes(self) -> None:
        """Come to a point at which a process may be killed."""
        if self.left is None:
            return
        self.left -= 1
        if self.left < 0:
            raise Killed


class MortalDocuments(SqliteDocuments):
    """The store, with somebody at the plug just before and just after each commit."""

    def __init__(self, documents: SqliteDocuments, life: Life) -> None:
        self.__dict__.update(documents.__dict__)
        self._life = life

    def commit(
        self,
        partition: str,
        *,
        changes: Sequence[Change] = (),
        unchanged: Sequence[Unchanged] = (),
        announcements: Sequence[Announcement] = (),
    ) -> dict[str, str]:
        self._life.passes()
        etags = super().commit(partition, changes=changes, unchanged=unchanged, announcements=announcements)
        self._life.passes()
        return etags


@dataclass
class Gateway(MessageProvider):
    """An outside provider that outlives us, and writes down what it has taken."""

    life: Life = field(default_factory=Life)
    keys: bool = True
    looks_up: bool = True
    answers: list[Any] = field(default_factory=list[Any])
    """What goes wrong at the next calls, one after another: raised before, or after, taking the message."""
    taken: list[str] = field(default_factory=list[str])
    calls: int = 0
    meanwhile: Callable[[], object] | None = None
    """What happens elsewhere while it is being called."""
    mute: bool = False
    """Whether it does not answer questions."""

    @property
    def honours_keys(self) -> bool:
        return self.keys

    def send(self, outgoing: Outgoing) -> Accepted | Rejected:
        self.calls += 1
        self.life.passes()
        if self.meanwhile is not None:
            self.meanwhile()
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Rejected):
            return answer
        if isinstance(answer, Exception) and not isinstance(answer, OutcomeUnknown):
            raise answer
        if not (self.keys and outgoing.request_id in self.taken):
            self.taken.append(outgoing.request_id)
        self.life.passes()
        if answer is not None:
            raise answer
        return Accepted(f"gateway-{self.taken.index(outgoing.request_id)}")

    def look_up(self, request_id: str) -> Accepted | NotThere | CannotSay:
        if self.mute:
            raise TransientFault
        if not self.looks_up:
            return CannotSay()
        return Accepted("gateway") if request_id in self.taken else NotThere()
