"""What a patient's FHIR Consents say right now: read when it matters, kept nowhere (decision 0008)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.consent.in_fhir import consents_in
from shared.consent.model import Consent
from shared.fhir.ports import ClinicalRecord, Resource, SearchParameters
from shared.kernel.identity import PatientId
from shared.patients.model import Channel

A_PAGE = "100"


@dataclass(frozen=True, slots=True)
class ReadRecordedConsents:
    """Gives what the patient's own Consents say about one channel, whichever contact point is used on it."""

    record: ClinicalRecord

    def __call__(self, patient_id: PatientId, channel: Channel, *, now: datetime) -> tuple[Consent, ...]:
        """Give them all, newest word and older ones; one that is dated ahead of now says nothing yet."""
        return tuple(
            said.consent
            for resource in self._of(patient_id)
            for said in consents_in(resource)
            if said.channel == channel and said.counts_from <= now
        )

    def _of(self, patient_id: PatientId) -> Iterator[Resource]:
        asked = SearchParameters((("patient", patient_id), ("_count", A_PAGE)))
        page: str | None = None
        while True:
            found = self.record.search("Consent", asked, page=page)
            yield from found.matches
            page = found.next
            if page is None:
                return
