"""The scene of the five flows' ordeal: who takes part, what is defined, and what the practice offers."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import httpx

from local.own_host import ROOT, OwnHost
from tests.support import booking_contention as contention

MORNING = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
"""A Monday, when nobody sleeps."""
DAYS = tuple(datetime(2026, 6, day, 9, tzinfo=UTC) for day in (4, 5, 8, 9))
"""When the practice is open; reminders of it are due the day before, between ten and two in London."""
SURVEY, INVITATION = "csat", "csat-invitation"
CONFIRMATION, REMINDER = "appointment-confirmation-sms", "appointment-reminder-sms"
CANCELLED = "appointment-cancelled-sms"
JOURNEY, CANCELLATION = "appointment-reminder", "appointment-cancelled"
HIGH_SUGAR, ASTHMA = "high-sugar", "asthma"
SEGMENTS = (HIGH_SUGAR, ASTHMA)
DESK = ("sam", "pat", "kim", "lee")
A1C = {"system": "http://loinc.org", "code": "4548-4"}
DIABETES_CODE = {"system": "http://snomed.info/sct", "code": "44054006"}
ASTHMA_CODE = {"system": "http://snomed.info/sct", "code": "195967001"}

OPTIONS = tuple(
    part
    for name, value in {
        "CLAIM_LASTS_SECONDS": "3",
        "CLAIM_SWEEP_SCHEDULE": "* * * * * *",
        "BOOKING_SWEEP_SCHEDULE": "* * * * * *",
        "OFFER_SWEEP_SCHEDULE": "* * * * * *",
        "WORK_SWEEP_SCHEDULE": "*/2 * * * * *",
        "CONVERSATION_SWEEP_SCHEDULE": "*/2 * * * * *",
        "MEMBERSHIP_SWEEP_SCHEDULE": "*/2 * * * * *",
        "SEGMENT_REFRESH_SCHEDULE": "*/5 * * * * *",
        "ENROLMENT_SWEEP_SCHEDULE": "*/2 * * * * *",
        "HELD_MESSAGES_SWEEP_SCHEDULE": "*/2 * * * * *",
        "RELAY_SWEEP_SCHEDULE": "*/5 * * * * *",
    }.items()
    for part in ("--set", f"{name}={value}")
)


_MORE = {"workstreams": {"offer_lasts_seconds": 10}, "surveys": {"again_after_days": 0}}
"""What is otherwise than in the story: offers lapse soon, and whoever talks often is asked as often."""


class Plan(StrEnum):
    """What a patient does in chat."""

    SERVED = "is answered, says thank you, and is let go"
    ALONE = "talks to the bot alone and leaves"
    SILENT = "talks to the bot and falls silent"
    LEAVES_QUEUE = "leaves while still waiting"
    LEAVES_TALK = "leaves in the middle of the talk"
    STAYS = "asks to wait, and is still there at the end"
    LINGERS = "is let go, and never closed by hand"


_PLANS = (
    *(Plan.SERVED, Plan.ALONE, Plan.LEAVES_TALK, Plan.LEAVES_QUEUE, Plan.SERVED, Plan.SILENT),
    *(Plan.STAYS, Plan.SERVED, Plan.ALONE, Plan.LINGERS, Plan.SERVED, Plan.LEAVES_QUEUE),
)


@dataclass(frozen=True)
class Person:
    """One patient, by number: what they do follows from it."""

    number: int

    @property
    def id(self) -> str:
        return f"flows-{self.number:02}"

    @property
    def plan(self) -> Plan:
        return _PLANS[self.number % len(_PLANS)]

    @property
    def rating(self) -> int | None:
        """What they say of the talk; one in six says nothing."""
        return None if self.number % 6 == 5 else 1 + self.number % 5

    @property
    def slots(self) -> list[str]:
        """What they want at first: of two who compete, both the same slot, or two that overlap."""
        pair, second = divmod(self.number, 2)
        day, number = divmod(pair, 6)
        letter = "b" if second and pair % 3 else "a"
        return [f"day{day % len(DAYS)}-{letter}{2 * number % 9}"]

    def as_fhir(self) -> dict[str, Any]:
        return {
            "resourceType": "Patient",
            "id": self.id,
            "active": True,
            "name": [{"family": "O'Neill", "given": ["Ada"]}],
            "birthDate": "1960-02-29",
            "telecom": [{"system": "phone", "use": "mobile", "value": f"+44770091{self.number:04}"}],
        }


def prepare(host: OwnHost, people: list[Person]) -> None:
    """Fill the house before anybody comes."""
    host.travel_to(MORNING)
    roles = ["marketing_manager", "outreach_specialist", "omnichannel_administrator"]
    token = host.token("staff", subject="nina", roles=roles)
    for kind, name, definition in definitions():
        _put(host, f"/api/{kind}/{name}", definition, token)
    contention.write(host, contention.practice([]))
    contention.write(host, [person.as_fhir() for person in people])
    for number, day in enumerate(DAYS):
        contention.write(host, contention.slots_on(day, f"day{number}"))
    host.until_idle()
    host.travel_to(host.now() + timedelta(seconds=5))
    host.until_idle()


def definitions() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give what the story defines, made quicker, and two segments with a journey each."""
    for kind, names in {
        "templates": (INVITATION, CONFIRMATION, REMINDER, CANCELLED),
        "queues": ("medication-refills", "patient-services"),
        "scenarios": ("patient-service-welcome",),
        "surveys": (SURVEY,),
        "workstreams": ("live-chat",),
        "journeys": (JOURNEY, CANCELLATION),
    }.items():
        for name in names:
            file = ROOT / "local" / "story_definitions" / kind / f"{name}.json"
            yield kind, name, {**json.loads(file.read_text()), **_MORE.get(kind, {})}
    text = {"language": "en", "channel": "sms", "text": "Please call us. STOP ends this."}
    yield "templates", "outreach", {"purpose": "transactional", "default_language": "en", "variants": [text]}
    for segment, rule in _rules():
        yield "segments", segment, {"name": segment, "state": "live", "rule": rule}
        yield "journeys", f"on-{segment}", _journey_on(segment)


