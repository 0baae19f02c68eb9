"""Who is meant, by whatever a source calls them (UN-13)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from shared.activities.activity_types import Naming
from shared.fhir.ports import ClinicalRecord, Resource
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.matching.documents import (
    RECORDS,
    RecordOfPerson,
    everything_found,
    matching_at,
    person_at,
    record_named,
)
from shared.matching.model import NoSuchMatching, NoSuchPerson, PersonId, RecordRef
from shared.matching.persons import Person
from shared.patients.find_patient import FindPatient, PatientIsAmbiguous

WhyUnplaced = Literal[
    "nobody we know",
    "several patients",
    "no such matching",
    "no such source",
    "no such person",
    "in no record of ours",
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

    An identifier must be one patient's alone, and a source's key one person's. Of a person found by matching
    it is the patient that matching read in the record; where that is several records of one person, the first
    by its id, always the same. A key leads to a person once a run that names records has ended.
    """

    record: ClinicalRecord
    documents: Documents

    def __call__(self, names: Collection[str], naming: Naming) -> Mapping[str, Found]:
        """Find each of them, spelt as `read_item` spells them."""
        if naming.by == "identifier":
            return {name: self._identified(name) for name in names}
        if naming.matching is not None:
            return self._matched(names, naming, naming.matching)
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

    def _matched(self, names: Collection[str], naming: Naming, matching_id: str) -> Mapping[str, Found]:
        try:
            draft = matching_at(self.documents, matching_id).body.draft
        except NoSuchMatching:
            return dict.fromkeys(names, Found(None, "no such matching"))
        if naming.source is not None and naming.source not in {source.id for source in draft.sources}:
            return dict.fromkeys(names, Found(None, "no such source"))
        ours = {source.id for source in draft.sources if source.reads == "record"}
        meant = {name: self._meant(name, matching_id, naming.source) for name in names}
        records = {name: _records(persons[0], ours) for name, persons in meant.items() if len(persons) == 1}
        there = self._there({one for each in records.values() for one in each})
        return {
            name: _found(persons, [one for one in records.get(name, ()) if one in there])
            for name, persons in meant.items()
        }

    def _meant(self, name: str, matching_id: str, source: str | None) -> Sequence[Person]:
        """Give who has this id or, where it is a key of a source, this record now: one, if all is well."""
        if source is None:
            leading = {PersonId(name)}
        else:
            named = record_named(matching_id, source, name)
            found = everything_found(self.documents, RECORDS, RecordOfPerson, named)
            leading = {one.body.person_id for one in found}
        people = (self._person(matching_id, one) for one in sorted(leading))
        known = {person.id: person for person in people if person is not None}
        return [one for one in known.values() if source is None or RecordRef(source, name) in one.refs]

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


def _found(persons: Sequence[Person], there: Sequence[str]) -> Found:
    if not persons:
        return Found(None, "no such person")
    if len(persons) > 1:
        return Found(None, "several patients")
    return _patient(there[0]) if there else Found(None, "in no record of ours")


def _patient(name: str) -> Found:
    return Found(PatientId(name), None)


def _records(person: Person, ours: Collection[str]) -> Sequence[str]:
    return sorted(ref.key for ref in person.refs if ref.source in ours)
