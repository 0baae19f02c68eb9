"""Which records are this person's? Theirs, and those whose links lead to them (R4 Patient.link)."""

from collections.abc import Sequence

from shared.fhir.ports import ClinicalRecord
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound
from shared.patients.find_person import FindPerson, Standing
from shared.patients.merged_records import merged_records
from shared.patients.person import Person


def records_of_person(
    record: ClinicalRecord, find_person: FindPerson, standing: Standing
) -> Sequence[PatientId]:
    """Name the person's own record first, then each whose page is this one.

    A record that says nothing itself is believed to be merged where the person's own says so. One that is not
    there any more, or whose links contradict each other, is nobody's.
    """
    own = standing.patient_id
    if standing.problem is not None:
        return (own,)
    known = {own, *standing.replaced}
    merged = merged_records(record, own, as_read=standing.person)
    more = [one for one in merged if one not in known and _is_theirs(one, standing.person, find_person)]
    return (own, *standing.replaced, *more)


def _is_theirs(one: PatientId, person: Person, find_person: FindPerson) -> bool:
    try:
        found = find_person(one)
    except NotFound:
        return False
    if found.problem is not None:
        return False
    return found.patient_id == person.patient_id or (
        found.patient_id == one and one in person.linked("replaces")
    )
