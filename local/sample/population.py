"""A whole set, one patient after the other, each clinic before the first of its patients."""

from collections.abc import Iterator
from dataclasses import dataclass

from local.sample.clinics import clinic
from local.sample.consents import consents
from local.sample.countries.all import COUNTRIES
from local.sample.draw import Draw
from local.sample.observations import observations
from local.sample.patients import patient, related_people
from local.sample.person import CLINIC_SIZE, Person, World, country_of, somebody
from local.sample.problems import allergies, conditions, diagnoses
from local.sample.timetable import Timetable
from local.sample.treatments import immunizations, medications
from local.sample.visits import future_visits, hospital_stays, past_visits
from shared.fhir.ports import Resource

TYPES = (
    "AllergyIntolerance",
    "Appointment",
    "Condition",
    "Consent",
    "Encounter",
    "Immunization",
    "Location",
    "MedicationRequest",
    "Observation",
    "Organization",
    "Patient",
    "Practitioner",
    "PractitionerRole",
    "RelatedPerson",
    "Schedule",
    "Slot",
)


@dataclass(frozen=True, slots=True)
class Population:
    """A made-up hospital's patients and clinics.

    Patient `n` and everything of theirs is the same however many others are asked for, so a larger set begins
    with the smaller one. Nothing is kept from one patient to the next but timetables: memory does not grow.
    """

    world: World
    timetables: dict[str, Timetable]

    def patient(self, number: int) -> Iterator[Resource]:
        """Give all that comes with the `number`-th patient, and the clinic where they are its first."""
        country, nth = country_of(number)
        if nth % CLINIC_SIZE == 0:
            yield from clinic(self.world, country, nth // CLINIC_SIZE, self.timetables[country.code])
        draw = Draw(f"{self.world.seed}/{number}")
        person = somebody(self.world, number, draw)
        yield patient(person, draw)
        yield from related_people(person, draw)
        yield from consents(self.world, person, draw)
        if person.replaced_by is None:
            yield from self._history(person, draw)

    def _history(self, person: Person, draw: Draw) -> Iterator[Resource]:
        timetable = self.timetables[person.country.code]
        found = diagnoses(person, draw)
        visits, left = past_visits(person, timetable, draw)
        yield from left
        yield from future_visits(person, timetable)
        yield from hospital_stays(self.world, person, draw)
        yield from conditions(self.world, person, found, draw)
        yield from allergies(self.world, person, draw)
        yield from observations(person, found, visits, draw)
        yield from medications(person, found, visits, draw)
        yield from immunizations(self.world, person, draw)


def population(world: World) -> Population:
    return Population(world, {country.code: Timetable(country.zone, world.as_of) for country in COUNTRIES})
