"""Where measures are kept, and how they are found."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.kernel.documents import Document, Documents, Index
from shared.kernel.refusals import NotFound
from shared.measures.formula import Measure, MeasureState
from shared.measures.model import NoSuchMeasure
from shared.segments.measured import measure_partition

STATE = Index("measure", "state")
"""Which measures are live; versions of old are of another kind and not among them."""
VALUES_DUE = Index("values", "next_at")
"""Which are to be worked out, in order of when; who is not has no place in it."""
INDEXES = (STATE, VALUES_DUE)

CURRENT = "measure~current"
VALUES = "values~latest"

Status = Literal["queued", "successful", "failed"]


@dataclass(frozen=True, slots=True)
class Refresh:
    """How the last working out ended, and when the next is due (UN-17).

    What is None was not known before the first success; what a failure left is what the last success said.
    `complete_up_to` is how far the lake had followed the record, `rows` how many values there are.
    """

    measure_id: str
    version: int
    status: Status
    next_at: datetime | None
    asked_at: datetime
    worked_out_at: datetime | None = None
    complete_up_to: datetime | None = None
    rows: int | None = None
    reason: str | None = None


def version_id(version: int) -> str:
    return f"version~{version}"


def measure_at(documents: Documents, measure_id: str) -> Document[Measure]:
    """Read a measure as it now is. Raises `NoSuchMeasure`."""
    try:
        return documents.read(measure_partition(measure_id), CURRENT, Measure)
    except NotFound:
        raise NoSuchMeasure from None


def refresh_of(documents: Documents, measure_id: str) -> Document[Refresh] | None:
    return documents.look(measure_partition(measure_id), VALUES, Refresh)


def measures_in_state(documents: Documents, state: MeasureState) -> Iterator[Measure]:
    """Give all measures in one state, page after page."""
    after: str | None = None
    while True:
        page = documents.find(STATE, Measure, equal_to=state, after=after)
        yield from (found.body for found in page.items)
        after = page.next
        if after is None:
            return
