"""Our triggers and re-entry rule against an independent count of the same patients (fhir.md §5)."""

import gzip
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.fhir.criteria import Code, ComponentIs, ValueIs
from shared.fhir.ports import Resource
from shared.journeys.entry import Entries
from shared.patients.references import patient_of
from shared.triggers.definitions import drafted
from shared.triggers.in_fhir import happened_at, instant
from shared.triggers.matching import CompiledTrigger, compiled
from shared.triggers.model import COUNTED, AnyOf, FieldIs, TriggerDraft
from tests.support.reference_data import reference_data

LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
AS_OF = datetime(2021, 4, 1, tzinfo=UTC)
PRESSURE_IS_HIGH = AnyOf(
    "any_of",
    (
        ComponentIs("component", (Code(LOINC, "8480-6"),), "at_least", 140),
        ComponentIs("component", (Code(LOINC, "8462-4"),), "at_least", 90),
    ),
)


def observed(*conditions: Any, codes: Sequence[str]) -> TriggerDraft:
    wanted = tuple(Code(LOINC, code) for code in codes)
    return TriggerDraft("it", "Observation", "either", wanted, conditions, COUNTED)


def visited(*classes: str, statuses: tuple[str, ...] = ()) -> TriggerDraft:
    return TriggerDraft("it", "Encounter", "either", (), (FieldIs("field", "class.code", classes),), statuses)


def diagnosed(*codes: str) -> TriggerDraft:
    return TriggerDraft("it", "Condition", "created", tuple(Code(SNOMED, code) for code in codes))


TRIGGERS = {
    "a1c_high": observed(ValueIs("value", "above", 9.0, "%"), codes=["4548-4"]),
    "a1c_over_7": observed(ValueIs("value", "above", 7.0, "%"), codes=["4548-4"]),
    "bp_high": observed(PRESSURE_IS_HIGH, codes=["55284-4", "85354-9"]),
    "new_diabetes": diagnosed("44054006"),
    "pregnancy_start": diagnosed("72892002"),
    "inpatient_discharge": visited("IMP", "ACUTE", "NONAC", statuses=("finished",)),
    "ed_visit": visited("EMER"),
    "new_medication": TriggerDraft("it", "MedicationRequest", "created"),
}


@pytest.fixture(scope="module")
def shelf() -> Path:
    return reference_data()


@pytest.fixture(scope="module")
def counts(shelf: Path) -> dict[str, Any]:
    return json.loads((shelf / "expected" / "synthea.counts.json").read_text())["triggers"]


def resources(shelf: Path, kind: str) -> Iterator[Resource]:
    with gzip.open(shelf / "synthea" / f"{kind}.ndjson.gz", "rt", encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


def matches(shelf: Path, trigger: CompiledTrigger, *, by_start: bool) -> list[tuple[datetime, str]]:
    """Give when whose resources met the trigger, in clinical time order."""
    found: list[tuple[datetime, str]] = []
    for resource in resources(shelf, trigger.definition.resource_type):
        if trigger.holds(resource):
            at = instant(resource["period"]["start"]) if by_start else happened_at(resource)
            patient = patient_of(resource)
            assert at is not None
            assert patient is not None
            found += [(at, patient)] if at <= AS_OF else []
    return sorted(found)


def starts(events: Sequence[tuple[datetime, str]], reentry_days: int) -> int:
    entries: dict[str, Entries] = {}
    count = 0
    for at, patient in events:
        before = entries.get(patient, Entries("it"))
        if before.allow(at, reentry_days):
            entries[patient] = before.with_start(f"enrolment~{count}", at)
            count += 1
    return count


class TestOutsideCounts:
    @pytest.mark.parametrize("name", TRIGGERS)
    def test_are_ours_too(self, name: str, shelf: Path, counts: dict[str, Any]) -> None:
        trigger = compiled(drafted("it", TRIGGERS[name], 1))
        expected = counts[name]

        events = matches(shelf, trigger, by_start=name == "ed_visit")

        assert len(events) == expected["events"]
        assert len({patient for _, patient in events}) == expected["patients"]
        assert starts(events, expected["reentry_days"]) == expected["starts"]
