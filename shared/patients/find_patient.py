"""Whose is it, where the resource itself does not name a patient of this record?"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from shared.fhir.ports import ClinicalRecord, SearchParameters
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Gone, NotFound, Refusal
from shared.patients.references import (
    encounter_of,
    identifier_of_patient,
    is_of_a_group,
    patient_of,
    patients_in,
)

Because = Literal["named", "identified", "encounter", "group", "nobody", "not_found"]

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
        """Find who has an identifier. Raises `PatientIsAmbiguous` where several have it."""
        asked = SearchParameters([("identifier", escaped(system, value)), ("_count", "2")])
        page = self.record.search("Patient", asked)
        if len(page.matches) > 1:
            raise PatientIsAmbiguous
        found = next((patient_of(one) for one in page.matches), None)
        return Whose(found, "identified" if found else "not_found")

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


def escaped(system: str, value: str) -> str:
    """Spell an identifier so that a search takes nothing in it for a part of its own language."""
    return f"{system.translate(_TO_ESCAPE)}|{value.translate(_TO_ESCAPE)}"
