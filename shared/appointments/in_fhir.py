"""Slot, Schedule and Appointment as FHIR R4 spells them (fhir.md §2.4, §2.5).

Times stay the text that the slot has; what is compared is the instant that it means.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.fhir.instants import SECOND, moment_of, span_of
from shared.fhir.ports import Resource
from shared.fhir.references import ID, reference_of
from shared.kernel.identity import PatientId
from shared.patients.in_fhir import mapping_of, mappings_of

BOOKINGS = "urn:patient-engagement:booking"
"""Identifiers of an Appointment: each wish of ours that has been carried out on it, in order."""
IS_VIRTUAL = "urn:patient-engagement:is-virtual"
"""Extension of a Slot or Schedule, valueBoolean: the visit is by video (AP-1)."""
CANCELLATIONS = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
"""R4 instant."""
ACTIVE = frozenset({"pending", "booked", "arrived", "checked-in"})
"""Appointments that take up somebody's time."""
BOOKED = frozenset({"pending", "booked"})
"""Those that may still be moved or cancelled."""
BUSY = frozenset({"busy", "busy-tentative", "busy-unavailable"})
_USUAL_MINUTES = 60
"""How long an appointment is taken to last that says neither when it ends nor how long it lasts."""
_DOOMSDAY = 8_000_000_000_000_000
"""In the year 2223: nothing later is a time of anybody's."""
_VIRTUAL = "VR"  # v3-ActCode: virtual
_CONCEPTS = ("serviceCategory", "serviceType", "specialty", "appointmentType")


@dataclass(frozen=True, slots=True)
class Time:
    """From one instant up to, and without, another, in microseconds from 1970."""

    start: int
    end: int

    def overlaps(self, other: "Time") -> bool:
        """Say whether both take up the same moment; one that ends as the other begins does not."""
        return self.start < other.end and other.start < self.end

    @property
    def starts_at(self) -> datetime:
        return moment_of(self.start)

    @property
    def ends_at(self) -> datetime:
        return moment_of(self.end)


def time_of(resource: Resource) -> Time | None:
    """Give the time a Slot or Appointment takes up; None where it cannot be read or is none."""
    start, end = _instant(resource.get("start")), _instant(resource.get("end"))
    if start is None:
        return None
    if end is None:
        minutes = resource.get("minutesDuration")
        end = start + (minutes if isinstance(minutes, int) else _USUAL_MINUTES) * 60 * SECOND
    return Time(start, end) if 0 < start < end < _DOOMSDAY else None


def _instant(text: Any) -> int | None:
    """Read an instant; a date, or a time without an offset, is none."""
    if not isinstance(text, str) or not _INSTANT.fullmatch(text):
        return None
    try:
        return span_of(text).low
    except ValueError:
        return None


def version_of(resource: Resource) -> int:
    """Give the integer version that the server has stamped."""
    return int(mapping_of(resource.get("meta")).get("versionId", 0))


def referred(value: Any) -> str | None:
    """Give `Type/id` of a Reference to this record, or None."""
    text = mapping_of(value).get("reference")
    found = reference_of(text) if isinstance(text, str) else None
    return found.text if found and not found.base else None


def references(values: Any) -> tuple[str, ...]:
    """Give what a list of References names, each once."""
    return tuple(dict.fromkeys(text for one in mappings_of(values) if (text := referred(one))))


def participants(appointment: Resource) -> tuple[str, ...]:
    """Give who and what takes part, as `Type/id`."""
    return references([each.get("actor") for each in mappings_of(appointment.get("participant"))])


def is_of(appointment: Resource, patient_id: PatientId) -> bool:
    return f"Patient/{patient_id}" in participants(appointment)


def slots_of(appointment: Resource) -> tuple[str, ...]:
    """Give the ids of the slots it fills."""
    return tuple(_ids(references(appointment.get("slot")), "Slot"))


def _ids(names: Iterable[str], type_: str) -> Iterator[str]:
    return (name.partition("/")[2] for name in names if name.startswith(f"{type_}/"))


def carried_out(appointment: Resource) -> tuple[str, ...]:
    """Give the ids of our wishes that have been carried out on it, the latest last."""
    found = mappings_of(appointment.get("identifier"))
    return tuple(str(one.get("value")) for one in found if one.get("system") == BOOKINGS)


def is_id(text: str) -> bool:
    """Say whether a text can be the id of a resource: what people send is put into searches."""
    return ID.fullmatch(text) is not None


def is_virtual(*resources: Resource) -> bool:
    """Say whether a visit is by video: the first that has the extension decides, else any that has a code."""
    for resource in resources:
        for extension in mappings_of(resource.get("extension")):
            if extension.get("url") == IS_VIRTUAL:
                return extension.get("valueBoolean") is True
    return any(_VIRTUAL in codes_in(resource, name) for resource in resources for name in _CONCEPTS)


def codes_in(resource: Resource, element: str) -> set[str]:
    """Give the codes of a CodeableConcept, or of a list of them."""
    return {
        str(coding.get("code")) for concept in _concepts(resource, element) for coding in _codings(concept)
    }


def words_for(element: str, *resources: Resource) -> str | None:
    """Give the first text or display that the resources have for an element."""
    concepts = (concept for resource in resources for concept in _concepts(resource, element))
    words = (word for concept in concepts for word in _words(concept))
    return next(words, None)


def _words(concept: Mapping[str, Any]) -> Iterator[str]:
    texts = (concept.get("text"), *(coding.get("display") for coding in _codings(concept)))
    return (text for text in texts if isinstance(text, str) and text)


def _concepts(resource: Resource, element: str) -> list[Mapping[str, Any]]:
    value = resource.get(element)
    return mappings_of(value if isinstance(value, list) else [value])


def _codings(concept: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return mappings_of(concept.get("coding"))


def name_of(person: Resource) -> str | None:
    """Call a practitioner by name: the text, or prefix, given and family name."""
    for name in mappings_of(person.get("name")):
        if isinstance(name.get("text"), str):
            return name["text"]
        parts = [*_texts(name.get("prefix")), *_texts(name.get("given")), *_texts([name.get("family")])]
        if parts:
            return " ".join(parts)
    return None


def _texts(values: Any) -> list[str]:
    return [one for one in values if isinstance(one, str) and one] if isinstance(values, list) else []  # pyright: ignore[reportUnknownVariableType]  # any JSON may stand here


def concepts_of(slot: Resource, schedule: Resource) -> Resource:
    """Give what kind of visit it is, in the slot's words or else the schedule's."""
    found = {name: slot.get(name) or schedule.get(name) for name in _CONCEPTS}
    return {name: value for name, value in found.items() if value}


def taking_part(patient_id: PatientId, actors: Sequence[str]) -> list[Resource]:
    """Spell the participants; a place is there for information only."""
    return [_participant(f"Patient/{patient_id}"), *map(_participant, actors)]


def _participant(name: str) -> Resource:
    required = "information-only" if name.startswith("Location/") else "required"
    return {"actor": {"reference": name}, "required": required, "status": "accepted"}
