"""The acts of room patients, each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.once import once
from shared.wiring.ports import Ports

if TYPE_CHECKING:
    from shared.patients.keeping_person import PersonKeeping
    from shared.patients.project_change import ProjectResourceChange
    from shared.patients.project_patient import ProjectPatient
    from shared.patients.read_facts import ReadFacts


class PatientsActs(Ports):
    """What room patients can do."""

    @once
    def person_keeping(self) -> "PersonKeeping":
        from shared.patients.keeping_person import PersonKeeping

        return PersonKeeping(
            self.documents,
            self.contact_keys,
            self.settings.organisation_country,
            self.settings.organisation_time_zone,
        )

    @once
    def project_change(self) -> "ProjectResourceChange":
        from shared.patients.project_change import ProjectResourceChange

        return ProjectResourceChange(self.record, self.documents, self.person_keeping)

    @once
    def project_patient(self) -> "ProjectPatient":
        from shared.patients.project_patient import ProjectPatient

        return ProjectPatient(self.record, self.documents, self.person_keeping)

    @once
    def read_facts(self) -> "ReadFacts":
        from shared.patients.read_facts import ReadFacts

        return ReadFacts(self.record, self.documents, self.project_patient)
