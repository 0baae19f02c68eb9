"""Who stands behind a record: the links by which another replaced it are followed (R4 Patient.link)."""

from dataclasses import dataclass

from shared.fhir.ports import ClinicalRecord
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound
from shared.patients.keeping_person import PersonKeeping
from shared.patients.person import LinkProblem, Person
from shared.patients.project_patient import NoSuchPatient

MOST_STEPS = 10
"""Records one after another in each other's place; more is nobody's history."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The person whom a record leads to; `replaced` are the records on the way, the one asked for first.

    With a `problem` the links lead nowhere that can be believed, and the person is the one asked for.
    """

    person: Person
    replaced: tuple[PatientId, ...] = ()
    problem: LinkProblem | None = None

    @property
    def patient_id(self) -> PatientId:
        return self.person.patient_id


@dataclass(frozen=True, slots=True)
class FindPerson:
    """Reads a person as the record says now, and goes on to whoever stands in their place.

    Two records are never taken for one person on links that go round in a circle, name two successors,
    contradict each other or lead to nobody.
    """

    record: ClinicalRecord
    keeping: PersonKeeping

    def __call__(self, patient_id: PatientId) -> Standing:
        """Find them, or raise `NoSuchPatient`."""
        first = self._read(patient_id)
        person, passed = first, [patient_id]
        while successors := person.linked("replaced-by"):
            problem = _problem(person, successors, passed)
            if problem is not None:
                return Standing(first, problem=problem)
            try:
                person = self._read(successors[0])
            except NotFound:
                return Standing(first, problem="missing")
            passed.append(successors[0])
        return Standing(person, replaced=tuple(passed[:-1]))

    def _read(self, patient_id: PatientId) -> Person:
        try:
            return self.keeping.read(self.record.read("Patient", patient_id))
        except NotFound:
            raise NoSuchPatient from None


def _problem(
    person: Person, successors: tuple[PatientId, ...], passed: list[PatientId]
) -> LinkProblem | None:
    if not set(passed).isdisjoint(successors):
        return "circle"
    if len(successors) > 1 or not set(successors).isdisjoint(person.linked("replaces")):
        return "contradiction"
    return "too many" if len(passed) > MOST_STEPS else None
