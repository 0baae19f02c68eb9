"""Who is meant, by whatever a source calls them (UN-13)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from shared.activities.activity_types import Naming
from shared.fhir.ports import ClinicalRecord, Resource
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.matching.documents import matching_at, person_at
from shared.matching.model import NoSuchMatching, NoSuchPerson, PersonId
from shared.matching.persons import Person
from shared.patients.find_patient import FindPatient, PatientIsAmbiguous

WhyUnplaced = Literal[
    "nobody we know", "several patients", "no such matching", "no such person", "in no record of ours"
]
TOGETHER = 100
MOST_STEPS = 10
"""Persons one after another in whom another has gone up."""


@dataclass(frozen=True, slots=True)
class Found:
    """The patient, or why there is none."""

    patient_id: PatientId | None
    because: WhyUnplaced | None


UNKNOWN = Found(None, "nobody we know")


@dataclass(frozen=True, slots=True)
class FindNamed:
    """Finds the patient whom a name leads to, or says why it leads to none; never to somebody likely.

    An identifier must be one patient's alone. Of a person found by matching it is the patient that matching
    read in the record; where that is several records of one person, the first by its id, always the same.
    """

    record: ClinicalRecord
    documents: Documents

    def __call__(self, names: Collection[str], naming: Naming) -> Mapping[str, Found]:
        """Find each of them, spelt as `read_item` spells them."""
        if naming.by == "identifier":
            return {name: self._identified(name) for name in names}
        if naming.by == "person":
            return self._persons(names, naming.matching or "")
        there = self._there(names)
        return {name: _patient(name) if name in there else UNKNOWN for name in names}

    def _there(self, ids: Collection[str]) -> Mapping[str, Resource]:
        asked = [("Patient", one) for one in sorted(ids)]
        batches = (asked[start : start + TOGETHER] for start in range(0, len(asked), TOGETHER))
        return {
            id_: found for one in batches for (_, id_), found in self.record.read_many(one).resources.items()
        }

    def _identified(self, name: str) -> Found:
        system, _, value = name.rpartition("|")
        try:
            found = FindPatient(self.record).identified(system, value).patient_id
        except PatientIsAmbiguous:
            return Found(None, "several patients")
        return Found(found, None) if found else UNKNOWN

    def _persons(self, names: Collection[str], matching_id: str) -> Mapping[str, Found]:
        try:
            draft = matching_at(self.documents, matching_id).body.draft
        except NoSuchMatching:
            return dict.fromkeys(names, Found(None, "no such matching"))
        ours = {source.id for source in draft.sources if source.reads == "record"}
        persons = {name: self._person(matching_id, PersonId(name)) for name in names}
        records = {name: _records(one, ours) for name, one in persons.items() if one is not None}
        there = self._there({one for each in records.values() for one in each})
        found: dict[str, Found] = {}
        for name in names:
            if name not in records:
                found[name] = Found(None, "no such person")
                continue
            first = next((one for one in records[name] if one in there), None)
            found[name] = _patient(first) if first else Found(None, "in no record of ours")
        return found

    def _person(self, matching_id: str, person_id: PersonId) -> Person | None:
        """Read a person, or whoever they have gone up in; of one who is nobody's any more, nobody."""
        for _ in range(MOST_STEPS):
            try:
                person = person_at(self.documents, matching_id, person_id).body
            except NoSuchPerson:
                return None
            if person.standing != "retired":
                return person
            if person.merged_into is None:
                return None
            person_id = person.merged_into
        return None


def _patient(name: str) -> Found:
    return Found(PatientId(name), None)


def _records(person: Person, ours: Collection[str]) -> Sequence[str]:
    return sorted(ref.key for ref in person.refs if ref.source in ours)
