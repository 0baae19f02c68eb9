"""Every story in this folder, told to the engines of triggers and journeys: would a clinician agree?"""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.adapters.codec import from_plain
from shared.fhir.ports import Resource
from shared.journeys import definitions as journey_definitions
from shared.journeys.documents import enrolment_id
from shared.journeys.engine import STEPS, Decision, at_step, ended, next_step
from shared.journeys.entry import Entries
from shared.journeys.model import Cause, Enrolment, EnrolmentHasMovedOn, Journey, JourneyDraft, Subject
from shared.journeys.start_journeys import entered
from shared.journeys.stop_journeys import rested_on
from shared.kernel.identity import PatientId
from shared.messaging.model import SendMessage
from shared.triggers import definitions as trigger_definitions
from shared.triggers.firings import Firing, judged
from shared.triggers.matching import CONDITIONS, CompiledTrigger, compiled
from shared.triggers.model import ReactToChange, TriggerDraft

HERE = Path(__file__).parent
SHIPPED = Path(__file__).parents[2] / "local" / "flow_definitions"
STORIES = sorted(HERE.glob("*.json"))
ADA = PatientId("ada")
LOINC = "http://loinc.org"


def told(story: Path) -> dict[str, Any]:
    return json.loads(story.read_text(encoding="utf-8"))


class TestStories:
    @pytest.mark.parametrize("story", STORIES, ids=lambda story: story.stem)
    def test_come_out_as_they_are_told(self, story: Path) -> None:
        tale = told(story)
        world = World.at_the_start_of(tale)

        for event in tale["happens"]:
            world.happen(event)

        assert world.lines == tale["then"]

    def test_show_every_kind_of_step_and_condition(self) -> None:
        shown = {kind for story in STORIES for kind in told(story)["shows"]}

        assert shown == {*STEPS, *CONDITIONS}


