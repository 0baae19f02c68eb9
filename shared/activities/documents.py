"""Where activities and their types are kept, and how they are found."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.activities.activity_types import ActivityType
from shared.activities.model import Activity, Kind, NoSuchActivityType
from shared.kernel.documents import Document, Documents, Index
from shared.kernel.identity import PatientId, derived
from shared.kernel.refusals import NotFound
from shared.patients.documents import patient_partition

STATE = Index("type", "state")
CHANGED_ON = Index("told", "changed_on")
"""What was told or withdrawn, in order of the day: what the lake follows."""
UNPLACED = Index("unplaced", "told_at")
"""What waits for its patient, longest told first."""
INDEXES = (STATE, CHANGED_ON, UNPLACED)

CURRENT = "type~current"
ENTRY, KEY = "timeline", "told"
_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
_LATEST = 10**18 - 1
"""More microseconds than the calendar has."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is known under a type and a key: where its entry stands in the timeline, if it was not withdrawn.

    `fingerprint` is of all that it says; `as_of` is the source's latest word about it; `changed_on` is a day
    in UTC.
    """

    activity_id: str
    patient_id: PatientId
    type_id: str
    source: str
    kind: Kind
    event: str | None
    at: datetime
    as_of: datetime
    fingerprint: str
    entry_id: str | None
    changed_on: str


def type_partition(type_id: str) -> str:
    return f"activity-type/{type_id}"


def version_id(version: int) -> str:
    return f"version~{version}"


def type_at(documents: Documents, type_id: str) -> Document[ActivityType]:
    """Read a type as it now is. Raises `NoSuchActivityType`."""
    try:
        return documents.read(type_partition(type_id), CURRENT, ActivityType)
    except NotFound:
        raise NoSuchActivityType from None


def activity_id(type_id: str, key: str) -> str:
    """Name an activity: the same for the same type, which has one source, and the source's key.

    A source may count each of its types from 1.
    """
    return derived("activity", type_id, key)


def entry_id(at: datetime, activity: str) -> str:
    """Name its place in the timeline: the ids sort the newest first."""
    return f"{before(at)}~{activity}"


def before(at: datetime) -> str:
    """Give what stands in the timeline just before everything that happened then."""
    microseconds = (at - _BEGINNING) // timedelta(microseconds=1)
    return f"{ENTRY}~{_LATEST - microseconds:018}"


def day_of(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()


def key_id(activity: str) -> str:
    return f"{KEY}~{activity}"


def told_of(documents: Documents, patient_id: PatientId, activity: str) -> Document[Told] | None:
    return documents.look(patient_partition(patient_id), key_id(activity), Told)


def entry_of(documents: Documents, patient_id: PatientId, entry: str) -> Document[Activity] | None:
    return documents.look(patient_partition(patient_id), entry, Activity)
