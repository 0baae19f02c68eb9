"""Whose data is it? Named by the patient's id, or by an address or a number of theirs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shared.consent.data_requests.model import NobodyKnown, Person, SeveralPeople
from shared.consent.documents import SAID_BY, Said, consents_of
from shared.fhir.ports import ClinicalRecord, SearchParameters
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Nonsense, NotFound
from shared.patients.contact_keys import ContactKeys, contact_partition
from shared.patients.documents import patient_partition
from shared.patients.merged_records import merged_records
from shared.patients.model import Channel, e164, mailbox
from shared.patients.read_profile import ReadProfile

ERASED = PatientId("_erased")
"""Stands where a word is kept without whoever has said it; no FHIR id is spelt so."""


@dataclass(frozen=True, slots=True)
class FindPerson:
    """Finds one person, with all contact points that they were ever written to at, or spoke about.

    By an address, a person is who the record names it for, or whom we have written to there. Where that is
    more than one, nobody is taken: a family shares a mailbox, and only one of them has asked.
    """

    documents: Documents
    record: ClinicalRecord
    profiles: ReadProfile
    contact_keys: ContactKeys
    region: str

    def by_id(self, patient_id: PatientId) -> Person:
        """Give who has this id. Raises `NobodyKnown` for who is not in the record, nor was written to."""
        person = Person(patient_id, self.contacts_of(patient_id))
        if not person.contacts and not self._is_in_record(patient_id):
            raise NobodyKnown
        return person

    def by_address(self, channel: Channel, given: str) -> Person:
        """Give whose address or number it is. Raises `NobodyKnown`, `SeveralPeople` or `Nonsense`."""
        address = mailbox(given) if channel is Channel.EMAIL else e164(given, region=self.region)
        if address is None:
            raise Nonsense(("email" if channel is Channel.EMAIL else "phone", "cannot be one"))
        contact = self.contact_keys.contact(channel, address)
        people = {*self._in_record(channel, given, address), *self._written_to(contact)} - {ERASED}
        if not people:
            raise NobodyKnown
        if len(people) > 1:
            raise SeveralPeople
        (patient_id,) = people
        return Person(patient_id, tuple(sorted({contact, *self.contacts_of(patient_id)})))

    def contacts_of(self, patient_id: PatientId) -> tuple[str, ...]:
        """Give the keyed names of all contact points that the record, our messages or their words name."""
        return tuple(
            sorted({*self._recorded(patient_id), *self._messaged(patient_id), *self._spoken(patient_id)})
        )

    def other_records(self, patient_id: PatientId) -> tuple[PatientId, ...]:
        """Name the records that were merged with this one, by its own links or by theirs.

        Their data lies under their own ids, and is taken where that is asked for: a merge may be wrong.
        """
        return merged_records(self.record, patient_id)

    def _recorded(self, patient_id: PatientId) -> Iterator[str]:
        try:
            profile = self.profiles(patient_id)
        except NotFound:
            return
        for point in profile.contact_points:
            for channel in Channel:
                if point.serves(channel):
                    yield self.contact_keys.contact(channel, point.value.value)

    def _messaged(self, patient_id: PatientId) -> Iterator[str]:
        for body in self._bodies(patient_partition(patient_id), "message"):
            if body.get("contact") and not body["asked"].get("related_person_id"):
                yield body["contact"]

    def _spoken(self, patient_id: PatientId) -> Iterator[str]:
        after: str | None = None
        while True:
            page = self.documents.find(SAID_BY, Said, equal_to=patient_id, after=after)
            yield from (found.body.contact for found in page.items)
            after = page.next
            if after is None:
                return

    def _in_record(self, channel: Channel, given: str, address: str) -> Iterator[PatientId]:
        """Look for the address as it was given and as we spell it; each who is found must really have it."""
        for spelt in dict.fromkeys((given.strip(), address)):
            asked = SearchParameters((("telecom", spelt.replace(",", "\\,").replace("|", "\\|")),))
            for resource in self.record.search("Patient", asked).matches:
                patient_id = PatientId(str(resource.get("id")))
                if self.contact_keys.contact(channel, address) in set(self._recorded(patient_id)):
                    yield patient_id

    def _written_to(self, contact: str) -> Iterator[PatientId]:
        found = consents_of(self.documents, contact)
        yield from (said.patient_id for said in (found.body.said if found else ()))
        for body in self._bodies(contact_partition(contact), "decision"):
            if not body["order"].get("related_person_id"):  # a mother's address is not her son's
                yield PatientId(body["order"]["patient_id"])

    def _is_in_record(self, patient_id: PatientId) -> bool:
        try:
            self.record.read("Patient", patient_id)
        except NotFound:
            return False
        return True

    def _bodies(self, partition: str, kind: str) -> Iterator[dict[str, Any]]:
        after: str | None = None
        while True:
            page = self.documents.list(partition, kind, dict[str, Any], after=after)
            yield from (found.body for found in page.items)
            after = page.next
            if after is None:
                return
