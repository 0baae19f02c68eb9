"""Whose is it, where the resource itself does not name a patient of this record?"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from shared.fhir.ports import ClinicalRecord, Resource, SearchParameters
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Gone, NotFound, Refusal
from shared.patients.in_fhir import mappings_of
from shared.patients.references import (
    encounter_of,
    identifier_of_patient,
    is_of_a_group,
    patient_of,
    patients_in,
)

Because = Literal["named", "identified", "encounter", "group", "nobody", "not_found"]

MOST_MERGED = 10
"""So many records with one identifier are no one person's, whatever their links say."""
_TO_ESCAPE = str.maketrans({letter: f"\\{letter}" for letter in "\\,|$"})


class PatientIsAmbiguous(Refusal):
    """Several patients carry the identifier by which it names its patient."""

    needs_a_person = True


@dataclass(frozen=True, slots=True)
class Whose:
    """The patient, and how we know; `not_found`: one is named whom the record does not show (yet)."""

    patient_id: PatientId | None
    because: Because


@dataclass(frozen=True, slots=True)
class FindPatient:
    """Finds the patient by reference, else by a logical identifier, else by the Encounter it came about in.

    Nothing but the record's own words counts: no name, no birth date, nothing likely.
    """

    record: ClinicalRecord

    def __call__(self, resource: Mapping[str, Any]) -> Whose:
        """Say whose it is. Raises `PatientIsAmbiguous` where an identifier is several patients'."""
        named = patient_of(resource)
        if named is not None:
            return Whose(named, "named")
        if is_of_a_group(resource):
            return Whose(None, "group")
        identifier = identifier_of_patient(resource)
        if identifier is not None:
            return self.identified(*identifier)
        encounter = encounter_of(resource) if resource.get("resourceType") != "Encounter" else None
        return Whose(None, "nobody") if encounter is None else self._of_encounter(encounter)

    def all_of(self, resource: Mapping[str, Any]) -> frozenset[PatientId]:
        """Name all whose it is: those it refers to, else whoever is found; of several, it is nobody's."""
        named = patients_in(resource)
        if named:
            return frozenset(named)
        with suppress(PatientIsAmbiguous):
            found = self(resource).patient_id
            return frozenset([found] if found else ())
        return frozenset()

    def identified(self, system: str, value: str) -> Whose:
        """Find who has an identifier. Raises `PatientIsAmbiguous` where several have it.

        Records that were merged into another one that has it too do not count: it is that one's.
        """
        asked = SearchParameters([("identifier", escaped(system, value)), ("_count", str(MOST_MERGED))])
        page = self.record.search("Patient", asked)
        if not page.matches:
            return Whose(None, "not_found")
        standing = _standing(page.matches)
        if len(standing) != 1 or len(page.matches) >= MOST_MERGED:
            raise PatientIsAmbiguous
        return Whose(standing[0], "identified")

    def _of_encounter(self, encounter_id: str) -> Whose:
        """Look into the Encounter; it names its patient itself, or by an identifier, not by another."""
        try:
            encounter = self.record.read("Encounter", encounter_id)
        except Gone:
            return Whose(None, "nobody")
        except NotFound:
            return Whose(None, "not_found")
        whose = self(encounter)
        return Whose(whose.patient_id, "encounter") if whose.patient_id else whose


def _standing(patients: Sequence[Resource]) -> list[PatientId]:
    """Give those in whose place no other of them stands, as the links of either say (R4 Patient.link)."""
    ids = [found for one in patients if (found := patient_of(one))]
    gone = {pair[0] for one in patients for pair in _replacements(one) if pair[1] in ids}
    return [one for one in ids if one not in gone]


def _replacements(patient: Resource) -> Iterator[tuple[PatientId, PatientId]]:
    """Give which record was replaced by which."""
    own = patient_of(patient)
    for link in mappings_of(patient.get("link")):
        other = patient_of({"subject": link.get("other")})
        if own is None or other is None or own == other:
            continue
        if link.get("type") == "replaced-by":
            yield own, other
        elif link.get("type") == "replaces":
            yield other, own


def escaped(system: str, value: str) -> str:
    """Spell an identifier so that a search takes nothing in it for a part of its own language."""
    return f"{system.translate(_TO_ESCAPE)}|{value.translate(_TO_ESCAPE)}"
