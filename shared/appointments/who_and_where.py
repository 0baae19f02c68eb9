"""Who sees the patient, where, and at what time on the wall there: for people to read."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from shared.appointments.in_fhir import Time, name_of, referred
from shared.fhir.ports import ClinicalRecord, Resource

_PEOPLE = ("Practitioner/", "PractitionerRole/")
_OFFSET = re.compile(r".*([+-])(\d\d):(\d\d)", re.ASCII)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WhoAndWhere:
    """The practitioner and the place of a visit, as far as the record has names for them."""

    practitioner_id: str | None
    practitioner_name: str | None
    location_name: str | None


def looked_up(record: ClinicalRecord, references: Iterable[str]) -> Mapping[str, Resource]:
    """Give the resources behind `Type/id`, and those of the practitioners who fill the roles among them."""
    known = _read(record, set(references))
    filled_by = {person for resource in known.values() if (person := _filled_by(resource))}
    return {**known, **_read(record, filled_by - known.keys())}


def who_and_where(taking_part: Sequence[str], known: Mapping[str, Resource]) -> WhoAndWhere:
    """Name the first practitioner and the first place of those who take part."""
    role = next((name for name in taking_part if name.startswith(_PEOPLE)), "")
    person = _filled_by(known.get(role, {})) or role
    place = next((name for name in taking_part if name.startswith("Location/")), "")
    where = known.get(place, {}).get("name")
    return WhoAndWhere(
        practitioner_id=person.partition("/")[2] or None,
        practitioner_name=name_of(known.get(person, {})),
        location_name=where if isinstance(where, str) and where else None,
    )


def on_the_wall(resource: Resource, time: Time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Give beginning and end as the clock shows them there: by the offset that the resource itself has.

    A `Z` says that nobody knows the offset there (RFC 9557 §2): those are shown as in the zone given.
    """
    start, end = resource.get("start"), resource.get("end")
    begins = time.starts_at.astimezone(_clock(start, zone))
    return begins, time.ends_at.astimezone(_clock(start if end is None else end, zone))


def _clock(text: Any, zone: ZoneInfo) -> tzinfo:
    parts = _OFFSET.fullmatch(text) if isinstance(text, str) else None
    if parts is None or parts[0].endswith("-00:00"):
        return zone
    ahead = timedelta(hours=int(parts[2]), minutes=int(parts[3]))
    return timezone(ahead if parts[1] == "+" else -ahead) if ahead < _DAY else zone


def _filled_by(resource: Resource) -> str | None:
    is_role = resource.get("resourceType") == "PractitionerRole"
    return referred(resource.get("practitioner")) if is_role else None


def _read(record: ClinicalRecord, references: set[str]) -> dict[str, Resource]:
    if not references:
        return {}
    split = [name.split("/", 1) for name in sorted(references)]
    found = record.read_many([(type_, id_) for type_, id_ in split]).resources
    return {f"{type_}/{id_}": resource for (type_, id_), resource in found.items()}
