"""What a patient's FHIR Consents say right now: read when it matters, kept nowhere (decision 0008)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.consent.in_fhir import consents_in
from shared.consent.model import Consent, newest
from shared.fhir.ports import ClinicalRecord, Resource, SearchParameters
from shared.kernel.identity import PatientId
from shared.patients.merged_records import merged_records
from shared.patients.model import Channel
from shared.patients.person import Person

A_PAGE = "100"


@dataclass(frozen=True, slots=True)
class ReadRecordedConsents:
    """Gives what the patient's own Consents say about one channel, whichever contact point is used on it.

    A record that was merged with theirs is heard where it says no: they have said it, under a former name. A
    *yes* that stands there alone is not theirs, for a merge may have been wrong.
    """

    record: ClinicalRecord

    def __call__(
        self, patient_id: PatientId, channel: Channel, *, now: datetime, as_read: Person | None = None
    ) -> tuple[Consent, ...]:
        """Give them all, newest word and older ones; one that is dated ahead of now says nothing yet.

        Whoever has just read the person gives them, so that they are not read once more.
        """
        former = (
            replace(said, patient_id=patient_id)
            for other in merged_records(self.record, patient_id, as_read=as_read)
            for said in _standing_refusals(tuple(self._said(other, channel, now)))
        )
        return (*self._said(patient_id, channel, now), *former)

    def _said(self, patient_id: PatientId, channel: Channel, now: datetime) -> Iterator[Consent]:
        for resource in self._of(patient_id):
            for said in consents_in(resource):
                if said.channel == channel and said.counts_from <= now:
                    yield said.consent

    def _of(self, patient_id: PatientId) -> Iterator[Resource]:
        asked = SearchParameters((("patient", patient_id), ("_count", A_PAGE)))
        page: str | None = None
        while True:
            found = self.record.search("Consent", asked, page=page)
            yield from found.matches
            page = found.next
            if page is None:
                return


def _standing_refusals(said: Sequence[Consent]) -> Iterator[Consent]:
    """Give each *no* that was not followed, in the same record, by another word on the matter."""
    for one in said:
        last = newest(other for other in said if other.is_about(one.purpose, one.topic))
        if one.is_refusal and last is not None and last.is_refusal:
            yield one
