"""Every story in this folder, told to the engines of triggers and journeys: would a clinician agree?"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.adapters.codec import from_plain
from shared.appointments.model import AppointmentChanged, AppointmentNow, AppointmentWords
from shared.fhir.ports import Resource
from shared.journeys import definitions as journey_definitions
from shared.journeys.bound_to_appointment import next_step_before, told_of
from shared.journeys.documents import enrolment_id
from shared.journeys.engine import (
    STEPS,
    Decision,
    at_step,
    ended,
    is_waiting,
    next_step,
    stopped,
    taken_back,
)
from shared.journeys.enrol import entered
from shared.journeys.entry import Entries
from shared.journeys.following import (
    ends_on_leaving,
    is_outdated,
    outdating,
    rests_on_stay,
    run_about,
    run_since,
    turn_of,
)
from shared.journeys.live_journeys import beginnings
from shared.journeys.model import (
    Cause,
    Enrolment,
    EnrolmentHasMovedOn,
    Journey,
    JourneyDraft,
    Reason,
    Subject,
)
from shared.journeys.start_journeys import run_about_event
from shared.journeys.steps.arrival import Instruction
from shared.journeys.stop_journeys import rested_on
from shared.kernel.documents import Document
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.messaging.model import CancelMessage, SendMessage
from shared.segments.model import MembershipChanged
from shared.tasks.model import CreateTask
from shared.triggers import definitions as trigger_definitions
from shared.triggers.custom import CustomEvent
from shared.triggers.firings import Firing, Rules, judged
from shared.triggers.matching import CONDITIONS, CompiledTrigger, compiled
from shared.triggers.model import ReactToChange, TriggerDraft

HERE = Path(__file__).parent
SHIPPED = [
    Path(__file__).parents[2] / "local" / folder for folder in ("flow_definitions", "story_definitions")
]
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
    journeys: dict[str, dict[int, Journey]]
    entries: dict[str, Entries] = field(default_factory=dict[str, Entries])
    followed: dict[str, int] = field(default_factory=dict[str, int])
    appointments: dict[str, AppointmentNow] = field(default_factory=dict[str, AppointmentNow])
    record: dict[str, Resource] = field(default_factory=dict[str, Resource])
    firings: dict[str, Firing] = field(default_factory=dict[str, Firing])
    runs: dict[str, Enrolment] = field(default_factory=dict[str, Enrolment])
    lines: list[str] = field(default_factory=list[str])
    now: datetime = datetime(2000, 1, 1, tzinfo=UTC)

    @classmethod
    def at_the_start_of(cls, tale: dict[str, Any]) -> "World":
        triggers: dict[int, CompiledTrigger] = {}
        if "trigger" in tale:
            trigger = from_plain(definition(tale["trigger"], "triggers"), TriggerDraft, strangers=False)
            triggers[1] = compiled(trigger_definitions.drafted("the-trigger", trigger, 1))
        named = {"the-journey": tale["journey"], "the-other-journey": tale.get("other_journey")}
        journeys = {name: {1: a_journey(name, plain)} for name, plain in named.items() if plain}
        return cls(tale["zone"], triggers, journeys)

    @property
    def trigger(self) -> CompiledTrigger:
        return self.triggers[max(self.triggers)]

    @property
    def journey(self) -> Journey:
        return self.in_force()[0]

    def in_force(self) -> list[Journey]:
        return [versions[max(versions)] for versions in self.journeys.values()]

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
        elif "record_has" in event:
            self.appointments[event["record_has"]] = self.appointment(event)
        elif "record_says" in event:
            self.record[event["record_says"]] = event["of_it"]
        elif "wait_ends" in event:
            ends = event["wait_ends"]
            self.advance(ends["run"], ends["at_step"], which=ends.get("which", 0))
        else:
            self.hear_otherwise(event)

    def hear_otherwise(self, event: dict[str, Any]) -> None:
        if "appointment" in event:
            self.hear_of_appointment(event)
        elif "membership" in event:
            self.hear_of_membership(event)
        elif "event" in event:
            self.hear_of_event(event)
        else:
            pytest.fail(f"nobody knows what happens in {event}")

    def hear(self, name: str, version: int) -> None:
        """Hear that a result changed, as `react_to_change` does."""
        current = self.record.get(name)
        before = self.firings.get(name)
        as_fired = self.triggers[before.trigger_version or 0] if before else None
        change = ReactToChange(ADA, self.trigger.definition.resource_type, name, version, self.now)
        firing = judged(Rules(self.trigger, as_fired), change, current, before, self.now)
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
        self.enter(self.journey, run, firing.fired_at)

    def enter(self, journey: Journey, run: Enrolment, at: datetime) -> None:
        """Enrol, as `enrol` does."""
        if run.id in self.runs:
            return
        entries = self.entries.get(journey.id) or Entries(journey.id)
        known = self.known(run)
        decision = entered(journey, run, entries, at, zone=self.zone, now=self.now, known=known)
        if decision.enrolment.reason is not None:
            self.runs[run.id] = decision.enrolment
            self.say(f"no start about {run.subject.id}: {decision.enrolment.reason}")
            return
        self.entries[journey.id] = entries.with_start(run.id, at)
        self.say(f"starts version {run.journey_version} about {run.subject.id}")
        self.keep(decision)

    def hear_of_appointment(self, event: dict[str, Any]) -> None:
        """Hear that an appointment changed, as `follow_appointment` does; the record has it so already."""
        about, happened = event["appointment"], event["happened"]
        begins = self.instant(event["starts"])
        changed = AppointmentChanged(ADA, about, event["change"], happened, begins, self.now)
        if event.get("record_has_it", True):
            status = "cancelled" if happened == "cancelled" else "booked"
            self.appointments[about] = AppointmentNow(status, begins, words(event))
        if changed.change < self.followed.get(about, 0):
            self.say("nothing: later news has been followed")
            return
        self.followed[about] = changed.change
        reason = outdating(changed)
        if reason is not None:
            self.end([run for run in self.runs.values() if is_outdated(run, changed)], reason)
        for journey in self.in_force():
            if ("appointment", happened) in beginnings(journey.starts_on):
                run = told_of(run_about(changed, journey, self.now), self.appointments.get(about))
                self.enter(journey, run, self.now)

    def hear_of_membership(self, event: dict[str, Any]) -> None:
        """Hear that a patient came or went, as `follow_membership` does."""
        happened, about = event["membership"], event["segment"]
        changed = MembershipChanged(about, ADA, "the-membership", 1, happened, event["occurrence"], self.now)
        if turn_of(changed) < self.followed.get(about, 0):
            self.say("nothing: later news has been followed")
            return
        self.followed[about] = turn_of(changed)
        if happened == "left":
            stays = [run for run in self.runs.values() if rests_on_stay(run, changed)]
            self.end([run for run in stays if ends_on_leaving(self.begun(run))], "left_segment")
        for journey in self.in_force():
            if ("segment", about, happened) in beginnings(journey.starts_on):
                self.enter(journey, run_since(changed, journey, self.now), self.now)

    def hear_of_event(self, event: dict[str, Any]) -> None:
        """Hear of an event of a custom trigger, as `start_journeys` does."""
        about, given, refers_to = event["event"], Sensitive(event["given"]), event.get("refers_to", {})
        told = CustomEvent(event["of"], 1, ADA, about, self.now, given, refers_to, self.now)
        for journey in self.in_force():
            if ("custom_trigger", event["of"]) in beginnings(journey.starts_on):
                kept = Document(f"patient/{ADA}", about, 1, "", told)
                self.enter(journey, run_about_event(journey, kept, self.now), self.now)

    def known(self, run: Enrolment) -> dict[str, Any]:
        """Give what steps may ask about, as `known_of` does."""
        if run.told_of is None:
            return {}
        references = run.told_of.references.items()
        there = {name: self.record[text] for name, text in references if text in self.record}
        return {**run.told_of.given.value, **there}

    def end(self, runs: list[Enrolment], reason: Reason) -> None:
        for run in runs:
            if run.is_active:
                self.keep(stopped(run, self.begun(run), reason, self.now))
            elif run.state == "completed":
                self.tell(taken_back(run, self.begun(run)))

    def appointment(self, event: dict[str, Any]) -> AppointmentNow:
        begins = self.instant(event["starts"]) if "starts" in event else None
        return AppointmentNow(event["status"], begins, words(event))

    def begun(self, run: Enrolment) -> Journey:
        return self.journeys[run.journey_id][run.journey_version]

    def stop(self, name: str, firing: Firing) -> None:
        """End what rested on the result, as `stop_journeys` does."""
        for run in [run for run in self.runs.values() if rested_on(run, name, firing)]:
            self.entries[run.journey_id] = self.entries[run.journey_id].without(run.id)
            self.keep(Decision(ended(run, "result_withdrawn", self.now)))

    def edit_trigger(self, changes: dict[str, Any]) -> None:
        draft = from_plain(definition(changes, "triggers"), TriggerDraft, strangers=False)
        version = max(self.triggers) + 1
        self.triggers[version] = compiled(trigger_definitions.drafted("the-trigger", draft, version))

    def edit(self, changes: dict[str, Any]) -> None:
        plain = definition(changes, "journeys")
        draft = replace(from_plain(plain, JourneyDraft, strangers=False), starts_on=self.journey.starts_on)
        journey = journey_definitions.drafted(self.journey.id, draft, self.journey)
        self.journeys[journey.id][journey.version] = journey

    def advance(self, about: str, step_counter: int, *, which: int) -> None:
        """Hear that a wait is over, as `advance_journey` does; `which` run of several counts from 1."""
        run = [run for run in self.runs.values() if run.subject.id == about][which - 1]
        try:
            at_step(run, step_counter)
        except EnrolmentHasMovedOn:
            self.say("nothing: that step has been taken, or the journey has ended")
            return
        decision = self.go_on(run)
        if decision is None:
            self.say("nothing: the wait is not over")
        else:
            self.keep(decision)

    def go_on(self, run: Enrolment) -> Decision | None:
        if is_waiting(run, self.now) or not run.is_bound:
            known = self.known(run)
            return next_step(self.begun(run), run, zone=self.zone, now=self.now, known=known)
        appointment = self.appointments.get(run.subject.id)
        return next_step_before(self.begun(run), run, appointment, zone=self.zone, now=self.now)

    def keep(self, decision: Decision) -> None:
        run = decision.enrolment
        self.runs[run.id] = run
        self.tell(decision.instructions)
        if run.due_at is not None:
            self.say(f"waits until {self.local(run.due_at)}")
        elif not run.is_active:
            self.say(f"ended: {run.reason}" if run.reason else "completed")

    def tell(self, instructions: Sequence[Instruction]) -> None:
        for told in instructions:
            match told.content:
                case SendMessage() as asked:
                    self.say(f"{asked.channel} {asked.template_id}{spoken_of(asked.values.value)}")
                case CancelMessage() as cancelled:
                    self.say(f"takes back {cancelled.channel} {cancelled.template_id}")
                case CreateTask() as task:
                    due = f", due {self.local(task.due_at)}" if task.due_at else ""
                    self.say(f"task {task.code} for {task.team}{due}")
                case _:
                    pass

    def say(self, line: str) -> None:
        self.lines.append(f"{self.local(self.now)} {line}")

    def instant(self, text: str) -> datetime:
        """Read the time on the wall of the story's zone."""
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def local(self, at: datetime) -> str:
        return at.astimezone(ZoneInfo(self.zone)).strftime("%Y-%m-%d %H:%M")


def words(event: dict[str, Any]) -> AppointmentWords | None:
    """Give what the record says of an appointment, where the story tells: when, where, and with whom."""
    if "there" not in event:
        return None
    return AppointmentWords(event["there"], event.get("place", ""), event.get("with", ""))


def spoken_of(values: dict[str, str]) -> str:
    """Say what a message tells of an appointment."""
    about = [("of", "appointment_at"), ("with", "appointment_with"), ("at", "appointment_place")]
    return "".join(f" {word} {values[name]}" for word, name in about if values.get(name))


def a_journey(name: str, plain: str | dict[str, Any]) -> Journey:
    draft = from_plain(definition(plain, "journeys"), JourneyDraft, strangers=False)
    return journey_definitions.drafted(name, draft, None)


def definition(named: str | dict[str, Any], kind: str) -> dict[str, Any]:
    """Give a definition: a shipped one by its name, one `based_on` it with changes, or one written out."""
    if isinstance(named, str):
        (path,) = [path for each in SHIPPED if (path := each / kind / f"{named}.json").exists()]
        return json.loads(path.read_text(encoding="utf-8"))
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
