"""The whole vocabulary of *no* that the edge knows (architecture D6 and §7).

    Refusal                 the domain says no                                422
     ├─ NotFound            there is no such thing                            404
     │   └─ Gone            there was, and it has been deleted                404
     ├─ Conflict            it contradicts what is there                      409
     │   └─ AlreadyExists   it has been created before                        409
     ├─ Stale               the caller speaks of an earlier version           412
     └─ NotAllowed          this caller may not                               403
    Nonsense                it cannot be understood, and never will be        400, parked
    TransientFault          not now; the same again may well succeed          503, waited out
     ├─ NotYetVisible       announced, but not readable here yet
     ├─ LostRace            someone else committed first; the act runs again
     └─ Throttled           too much at once                                  429

Rooms subclass these beside the noun they are about, as facts: `class SlotAlreadyTaken(Conflict)`. The first
line of a refusal's docstring is what the caller is told, so it is a sentence and never holds a value.
Everything else that is raised is a bug and is caught nowhere but at the edge.
"""

from datetime import timedelta
from typing import ClassVar


class Refusal(Exception):
    """The request was understood, and a rule says no."""

    needs_a_person: ClassVar[bool] = False
    """Whether a message refused so is parked for an operator, or merely logged."""


class NotFound(Refusal):
    """There is no such thing."""


class Gone(NotFound):
    """It has been deleted."""


class Conflict(Refusal):
    """It contradicts what is already there."""


class AlreadyExists(Conflict):
    """It has been created before."""


class Stale(Refusal):
    """It has been changed since it was read."""


class NotAllowed(Refusal):
    """The caller may not do this."""


class Nonsense(Exception):
    """It cannot be understood.

    `fields` names what is wrong as (path, problem) pairs; neither ever holds a value.
    """

    def __init__(self, *fields: tuple[str, str]) -> None:
        super().__init__("; ".join(f"{path}: {problem}" for path, problem in fields))
        self.fields = fields


class TransientFault(Exception):
    """It could not be done now; the same again may well succeed."""

    def __init__(self, reason: str = "", *, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class NotYetVisible(TransientFault):
    """What was announced cannot be read here yet."""


class LostRace(TransientFault):
    """Someone else committed first."""


class PutOff(TransientFault):
    """What came together with it took so long that it comes again."""


class Throttled(TransientFault):
    """Too much was asked at once."""
