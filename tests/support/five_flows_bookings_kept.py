"""Nobody is booked twice at once, every intent agrees with the record, every reminder follows a booking."""

from collections import Counter
from collections.abc import Iterator

from shared.appointments.documents import kept_at
from shared.appointments.in_fhir import ACTIVE, participants, slots_of
from shared.appointments.intents import Intent
from shared.fhir.ports import Resource, SearchParameters
from shared.kernel.identity import PatientId
from shared.patients.documents import patient_partition
from shared.wiring.composition import Application
from tests.support.booking_contention import overlap
from tests.support.five_flows_evidence import Evidence
from tests.support.five_flows_patients import Booker
from tests.support.five_flows_scene import CANCELLATION, JOURNEY


def findings(evidence: Evidence, house: Application) -> Iterator[str]:
    """Name what is wrong with slots, appointments, intents and messages."""
    appointments = {one["id"]: one for one in _all(house, "Appointment")}
    live = [one for one in appointments.values() if one["status"] in ACTIVE]
    yield from _overlaps(live)
    yield from _slots(_all(house, "Slot"), live)
    if len(appointments) != len(evidence.bookers):
        yield f"{len(evidence.bookers)} booked, and {len(appointments)} appointments are there"
    for booker in evidence.bookers:
        about = f"{booker.person.id}:"
        appointment = appointments.get(booker.appointment or "")
        yield from (f"{about} {wrong}" for wrong in _one(booker, appointment))
        yield from (f"{about} {wrong}" for wrong in _intents(house, booker, appointments))
        yield from (f"{about} {wrong}" for wrong in _messages(house, booker, evidence))


def _all(house: Application, type_: str) -> list[Resource]:
    return list(house.record.search(type_, SearchParameters((("_count", "1000"),)), page=None).matches)


def _overlaps(live: list[Resource]) -> Iterator[str]:
    """Everybody shares the one practitioner, so that no two may overlap at all."""
    for place, one in enumerate(live):
        for other in live[place + 1 :]:
            if overlap(one, other):
                yield f"appointments {one['id'][:8]} and {other['id'][:8]} overlap"


def _slots(slots: list[Resource], live: list[Resource]) -> Iterator[str]:
    filled = Counter(slot for one in live for slot in slots_of(one))
    busy = Counter(slot["id"] for slot in slots if slot["status"] == "busy")
    if filled != busy:
        yield f"busy are {sorted(busy)}, filled {sorted(filled)}"


def _one(booker: Booker, appointment: Resource | None) -> Iterator[str]:
    if appointment is None:
        yield "was told of an appointment that is not there"
        return
    expected = ("cancelled", ()) if booker.is_cancelled else ("booked", (booker.slot,))
    if (appointment["status"], slots_of(appointment) if not booker.is_cancelled else ()) != expected:
        yield f"was told {expected}, and it is {appointment['status']}"
    if f"Patient/{booker.person.id}" not in participants(appointment):
        yield "was told of another's appointment"


def _intents(house: Application, booker: Booker, appointments: dict[str, Resource]) -> Iterator[str]:
    """Compare the wishes with the record: done where it was carried out, and settled all of them."""
    partition = patient_partition(PatientId(booker.person.id))
    intents = [one.body for one in house.documents.list(partition, "booking", Intent, limit=100).items]
    if any(one.state == "pending" or one.settle_by is not None for one in intents):
        yield "a wish is not settled"
    done = Counter(one.wants for one in intents if one.state == "done")
    if done["book"] != 1 or done["move"] != booker.moves or done["cancel"] > booker.is_cancelled:
        yield f"wishes were carried out {dict(done)} times"
    for one in intents:
        if one.wants == "book" and (one.state == "done") != (one.appointment_id in appointments):
            yield f"the wish is {one.state}, which the record does not say"
    kept = kept_at(house.documents, PatientId(booker.person.id), booker.appointment or "")
    if kept is None or kept.body.change != done.total():
        yield f"its changes were counted as {kept and kept.body.change}, and are {done.total()}"


def _messages(house: Application, booker: Booker, evidence: Evidence) -> Iterator[str]:
    """Compare what was sent with what is due: of what was changed at once, a confirmation may be missing."""
    kept = kept_at(house.documents, PatientId(booker.person.id), booker.appointment or "")
    last = kept.body.change if kept else 0
    given = Counter(because for to, because, _ in evidence.sent if to == booker.person.id)
    standing = None if booker.is_cancelled else last
    for change in range(1, last + 1):
        confirmed, reminded, cancelled = (
            given[f"{_run(journey, booker, change)}~{step}"]
            for journey, step in ((JOURNEY, "confirm"), (JOURNEY, "remind"), (CANCELLATION, "tell"))
        )
        is_last = change == last
        if confirmed > 1 or (change == standing and confirmed != 1):
            yield f"change {change} was confirmed {confirmed} times"
        if reminded != (change == standing):
            yield f"of change {change} they were reminded {reminded} times"
        if cancelled != (is_last and booker.is_cancelled):
            yield f"of the end of change {change} they were told {cancelled} times"


def _run(journey: str, booker: Booker, change: int) -> str:
    return f"enrolment~{journey}~Appointment~{booker.appointment}~change-{change}"
