"""What public test data lacks and the house needs: reachable people, their consent, and somewhere to book.

Synthea gives each patient one telephone that cannot exist, no e-mail, no Consent, no Schedule and no Slot.
What is added here follows from the resource's own id and the day it is added for, so adding it twice adds
nothing. Only Patients are touched, and of them only the end of `telecom`; no clinical fact is.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import phonenumbers

from local.sample.clinics import GENERAL_PRACTICE, SERVICE
from local.sample.codes import reference
from local.sample.consents import CARE, MARKETING, consent
from local.sample.phones import mobile
from local.sample.timetable import CELLS_A_DAY, Timetable
from shared.fhir.ports import Resource
from shared.kernel.identity import derived
from shared.patients.in_fhir import mapping_of, mappings_of

ZONE = "America/New_York"
"""Where Synthea's patients and practitioners are: in Massachusetts."""
_DAYS = 10
_BEFORE_ANYTHING = "2000-01-01T00:00:00Z"
"""Older than any word a person gave, so that theirs is the newer one, and wins (fhir.md §2.6)."""
_NOBODYS = "555"  # the area code of every telephone number Synthea writes; North America has none such


class Overlay:
    """One laying over of one set of resources.

    A patient with a Consent of their own gets no other, a practitioner with a Schedule no second one. What
    has to wait for that is remembered by id: about a hundred bytes for each patient and practitioner.
    """

    def __init__(self, as_of: date) -> None:
        self._as_of = as_of
        self._patients: set[str] = set()
        self._practitioners: set[str] = set()
        self._provided: set[str] = set()

    def over(self, resources: Iterable[Resource]) -> Iterator[Resource]:
        """Pass the resources on in their order, patients with contact points added."""
        for resource in resources:
            match resource["resourceType"]:
                case "Patient":
                    self._patients.add(resource["id"])
                    yield with_contact_points(resource)
                    continue
                case "Practitioner":
                    self._practitioners.add(resource["id"])
                case "Consent":
                    self._provided.add(_referred(resource.get("patient")))
                case "Schedule":
                    self._provided.update(map(_referred, mappings_of(resource.get("actor"))))
                case _:
                    pass
            yield resource

    def missing(self) -> Iterator[Resource]:
        """Give, once all have passed, the consents and slots that were not among them."""
        for patient_id in sorted(self._patients):
            if f"Patient/{patient_id}" not in self._provided:
                yield from consents_for(patient_id)
        timetable = Timetable(ZONE, self._as_of)
        for practitioner_id in sorted(self._practitioners):
            if f"Practitioner/{practitioner_id}" not in self._provided:
                yield from bookable(practitioner_id, timetable)


def with_contact_points(patient: Resource) -> Resource:
    """Give the patient as they are, and a mobile telephone and an e-mail address where there is none."""
    telecom = mappings_of(patient.get("telecom"))
    country = _country(patient)
    new: list[Resource] = []
    if not any(_is_usable_phone(point, country) for point in telecom):
        value = mobile(country, _lot("phone", patient["id"]))
        new.append({"system": "phone", "value": value, "use": "mobile", "rank": 1})
    if not any(point.get("system") == "email" for point in telecom):
        value = f"patient-{derived('email', patient['id'])[:16]}@example.org"
        new.append({"system": "email", "value": value, "use": "home"})
    return patient | {"telecom": [*telecom, *new]} if new else patient


def consents_for(patient_id: str) -> Iterator[Resource]:
    """Let nine in ten allow everything, some allow only what is about their care, and a few nothing."""
    for channel in ("sms", "email"):
        lot = _lot(channel, patient_id) % 100
        for purposes in (CARE, MARKETING):
            permits = lot < 90 or (lot < 95 and purposes == CARE)
            name = derived("consent", patient_id, channel, purposes[0])
            yield consent(name, patient_id, channel, purposes, permits=permits, at=_BEFORE_ANYTHING)


def bookable(practitioner_id: str, timetable: Timetable) -> Iterator[Resource]:
    """Open a Schedule with two weeks of mornings, or of afternoons."""
    schedule = derived("schedule", practitioner_id)
    yield {
        "resourceType": "Schedule",
        "id": schedule,
        "active": True,
        "serviceType": [SERVICE],
        "specialty": [GENERAL_PRACTICE],
        "actor": [reference("Practitioner", practitioner_id)],
    }
    comes_early = _lot("hours", practitioner_id) % 2 == 0
    for number in range(_DAYS * CELLS_A_DAY):
        if (number % CELLS_A_DAY < CELLS_A_DAY // 2) == comes_early:
            cell = timetable.cell(number)
            yield {
                "resourceType": "Slot",
                "id": derived("slot", practitioner_id, cell.clock),
                "serviceType": [SERVICE],
                "specialty": [GENERAL_PRACTICE],
                "schedule": reference("Schedule", schedule),
                "status": "free",
                "start": cell.start,
                "end": cell.end,
            }


def _is_usable_phone(point: Mapping[str, Any], country: str) -> bool:
    """Say whether it could be rung: a number that is possible, not given up, and not one of Synthea's."""
    if point.get("system") not in ("phone", "sms") or point.get("use") == "old":
        return False
    try:
        number = phonenumbers.parse(str(point.get("value", "")), country)
    except phonenumbers.NumberParseException:
        return False
    is_invented = number.country_code == 1 and str(number.national_number).startswith(_NOBODYS)
    return phonenumbers.is_possible_number(number) and not is_invented


def _country(patient: Resource) -> str:
    addresses = mappings_of(patient.get("address"))
    return next((str(each["country"]) for each in addresses if each.get("country")), "US")


def _referred(to: Any) -> str:
    """Give `Type/id` of a reference, absolute or not."""
    return "/".join(str(mapping_of(to).get("reference", "")).split("/")[-2:])


def _lot(what_for: str, resource_id: str) -> int:
    """Draw a number that follows from the id alone."""
    return int(derived(what_for, resource_id)[:8], 16)
