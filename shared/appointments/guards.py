"""Guards: one `Basic` per actor and UTC day, written in every transaction that touches that day (D11).

An If-Match on a slot guards that slot alone. Two transactions about overlapping slots of one practitioner
share the guard of a day that both touch, so that one of them fails and looks again.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from shared.appointments.actors import Actor
from shared.appointments.in_fhir import Time, version_of
from shared.fhir.instants import moment_of
from shared.fhir.ports import ClinicalRecord, Resource, Write
from shared.kernel.identity import derived

GUARD = "urn:patient-engagement:booking-guard"
"""Code system of the guards, and of the identifier that every write changes."""


def guards_for(
    record: ClinicalRecord, actors: Iterable[Actor], times: Iterable[Time], *, always: Iterable[Actor] = ()
) -> Sequence[Resource]:
    """Read the guards of all these actors on all these days, and make those that are not there yet.

    To be done before the search for overlaps: what is found afterwards is as new as the guards. Of `always`,
    one guard more that is the same on every day, for what is counted over all of them.
    """
    days = {day for time in times for day in _days(time)}
    of_days = {_id(actor, day) for actor in actors for day in days}
    wanted = sorted(of_days | {_id(actor, "every day") for actor in always})
    found = record.read_many([("Basic", id_) for id_ in wanted]).resources
    missing = [_new(id_) for id_ in wanted if ("Basic", id_) not in found]
    made = record.transaction([Write("PUT", "Basic", one["id"], one) for one in missing]) if missing else ()
    return [*found.values(), *(one for one in made if one is not None)]


def written(guards: Sequence[Resource], booking_id: str) -> list[Write]:
    """Write each guard as naming the wish that takes it: a write that changes nothing would guard nothing."""
    return [
        Write("PUT", "Basic", guard["id"], _taken(guard, booking_id), if_match=version_of(guard))
        for guard in guards
    ]


def _taken(guard: Resource, booking_id: str) -> Resource:
    by = f"{derived(booking_id)}-{version_of(guard)}"
    return {**guard, "identifier": [{"system": GUARD, "value": by}]}


def _new(id_: str) -> Resource:
    code = {"coding": [{"system": GUARD, "code": "guard"}]}
    return {"resourceType": "Basic", "id": id_, "code": code}


def _id(actor: Actor, day: str) -> str:
    return f"guard-{derived(actor.name, day)}"


def _days(time: Time) -> set[str]:
    """Give the UTC days touched; a visit of a year would ask for more guards than anybody should write."""
    first = moment_of(time.start).date()
    last = moment_of(time.end - 1).date()
    count = min((last - first).days, MOST_DAYS) + 1
    return {(first + timedelta(days=day)).isoformat() for day in range(count)}


MOST_DAYS = 3
"""Longer slots are not booked (`LONGEST_VISIT` is a day)."""
