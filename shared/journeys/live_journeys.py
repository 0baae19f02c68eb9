"""The journeys in force, and the versions that people under way began."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from threading import Lock

from shared.appointments.model import AppointmentHappened
from shared.journeys.documents import journey_at, journey_partition, journeys_in_state, version_id
from shared.journeys.model import (
    Journey,
    JourneyState,
    MembershipHappened,
    OnAppointment,
    OnCustomTrigger,
    OnSegment,
    StartsOn,
)
from shared.kernel.clock import Clock
from shared.kernel.documents import Documents

LAST = timedelta(seconds=1)
"""How long what was read is believed, in machine time: an edit works within two seconds everywhere."""
MOST_VERSIONS = 1000
Beginning = tuple[str, ...]
"""One thing that begins journeys, in words by which they are looked up."""


class LiveJourneys:
    """Reads the live journeys at most once a second, and each version once, since versions never change.

    Losing all of this costs a read, never a patient.
    """

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock
        self._lock = Lock()
        self._read_at: datetime | None = None
        self._live: Mapping[str, Journey] = {}
        self._by_beginning: Mapping[Beginning, Sequence[Journey]] = {}
        self._versions: dict[tuple[str, int], Journey] = {}

    def starting_on(self, trigger_id: str) -> Sequence[Journey]:
        """Give the live journeys that start on a trigger."""
        return self._beginning_with(("trigger", trigger_id))

    def on_appointment(self, happened: AppointmentHappened) -> Sequence[Journey]:
        """Give the live journeys that start when this happens to an appointment."""
        return self._beginning_with(("appointment", happened))

    def on_segment(self, segment_id: str, happened: MembershipHappened) -> Sequence[Journey]:
        """Give the live journeys that start on coming into a segment, or on leaving it."""
        return self._beginning_with(("segment", segment_id, happened))

    def on_custom_trigger(self, trigger_id: str) -> Sequence[Journey]:
        """Give the live journeys that start on a custom trigger."""
        return self._beginning_with(("custom_trigger", trigger_id))

    def state_of(self, journey_id: str) -> JourneyState:
        """Give the state a journey is in now. Raises `NoSuchJourney`."""
        with self._lock:
            self._refresh()
            is_live = journey_id in self._live
        return "live" if is_live else journey_at(self._documents, journey_id).body.state

    def as_begun(self, journey_id: str, version: int) -> Journey:
        """Give the version a person began, whatever has been published since.

        Raises `NotYetVisible` where it cannot be read here yet: somebody has begun it, so it is there.
        """
        known = self._versions.get((journey_id, version))
        if known is None:
            partition = journey_partition(journey_id)
            known = self._documents.read(partition, version_id(version), Journey, at_least=1).body
            if len(self._versions) >= MOST_VERSIONS:
                self._versions = {}
            self._versions[journey_id, version] = known
        return known

    def _beginning_with(self, beginning: Beginning) -> Sequence[Journey]:
        with self._lock:
            self._refresh()
            return self._by_beginning.get(beginning, ())

    def _refresh(self) -> None:
        now = self._clock.real()
        if self._read_at is not None and timedelta() <= now - self._read_at < LAST:
            return
        by_beginning: dict[Beginning, list[Journey]] = defaultdict(list)
        live = {journey.id: journey for journey in journeys_in_state(self._documents, "live")}
        for journey in live.values():
            for beginning in beginnings(journey.starts_on):
                by_beginning[beginning].append(journey)
        self._live, self._by_beginning, self._read_at = live, by_beginning, now


def beginnings(starts_on: StartsOn) -> Sequence[Beginning]:
    """Give all that begins a journey which starts on this."""
    match starts_on:
        case OnAppointment():
            return [("appointment", happened) for happened in dict.fromkeys(starts_on.happened)]
        case OnSegment():
            return [("segment", starts_on.segment_id, starts_on.happened)]
        case OnCustomTrigger():
            return [("custom_trigger", starts_on.trigger_id)]
        case trigger_id:
            return [("trigger", trigger_id)]