@dataclass
class World:
    """What the acts keep in documents, kept in dicts; every announcement is heard at once."""

    zone: str
    triggers: dict[int, CompiledTrigger]
    journeys: dict[int, Journey]
    entries: Entries
    record: dict[str, Resource] = field(default_factory=dict[str, Resource])
    firings: dict[str, Firing] = field(default_factory=dict[str, Firing])
    runs: dict[str, Enrolment] = field(default_factory=dict[str, Enrolment])
    lines: list[str] = field(default_factory=list[str])
    now: datetime = datetime(2000, 1, 1, tzinfo=UTC)

    @classmethod
    def at_the_start_of(cls, tale: dict[str, Any]) -> "World":
        trigger = from_plain(definition(tale["trigger"], "triggers"), TriggerDraft, strangers=False)
        draft = from_plain(definition(tale["journey"], "journeys"), JourneyDraft, strangers=False)
        journey = journey_definitions.drafted("the-journey", draft, None)
        first = compiled(trigger_definitions.drafted("the-trigger", trigger, 1))
        return cls(tale["zone"], {1: first}, {1: journey}, Entries(journey.id))

    @property
    def trigger(self) -> CompiledTrigger:
        return self.triggers[max(self.triggers)]

    @property
    def journey(self) -> Journey:
        return self.journeys[max(self.journeys)]

    def happen(self, event: dict[str, Any]) -> None:
        self.now = self.instant(event["at"])
        if "result" in event:
            name, version = event["result"].split(" v")
            self.record[name] = resource(
                name, int(version), event, self.instant(event.get("taken", event["at"]))
            )
            self.hear(name, int(version))
        elif "deleted" in event:
            name, version = event["deleted"].split(" v")
            del self.record[name]
            self.hear(name, int(version))
        elif "heard_again" in event:
            name, version = event["heard_again"].split(" v")
            self.hear(name, int(version))
        elif "journey_becomes" in event:
            self.edit(event["journey_becomes"])
        elif "trigger_becomes" in event:
            self.edit_trigger(event["trigger_becomes"])
        elif "wait_ends" in event:
            self.advance(event["wait_ends"]["run"], event["wait_ends"]["at_step"])
        else:
            pytest.fail(f"nobody knows what happens in {event}")

    def hear(self, name: str, version: int) -> None:
        """Hear that a result changed, as `react_to_change` does."""
        current = self.record.get(name)
        before = self.firings.get(name)
        as_fired = self.triggers[before.trigger_version or 0] if before else None
        change = ReactToChange(ADA, self.trigger.definition.resource_type, name, version, self.now)
        firing = judged(self.trigger, change, current, before, self.now, as_fired=as_fired)
        if firing is None:
            return
        self.firings[name] = firing
        if firing.stands:
            self.start(name, firing)
        else:
            self.stop(name, firing)

    def start(self, name: str, firing: Firing) -> None:
        """Start the journey, as `start_journeys` does."""
        run = Enrolment(
            id=enrolment_id(self.journey.id, firing),
            journey_id=self.journey.id,
            journey_version=self.journey.version,
            patient_id=ADA,
            subject=Subject(self.trigger.definition.resource_type, name),
            cause=Cause("the-trigger", name, firing.occurrence),
            started_at=self.now,
        )
        decision = entered(self.journey, run, self.entries, firing.fired_at, zone=self.zone, now=self.now)
        if decision.enrolment.reason is not None:
            self.say(f"no start about {name}: {decision.enrolment.reason}")
            return
        self.entries = self.entries.with_start(run.id, firing.fired_at)
        self.say(f"starts version {run.journey_version} about {name}")
        self.keep(decision)

    def stop(self, name: str, firing: Firing) -> None:
        """End what rested on the result, as `stop_journeys` does."""
        for run in [run for run in self.runs.values() if rested_on(run, name, firing)]:
            self.entries = self.entries.without(run.id)
            self.keep(Decision(ended(run, "result_withdrawn", self.now)))

    def edit_trigger(self, changes: dict[str, Any]) -> None:
        draft = from_plain(definition(changes, "triggers"), TriggerDraft, strangers=False)
        version = max(self.triggers) + 1
        self.triggers[version] = compiled(trigger_definitions.drafted("the-trigger", draft, version))

    def edit(self, changes: dict[str, Any]) -> None:
        plain = definition(changes, "journeys")
        draft = replace(from_plain(plain, JourneyDraft, strangers=False), starts_on=self.journey.starts_on)
        journey = journey_definitions.drafted(self.journey.id, draft, self.journey)
        self.journeys[journey.version] = journey

    def advance(self, about: str, step_counter: int) -> None:
        """Hear that a wait is over, as `advance_journey` does."""
        run = [run for run in self.runs.values() if run.subject.id == about][-1]
        try:
            at_step(run, step_counter)
        except EnrolmentHasMovedOn:
            self.say("nothing: that step has been taken, or the journey has ended")
            return
        decision = next_step(self.journeys[run.journey_version], run, zone=self.zone, now=self.now)
        if decision is None:
            self.say("nothing: the wait is not over")
        else:
            self.keep(decision)

    def keep(self, decision: Decision) -> None:
        run = decision.enrolment
        self.runs[run.id] = run
        for told in decision.instructions:
            if isinstance(told.content, SendMessage):
                self.say(f"{told.content.channel} {told.content.template_id}")
        if run.due_at is not None:
            self.say(f"waits until {self.local(run.due_at)}")
        elif not run.is_active:
            self.say(f"ended: {run.reason}" if run.reason else "completed")

    def say(self, line: str) -> None:
        self.lines.append(f"{self.local(self.now)} {line}")

    def instant(self, text: str) -> datetime:
        """Read the time on the wall of the story's zone."""
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def local(self, at: datetime) -> str:
        return at.astimezone(ZoneInfo(self.zone)).strftime("%Y-%m-%d %H:%M")


def definition(named: str | dict[str, Any], kind: str) -> dict[str, Any]:
    """Give a definition: a shipped one by its name, one `based_on` it with changes, or one written out."""
    if isinstance(named, str):
        return json.loads((SHIPPED / kind / f"{named}.json").read_text(encoding="utf-8"))
    base = definition(named["based_on"], kind) if "based_on" in named else {}
    return {**base, **{key: value for key, value in named.items() if key != "based_on"}}


def resource(name: str, version: int, event: dict[str, Any], taken: datetime) -> Resource:
    """Write down what the story says was found, as FHIR."""
    written: Resource = {
        "id": name,
        "meta": {"versionId": str(version)},
        "status": event.get("status", "final"),
    }
    if "visit" in event:
        visit = {"class": {"code": event["visit"]}, "period": {"start": taken.isoformat()}}
        return {**written, "resourceType": "Encounter", **visit}
    written |= {"resourceType": "Observation", "effectiveDateTime": taken.isoformat()}
    if "hba1c" in event:
        return {**written, "code": coded("4548-4"), "valueQuantity": quantity(event["hba1c"], "%")}
    systolic, diastolic = (int(each) for each in event["blood_pressure"].split("/"))
    parts = [("8462-4", diastolic), ("8480-6", systolic)]
    components = [{"code": coded(code), "valueQuantity": quantity(value, "mm[Hg]")} for code, value in parts]
    return {**written, "code": coded("55284-4"), "component": components}


def coded(code: str) -> dict[str, Any]:
    return {"coding": [{"system": LOINC, "code": code}]}


def quantity(value: float, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "code": unit, "system": "http://unitsofmeasure.org"}
