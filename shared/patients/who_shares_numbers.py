"""Whose results may be theirs, or not theirs any more, because another patient's numbers have changed?"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from shared.fhir.ports import ClinicalRecord, SearchParameters
from shared.kernel.identity import PatientId
from shared.patients.find_patient import escaped
from shared.patients.person import Person
from shared.patients.references import patient_of

log = logging.getLogger(__name__)

MOST_WHO_SHARE = 10
"""Patients of one number; what more than that have is no number of anybody's."""
MOST = 80
"""Patients in all: each is told in one commit (D4: 100)."""


@dataclass(frozen=True, slots=True)
class WhoSharesNumbers:
    """Names the other patients who have a number that somebody lost or got.

    What a number names is nobody's while two have it (`FindPatient`). Where one of them is deleted, is merged
    into another or loses it, it is the other's, though nothing about the other has changed. Of a merge, all
    numbers count. Somebody who is new takes nothing from anybody until what they share is read again.
    """

    record: ClinicalRecord

    def __call__(self, patient_id: PatientId, before: Person | None, after: Person | None) -> list[PatientId]:
        """Give them; one search for each number that is concerned. May raise `TransientFault`."""
        if before is None:
            return []
        told = dict.fromkeys(one for number in _concerned(before, after) for one in self._have(number))
        told.pop(patient_id, None)
        if len(told) > MOST:
            log.warning("patients.numbers.shared_by_many", extra={"patients": len(told)})
        return list(told)[:MOST]

    def _have(self, number: tuple[str, str]) -> Iterator[PatientId]:
        asked = SearchParameters([("identifier", escaped(*number)), ("_count", str(MOST_WHO_SHARE + 1))])
        found = self.record.search("Patient", asked).matches
        if len(found) > MOST_WHO_SHARE:
            log.warning("patients.numbers.shared_by_many", extra={"patients": len(found)})
            return
        for one in found:
            patient_id = patient_of(one)
            if patient_id is not None:
                yield patient_id


def is_merged_otherwise(before: Person, after: Person) -> bool:
    """Say whether another record stands in its place now, or it in another's."""
    return any(before.linked(kind) != after.linked(kind) for kind in ("replaced-by", "replaces"))


def _concerned(before: Person, after: Person | None) -> list[tuple[str, str]]:
    """Give the numbers that one has and the other has not; of a merge, all of them."""
    had, has = _numbers(before), _numbers(after) if after else frozenset[tuple[str, str]]()
    if after is not None and is_merged_otherwise(before, after):
        return sorted(had | has)
    return sorted(had ^ has)


def _numbers(person: Person) -> frozenset[tuple[str, str]]:
    return frozenset((one.system, one.value) for one in person.identifiers.value if one.system)
