"""Show where a patient is."""

from dataclasses import dataclass
from datetime import datetime

from shared.journeys.live_journeys import LiveJourneys
from shared.journeys.model import Enrolment, EnrolmentState, Happening, Journey, Reason, Subject
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.patients.documents import patient_partition


@dataclass(frozen=True, slots=True)
class WhichEnrolments:
    """How many at once; `after` is a former answer's `next`."""

    limit: int = 100
    after: str | None = None


@dataclass(frozen=True, slots=True)
class EnrolmentShown:
    """One run: how it stands, what comes next and when, and what has happened.

    `failing_since` is since when a bug keeps it from going on, `subject_at` when the appointment begins that
    it is about, as was last known.
    """

    id: str
    journey_id: str
    journey_version: int
    subject: Subject
    state: EnrolmentState
    reason: Reason | None
    started_at: datetime
    ended_at: datetime | None
    next_step: str | None
    due_at: datetime | None
    trail: tuple[Happening, ...]
    etag: str
    failing_since: datetime | None = None
    subject_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EnrolmentsFound:
    """One page of a patient's enrolments."""

    enrolments: tuple[EnrolmentShown, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListEnrolments:
    """Gives a patient's enrolments, active and ended, a page at a time."""

    documents: Documents
    live: LiveJourneys

    def __call__(self, which: WhichEnrolments, *, patient_id: PatientId) -> EnrolmentsFound:
        limit = max(1, min(which.limit, 100))
        page = self.documents.list(
            patient_partition(patient_id), "enrolment", Enrolment, limit=limit, after=which.after
        )
        shown_ones = tuple(
            shown(
                found.body, self.live.as_begun(found.body.journey_id, found.body.journey_version), found.etag
            )
            for found in page.items
        )
        return EnrolmentsFound(shown_ones, page.next)


def shown(enrolment: Enrolment, journey: Journey, etag: str) -> EnrolmentShown:
    """Show an enrolment; what comes next is the step after the wait that goes on."""
    comes = enrolment.position + (enrolment.due_at is not None)
    goes_on = enrolment.is_active and comes < len(journey.steps)
    return EnrolmentShown(
        id=enrolment.id,
        journey_id=enrolment.journey_id,
        journey_version=enrolment.journey_version,
        subject=enrolment.subject,
        state=enrolment.state,
        reason=enrolment.reason,
        started_at=enrolment.started_at,
        ended_at=enrolment.ended_at,
        next_step=journey.steps[comes].id if goes_on else None,
        due_at=enrolment.due_at,
        trail=enrolment.trail,
        etag=etag,
        failing_since=enrolment.failing.since if enrolment.is_active and enrolment.failing else None,
        subject_at=enrolment.subject_at,
    )
