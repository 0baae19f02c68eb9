"""Which records were merged with this one? As their links say, whichever of them holds the link."""

from shared.fhir.ports import ClinicalRecord, Resource, SearchParameters
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound
from shared.patients.in_fhir import mappings_of, patient_of

MOST_RECORDS = 16
"""Of one person; links that lead further, or round in a circle, are not followed on and on."""
_MERGES = {"replaces", "replaced-by"}


def merged_records(record: ClinicalRecord, patient_id: PatientId) -> tuple[PatientId, ...]:
    """Name the others (R4 Patient.link), those that were merged with one of them included.

    A system may write the link on one of two records alone, so both sides are looked at.
    """
    known, to_see = {patient_id}, [patient_id]
    while to_see and len(known) < MOST_RECORDS:
        linked = _linked(record, to_see.pop()) - known
        known |= linked
        to_see += sorted(linked)
    return tuple(sorted(known - {patient_id}))


def _linked(record: ClinicalRecord, patient_id: PatientId) -> set[PatientId]:
    asked = SearchParameters((("link", f"Patient/{patient_id}"), ("_count", "100")))
    theirs = [one for one in record.search("Patient", asked).matches if patient_id in _merged(one)]
    try:
        own = _merged(record.read("Patient", patient_id))
    except NotFound:
        own = set[PatientId]()
    return {*own, *(PatientId(str(one.get("id"))) for one in theirs)}


def _merged(patient: Resource) -> set[PatientId]:
    """Give those whose place a record has taken, or who have taken its place."""
    links = (link for link in mappings_of(patient.get("link")) if link.get("type") in _MERGES)
    return {found for link in links if (found := patient_of({"subject": link.get("other")}))}
