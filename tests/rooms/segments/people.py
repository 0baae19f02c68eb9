"""Patients of a surgery, in facts, for tests of the engine."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.fhir.criteria import Code, ValueIs
from shared.kernel.identity import PatientId
from shared.segments.facts import PatientFacts, ProfileFacts, RecordFacts
from shared.segments.questions.profile import month_day
from shared.segments.rules import HasRecords, IsAlive, RecordTest, ResourceType, Rule, Segment, SegmentDraft

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
LOINC = "http://loinc.org"
HBA1C = Code(LOINC, "4548-4")
ADA = PatientId("ada")
ALIVE = IsAlive("is_alive")


def above(threshold: float, unit: str | None = "%") -> ValueIs:
    return ValueIs("value", "above", threshold, unit)


def hba1c(*tests: RecordTest, **more: Any) -> HasRecords:
    return HasRecords("has_records", "Observation", (HBA1C,), tests, **more)


def a_segment(rule: Rule, name: str = "it", *, time_zone: str | None = None) -> Segment:
    return Segment(name, 1, name, rule, "live", time_zone)


def a_draft(rule: Rule, **more: Any) -> SegmentDraft:
    return SegmentDraft("Poorly controlled", rule, **more)


def measured(value: float | None, *, ago: timedelta = timedelta(), **more: Any) -> RecordFacts:
    """An HbA1c of Ada's."""
    said: dict[str, Any] = {
        "id": "march",
        "codes": (f"{LOINC}|4548-4",),
        "unit": "%",
        "status": "final",
    } | more
    return RecordFacts("Observation", patient_id=ADA, value=value, starts_at=NOON - ago, **said)


def ada(*records: RecordFacts, born: date = date(1970, 5, 17), **more: Any) -> PatientFacts:
    profile = ProfileFacts(
        ADA, birth_date=born, birth_month_day=month_day(born), gender="female", city="Boston"
    )
    found: dict[ResourceType, tuple[RecordFacts, ...]] = {}
    for record in records:
        found[record.resource] = (*found.get(record.resource, ()), record)
    return PatientFacts(replace(profile, **more), found)
