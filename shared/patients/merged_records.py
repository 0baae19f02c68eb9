"""Which records were merged with this one? As their links say, whichever of them holds the link."""

from shared.fhir.ports import ClinicalRecord, Resource, SearchParameters
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound
from shared.patients.in_fhir import mappings_of, patient_of
from shared.patients.person import Person

MOST_RECORDS = 16
"""Of one person; links that lead further, or round in a circle, are not followed on and on."""
_MERGES = {"replaces", "replaced-by"}


def merged_records(
    record: ClinicalRecord, patient_id: PatientId, *, as_read: Person | None = None
) -> tuple[PatientId, ...]:
    """Name the others (R4 Patient.link), those that were merged with one of them included.

    A system may write the link on one of two records alone, so both sides are looked at. `as_read` is the
    person as they have just been read: their own side need not be read again.
    """
    known, to_see = {patient_id}, [patient_id]
    while to_see and len(known) < MOST_RECORDS:
        one = to_see.pop()
        own = _links_of(as_read) if as_read and as_read.patient_id == one else _own(record, one)
        linked = (own | _others(record, one)) - known
        known |= linked
        to_see += sorted(linked)
    return tuple(sorted(known - {patient_id}))


def _others(record: ClinicalRecord, patient_id: PatientId) -> set[PatientId]:
    asked = SearchParameters((("link", f"Patient/{patient_id}"), ("_count", "100")))
    theirs = [one for one in record.search("Patient", asked).matches if patient_id in _merged(one)]
    return {PatientId(str(one.get("id"))) for one in theirs}


def _own(record: ClinicalRecord, patient_id: PatientId) -> set[PatientId]:
    try:
        return _merged(record.read("Patient", patient_id))
    except NotFound:
        return set()


def _links_of(person: Person) -> set[PatientId]:
    return {*person.linked("replaces"), *person.linked("replaced-by")}


def _merged(patient: Resource) -> set[PatientId]:
    """Give those whose place a record has taken, or who have taken its place."""
    links = (link for link in mappings_of(patient.get("link")) if link.get("type") in _MERGES)
    return {found for link in links if (found := patient_of({"subject": link.get("other")}))}
