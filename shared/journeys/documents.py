"""Where journeys and enrolments are kept, and how they are found."""

from collections.abc import Iterator, Sequence

from shared.journeys.engine import Decision, at_step
from shared.journeys.entry import Entries
from shared.journeys.model import (
    AdvanceEnrolment,
    Enrolment,
    Journey,
    JourneyState,
    NoSuchEnrolment,
    NoSuchJourney,
)
from shared.kernel.announcements import Announcement
from shared.kernel.documents import (
    LONGEST_ID,
    Create,
    Document,
    Documents,
    Index,
    Replace,
    announcing,
    replacing,
)
from shared.kernel.identity import PatientId, derived
from shared.kernel.refusals import NotFound
from shared.patients.documents import patient_partition
from shared.triggers.firings import Firing

DUE = Index("enrolment", "due_at")
"""Which enrolments wait, in order of when they are due; who does not wait has no place in it."""
STATE = Index("journey", "state")
"""Which journeys are live; versions of old are of another kind and not among them."""
INDEXES = (DUE, STATE)

CURRENT = "journey~current"


def journey_partition(journey_id: str) -> str:
    return f"journey/{journey_id}"


def version_id(version: int) -> str:
    return f"version~{version}"


def enrolment_id(journey_id: str, firing: Firing) -> str:
    """Name the enrolment for what it is: this journey, about this resource, the n-th time it is true (D9)."""
    again = "" if firing.occurrence == 1 else f"~{firing.occurrence}"
    return enrolment_named(journey_id, firing.resource.replace("/", "~"), again)


def enrolment_named(journey_id: str, about: str, which: str) -> str:
    """Name the enrolment in this journey about this, for the time that `which` tells from others."""
    spelt = f"enrolment~{journey_id}~{about}{which}"
    return spelt if len(spelt) <= LONGEST_ID else f"enrolment~{journey_id}~{derived(about)}{which}"


def followed_id(what: str) -> str:
    """Name what is known of the latest news that was followed of an appointment, or of a `segment~…`."""
    spelt = f"followed~{what}"
    return spelt if len(spelt) <= LONGEST_ID else f"followed~{derived(what)}"


def entries_id(journey_id: str) -> str:
    return f"entries~{journey_id}"


def journey_at(documents: Documents, journey_id: str) -> Document[Journey]:
    """Read a journey as it now is. Raises `NoSuchJourney`."""
    try:
        return documents.read(journey_partition(journey_id), CURRENT, Journey)
    except NotFound:
        raise NoSuchJourney from None


def journeys_in_state(documents: Documents, state: JourneyState) -> Iterator[Journey]:
    """Give all journeys in one state, page after page."""
    after: str | None = None
    while True:
        page = documents.find(STATE, Journey, equal_to=state, after=after)
        yield from (found.body for found in page.items)
        after = page.next
        if after is None:
            return


def enrolment_due(documents: Documents, due: AdvanceEnrolment) -> Document[Enrolment]:
    """Read the enrolment as announced. Raises `NotYetVisible` behind it, `EnrolmentHasMovedOn` beyond it."""
    found = documents.read(patient_partition(due.patient_id), due.enrolment_id, Enrolment, at_least=1)
    at_step(found.body, due.step_counter)
    return found


def enrolment_of(documents: Documents, patient_id: PatientId, named: str) -> Document[Enrolment]:
    """Read an enrolment of a patient. Raises `NoSuchEnrolment`, also for an id of anything else."""
    if not named.startswith("enrolment~"):
        raise NoSuchEnrolment
    try:
        return documents.read(patient_partition(patient_id), named, Enrolment)
    except NotFound:
        raise NoSuchEnrolment from None


def enrolments_of(documents: Documents, patient_id: PatientId) -> Iterator[Document[Enrolment]]:
    """Give all enrolments of a patient, page after page."""
    after: str | None = None
    while True:
        page = documents.list(patient_partition(patient_id), "enrolment", Enrolment, after=after)
        yield from page.items
        after = page.next
        if after is None:
            return


def kept_entries(before: Document[Entries] | None, entries: Entries) -> Create | Replace:
    """Write when a patient started: as new, or over what was read."""
    return Create(entries_id(entries.journey_id), entries) if before is None else replacing(before, entries)


def announced(decision: Decision, of: Create | Replace | Document[Enrolment]) -> Sequence[Announcement]:
    """Announce what was decided, as speaking of the enrolment as it is being written, or as it stands."""
    return [
        announcing(told.content, of=of, named=told.named, due_at=told.due_at)
        for told in decision.instructions
    ]
