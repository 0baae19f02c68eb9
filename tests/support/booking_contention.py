"""Fifty people want twenty slots of one practitioner, in two schedules, while the house is killed."""

import contextlib
import json
import random
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from local.own_host import OwnHost
from shared.appointments.documents import kept_at
from shared.appointments.intents import Intent
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.patients.documents import patient_partition
from tests.support.house_of import house_of

PRACTITIONER = "Practitioner/holm"
MORNING = datetime(2026, 6, 1, 7, 0, tzinfo=UTC)
CLEAR_REFUSALS = frozenset({"slot-already-taken", "practitioner-is-taken"})
OPTIONS = tuple(
    part
    for setting in (
        "BOOKING_SWEEP_SCHEDULE=* * * * * *",
        "CLAIM_LASTS_SECONDS=3",  # whose sender was killed is sent again after that, in machine time
        "CLAIM_SWEEP_SCHEDULE=* * * * * *",
    )
    for part in ("--set", setting)
)
DEFINITIONS = Path(__file__).parents[2] / "local" / "story_definitions"
JOURNEY = "appointment-reminder"
CONFIRMATION = "appointment-confirmation-sms"
REMINDER = "appointment-reminder-sms"
_MOST_SECONDS = 60
_PAUSE = 0.05

Resource = dict[str, Any]


# -- the practice


def people(count: int) -> list[str]:
    return [f"contender-{number:02}" for number in range(count)]


def practice(contenders: Iterable[str]) -> list[Resource]:
    """One practitioner with two schedules, and everybody who wants to come."""
    schedules = [
        {
            "resourceType": "Schedule",
            "id": f"schedule-{letter}",
            "active": True,
            "actor": [{"reference": PRACTITIONER}],
        }
        for letter in "ab"
    ]
    patients = [
        {
            "resourceType": "Patient",
            "id": name,
            "active": True,
            "name": [{"family": "O'Neill"}],
            "telecom": [{"system": "phone", "use": "mobile", "value": f"+4477009{number:05}"}],
        }
        for number, name in enumerate(contenders)
    ]
    return [
        {"resourceType": "Practitioner", "id": "holm", "name": [{"family": "Holm"}]},
        *schedules,
        *patients,
    ]


def slots_on(day: datetime, name: str) -> list[Resource]:
    """Twenty slots of twenty minutes: those of schedule B begin ten minutes after those of A."""
    return [
        {
            "resourceType": "Slot",
            "id": f"{name}-{letter}{number}",
            "schedule": {"reference": f"Schedule/schedule-{letter}"},
            "status": "free",
            "start": (begins := day + timedelta(minutes=20 * number + shift)).isoformat(),
            "end": (begins + timedelta(minutes=20)).isoformat(),
        }
        for letter, shift in (("a", 0), ("b", 10))
        for number in range(10)
    ]