def _rules() -> Iterator[tuple[str, dict[str, Any]]]:
    recent = {
        "kind": "has_records",
        "resource": "Observation",
        "codes": [A1C],
        "tests": [{"kind": "value", "comparison": "above", "threshold": 7.0, "unit": "%"}],
        "when": {"kind": "within_days", "days": 3},
        "pick": "latest",
    }
    yield HIGH_SUGAR, {"kind": "all_of", "rules": [_has_active(DIABETES_CODE), recent]}
    yield ASTHMA, {"kind": "all_of", "rules": [{"kind": "is_alive"}, _has_active(ASTHMA_CODE)]}


def _has_active(code: dict[str, str]) -> dict[str, Any]:
    active = {"kind": "field", "field": "clinical_status", "one_of": ["active"]}
    return {"kind": "has_records", "resource": "Condition", "codes": [code], "tests": [active]}


def _journey_on(segment: str) -> dict[str, Any]:
    steps = [
        {"kind": "create_task", "id": "call", "code": "outreach", "description": "Call them."},
        {"kind": "send_message", "id": "text", "channel": "sms", "template_id": "outreach"},
        {"kind": "wait", "id": "a-day", "days": 1},
    ]
    starts = {"kind": "segment", "segment_id": segment, "happened": "joined", "end_on_leaving": True}
    kept = {"name": segment, "purpose": "To be killed", "starts_on": starts, "reentry_days": 0}
    return {**kept, "steps": steps, "state": "live"}


def _put(host: OwnHost, path: str, body: Any, token: str) -> None:
    answer = host.http.put(path, json=body, headers={"Authorization": f"Bearer {token}"})
    if answer.is_error:
        raise httpx.HTTPStatusError(answer.text, request=answer.request, response=answer)


def sent(host: OwnHost, *, to: str = "%", because: str = "%") -> list[tuple[str, str, str]]:
    """Give what the provider was given: to whom, why, and the words; readable while the host is dead."""
    query = "SELECT patient_id, because, text FROM messages WHERE patient_id LIKE ? AND because LIKE ?"
    address = f"file:{host.folder / 'messages.db'}?mode=rw"
    with closing(sqlite3.connect(address, uri=True, timeout=5)) as connection:
        return connection.execute(query, (to, because)).fetchall()
