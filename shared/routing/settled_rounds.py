"""The mark that a representative is done with work, so that nothing late begins it again."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Create, Document, Replace, replacing
from shared.routing.documents import REMEMBERED_FOR, settled_id


@dataclass(frozen=True, slots=True)
class Settled:
    """Up to this round the work is none of theirs any more: declined, missed or finished."""

    work_id: str
    round: int


def marking(before: Document[Settled] | None, settled: Settled, now: datetime) -> Create | Replace:
    """Write the mark; it is forgotten after a week."""
    until = now + REMEMBERED_FOR
    if before is None:
        return Create(settled_id(settled.work_id), settled, expires_at=until)
    return replacing(before, settled, expires_at=until)