def write(host: OwnHost, resources: Sequence[Resource]) -> None:
    """Write resources into the host's record, all in one transaction."""
    entries = [
        {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
        for one in resources
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    answer = host.http.post(
        "/fhir", content=json.dumps(bundle), headers={"Content-Type": "application/fhir+json"}
    )
    answer.raise_for_status()


def remind_of_appointments(host: OwnHost) -> None:
    """Have every appointment confirmed, and reminded of the day before, as the shipped journey says."""
    headers = _as_staff(host)
    for kind, name in (*(("templates", one) for one in (CONFIRMATION, REMINDER)), ("journeys", JOURNEY)):
        draft = (DEFINITIONS / kind / f"{name}.json").read_bytes()
        host.http.put(f"/api/{kind}/{name}", content=draft, headers=headers).raise_for_status()


def told_of(host: OwnHost, template: str, contenders: Sequence[str], *, awaited: Sequence[str]) -> list[str]:
    """Name who was sent a message of this template, as often as they were, when those awaited have been.

    What was being sent when the house was killed comes again later, and is waited for; in vain if need be.
    """
    with contextlib.suppress(TimeoutError):
        host.until(lambda: _messages_sent(host, template, contenders) == awaited)
    host.until_idle()
    return _messages_sent(host, template, contenders)


def _messages_sent(host: OwnHost, template: str, contenders: Iterable[str]) -> list[str]:
    headers = _as_staff(host)
    shown = {
        name: host.http.get(f"/api/patients/{name}/messages", headers=headers).raise_for_status().json()
        for name in contenders
    }
    return sorted(
        name
        for name, told in shown.items()
        for message in told["messages"]
        if message["template_id"] == template and message["state"] in ("accepted", "delivered")
    )


def _as_staff(host: OwnHost) -> dict[str, str]:
    token = host.token("staff", subject="nina", roles=["marketing_manager", "care_coordinator"])
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return headers | {"X-Reason": "counts who was written to"}


def booked_appointments(host: OwnHost) -> list[Resource]:
    """Give all booked appointments of the practitioner, as the record has them."""
    return _searched(host, "Appointment", actor=PRACTITIONER, status="booked")


def slots_named(host: OwnHost, name: str) -> list[Resource]:
    """Give one day's slots as the record has them."""
    found = _searched(host, "Slot", schedule="Schedule/schedule-a,Schedule/schedule-b")
    return [slot for slot in found if slot["id"].startswith(f"{name}-")]


def _searched(host: OwnHost, type_: str, **criteria: str) -> list[Resource]:
    answer = host.http.get(f"/fhir/{type_}", params={**criteria, "_count": "1000"})
    answer.raise_for_status()
    return [entry["resource"] for entry in answer.json().get("entry", [])]


# -- what must hold


def overlap(one: Resource, other: Resource) -> bool:
    """Say whether two slots or appointments take up the same moment."""
    (start, end), (others_start, others_end) = _times(one), _times(other)
    return start < others_end and others_start < end


def overlapping(resources: Sequence[Resource]) -> list[tuple[str, str]]:
    """Give every pair that overlaps."""
    return [
        (one["id"], other["id"])
        for place, one in enumerate(resources)
        for other in resources[place + 1 :]
        if overlap(one, other)
    ]


def slots_filled(appointments: Iterable[Resource]) -> list[str]:
    return sorted(slot["reference"].partition("/")[2] for one in appointments for slot in one["slot"])


def patients_in(appointments: Iterable[Resource]) -> list[str]:
    named = (each["actor"]["reference"] for one in appointments for each in one["participant"])
    return sorted(name.partition("/")[2] for name in named if name.startswith("Patient/"))


def _times(resource: Resource) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(resource["start"]), datetime.fromisoformat(resource["end"])


@dataclass(frozen=True)
class Remembered:
    """What the store holds of one contender: settled intents, and how often each appointment changed."""

    booked: tuple[str, ...]
    unsettled: tuple[str, ...]
    changes: tuple[int, ...]


def remembered(host: OwnHost, contenders: Iterable[str]) -> dict[str, Remembered]:
    """Read it from the store of a host that has stopped."""
    with house_of(host, MORNING) as house:
        return {name: _remembered(house.documents, PatientId(name)) for name in contenders}


def _remembered(documents: Documents, patient_id: PatientId) -> Remembered:
    found = documents.list(patient_partition(patient_id), "booking", Intent).items
    booked = tuple(one.body.appointment_id for one in found if one.body.state == "done")
    kept = (kept_at(documents, patient_id, appointment_id) for appointment_id in booked)
    return Remembered(
        booked,
        tuple(one.id for one in found if one.body.settle_by is not None),
        tuple(one.body.change for one in kept if one is not None),
    )


# -- those who contend


@dataclass
class Contender:
    """Wants any slot of the day: tries one, and while told no, another that is shown as free.

    What was cut off is asked again under the same key, as a browser would.
    """

    url: str
    name: str
    token: str
    chance: random.Random
    appointment: str | None = None
    refusals: list[str] = field(default_factory=list[str])
    cut_off: int = 0

    def contend(self, slots: Sequence[str]) -> None:
        with httpx.Client(base_url=self.url, timeout=30, trust_env=False) as http:
            http.headers["Authorization"] = f"Bearer {self.token}"
            while slots and self.appointment is None:
                self._try(http, self.chance.choice(slots))
                slots = self._free(http) if self.appointment is None else ()

    def _try(self, http: httpx.Client, slot: str, attempt: int = 1) -> None:
        headers = {"Idempotency-Key": f"{self.name}-{slot}-{attempt}"}
        answer = self._asked(
            lambda: http.post("/api/me/appointments", json={"slot_id": slot}, headers=headers)
        )
        if answer.status_code == 201:
            self.appointment = answer.json()["id"]
        elif answer.json()["type"] == "/problems/still-in-progress":
            self._look_after(http, slot, attempt)
        else:
            self.refusals.append(answer.json()["type"].removeprefix("/problems/"))

    def _look_after(self, http: httpx.Client, slot: str, attempt: int) -> None:
        """See what became of a request that was cut off; one that left no trace is asked under a new key."""
        about = self._asked_for(http, slot)
        while any(one["state"] == "pending" for one in about):
            threading.Event().wait(_PAUSE)
            about = self._asked_for(http, slot)
        done = [one for one in about if one["state"] == "done"]
        if done:
            self.appointment = done[0]["appointment_id"]
        elif about:
            self.refusals.append(_spelt(about[0]["refusal"]))
        else:
            self._try(http, slot, attempt + 1)

    def _asked_for(self, http: httpx.Client, slot: str) -> list[Resource]:
        shown = self._asked(lambda: http.get("/api/me/bookings")).json()["bookings"]
        return [one for one in shown if one["slot_id"] == slot]

    def _free(self, http: httpx.Client) -> Sequence[str]:
        asked = {"practitioner": "holm", "limit": "100"}
        return [
            slot["id"] for slot in self._asked(lambda: http.get("/api/slots", params=asked)).json()["slots"]
        ]

    def _asked(self, ask: Any) -> httpx.Response:
        """Ask until there is an answer that is one."""
        deadline = time.monotonic() + _MOST_SECONDS
        while True:
            with contextlib.suppress(httpx.TransportError):
                answer: httpx.Response = ask()
                if answer.status_code < 500 and not _is_race(answer):
                    return answer
            self.cut_off += 1
            if time.monotonic() > deadline:
                raise TimeoutError
            threading.Event().wait(_PAUSE)


def _is_race(answer: httpx.Response) -> bool:
    return answer.status_code == 409 and answer.json()["type"] == "/problems/lost-race"


def _spelt(refusal: str) -> str:
    return "".join(f"-{char.lower()}" if char.isupper() else char for char in refusal).lstrip("-")


class Contention:
    """All contenders at once, and somebody at the plug."""

    def __init__(self, host: OwnHost, seed: int, *, contenders: int = 50, kills: int = 3) -> None:
        self.host, self.kills = host, kills
        self.chance = random.Random(seed)  # noqa: S311  # a seed, not a secret
        self.contenders = [
            Contender(
                host.url,
                name,
                host.token("patient", patient_id=name),
                random.Random(f"{seed}-{name}"),  # noqa: S311  # as above
            )
            for name in people(contenders)
        ]

    @property
    def winners(self) -> list[Contender]:
        return [one for one in self.contenders if one.appointment is not None]

    @property
    def losers(self) -> list[Contender]:
        return [one for one in self.contenders if one.appointment is None]

    def run(self, slots: Sequence[str]) -> None:
        """Let them contend until each has a slot or there is none left; and kill the house meanwhile."""
        with ThreadPoolExecutor(len(self.contenders)) as crowd:
            under_way = [crowd.submit(one.contend, slots) for one in self.contenders]
            for _ in range(self.kills):
                self._kill_after(self.chance.randint(1, 3))
            for one in under_way:
                one.result()

    def _kill_after(self, more: int) -> None:
        """Kill it when so many more know that they have a slot; and let the sweep see to what was cut off."""
        aim, deadline = len(self.winners) + more, time.monotonic() + self.chance.uniform(0.5, 1.5)
        while len(self.winners) < aim and time.monotonic() < deadline:
            threading.Event().wait(_PAUSE / 10)
        self.host.kill()
        self.host.start()
        self.host.travel_to(self.host.now() + timedelta(seconds=31))


def book_naively(host: OwnHost, contenders: Sequence[str], slots: Sequence[Resource], seed: int) -> None:
    """Book as one would without guards: see that the slot is free, then write it and the appointment.

    Ten at a time have looked before any of them writes.
    """
    chance = random.Random(seed)  # noqa: S311  # a seed, not a secret
    for first in range(0, len(contenders), 10):
        choices = [(name, chance.choice(slots)) for name in contenders[first : first + 10]]
        seen = [(name, host.http.get(f"/fhir/Slot/{slot['id']}").json()) for name, slot in choices]
        for name, slot in seen:
            if slot["status"] == "free":
                write(host, [{**slot, "status": "busy"}, _naive(name, slot)])


def _naive(name: str, slot: Resource) -> Resource:
    who = (f"Patient/{name}", PRACTITIONER)
    return {
        "resourceType": "Appointment",
        "id": f"naive-{name}",
        "status": "booked",
        "start": slot["start"],
        "end": slot["end"],
        "slot": [{"reference": f"Slot/{slot['id']}"}],
        "participant": [{"actor": {"reference": one}, "status": "accepted"} for one in who],
    }
