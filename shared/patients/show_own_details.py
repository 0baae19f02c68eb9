"""Show patients what we have of them: names, addresses, whom to ring, who pays (PA-7)."""

from dataclasses import dataclass
from datetime import date, datetime

from shared.fhir.ports import ClinicalRecord
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.patients.find_person import FindPerson
from shared.patients.model import ContactPoint
from shared.patients.names import names_of
from shared.patients.person import Address, EmergencyContact, SourceId
from shared.patients.read_facts import ReadFacts
from shared.patients.views import CoverageShown, RelationShown, coverage_shown, relation_shown


@dataclass(frozen=True, slots=True)
class OwnDetails:
    """A patient's own details, in full: they are theirs. `version` is the record's, to change them by."""

    patient_id: PatientId
    version: int
    prefix: Sensitive[str | None]
    given: Sensitive[str | None]
    family: Sensitive[str | None]
    birth_date: Sensitive[date | None]
    gender: str | None
    languages: tuple[str, ...]
    time_zone: str
    contact_points: tuple[ContactPoint, ...]
    addresses: Sensitive[tuple[Address, ...]]
    identifiers: Sensitive[tuple[SourceId, ...]]
    emergency_contacts: Sensitive[tuple[EmergencyContact, ...]]
    relations: tuple[RelationShown, ...]
    coverages: tuple[CoverageShown, ...]
    general_practitioners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShowOwnDetails:
    """Gives the details of the patient who asks, or of the record that stands in its place."""

    record: ClinicalRecord
    find_person: FindPerson
    read_facts: ReadFacts

    def __call__(self, *, patient_id: PatientId, now: datetime) -> OwnDetails:
        person = self.find_person(patient_id).person
        profile = person.profile
        found = self.read_facts(person.patient_id, types=("Coverage", "RelatedPerson"), now=now)
        names = names_of(self.record, person.general_practitioners)
        return OwnDetails(
            patient_id=person.patient_id,
            version=person.version,
            prefix=profile.prefix,
            given=profile.given,
            family=profile.family,
            birth_date=profile.birth_date,
            gender=person.gender,
            languages=person.languages,
            time_zone=person.time_zone,
            contact_points=profile.contact_points,
            addresses=person.addresses,
            identifiers=person.identifiers,
            emergency_contacts=person.emergency_contacts,
            relations=tuple(map(relation_shown, found.of("RelatedPerson"))),
            coverages=tuple(map(coverage_shown, found.of("Coverage"))),
            general_practitioners=tuple(names[one] for one in person.general_practitioners if one in names),
        )
