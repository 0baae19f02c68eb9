"""The segments: filled from the lake, kept up to date by each change, and the beginning of a journey."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from local.definitions import OUTREACH
from local.flow_stage import per_cent
from local.progress import Progress
from local.story_scenes.keeping_definitions import keep_outreach
from local.story_scenes.story_cast import called
from local.story_scenes.story_stage import StoryStage
from shared.fhir.ports import Resource

OUT_OF_RANGE = "diabetes-out-of-range"
COUNTED_AS: Mapping[str, str] = {
    "colorectal-screening-overdue": "colorectal_overdue_45_75",
    OUT_OF_RANGE: "diabetes_a1c_gt_7",
    "flu-shot-overdue": "flu_shot_overdue",
    "hba1c-overdue": "diabetes_a1c_overdue_180d",
    "high-risk-combined": "combo_high_risk",
    "hypertension-uncontrolled": "hypertension_uncontrolled",
    "lapsed-patients": "lapsed_365d",
    "mammogram-overdue": "mammogram_overdue_50_74",
    "no-show-without-booking": "noshow_no_upcoming",
    "polypharmacy": "polypharmacy_5",
}
"""By which name an independent count knows each shipped segment."""
MOST_SECONDS_TO_REFRESH = 180

Members = Mapping[str, set[str]]


class SegmentScenes:
    """Nina and the ten shipped segments."""

    def __init__(self, stage: StoryStage, day: date) -> None:
        self.stage, self.narrator, self.day = stage, stage.narrator, day

    def ten_are_installed(self, data: Path | None) -> None:
        """Install them in the night before the day, let each be filled, and compare with others' counts."""
        self.narrator.scene("Nina takes over the ten segments that come with the product; they are filled")
        self.stage.host.travel_to(datetime.combine(self.day, time(), tzinfo=UTC))
        shipped = self.stage.ask("GET", "/api/shipped-segments")
        names = sorted(each["id"] for each in shipped["segments"])
        for name in names:
            self.stage.ask("POST", f"/api/shipped-segments/{name}/install", told=False)
        self._until_filled(names)
        members = {name: self._members(name) for name in names}
        for name, people in members.items():
            self.narrator.quote(f"{len(people):>5}  {name}")
        self.narrator.promise(len(members) == 10, "All ten are filled.")
        self._compare(members, _counted(data, self.day))
        keep_outreach(self.stage)
        self.narrator.note("Outreach goes live now: it is for those who come into the segment from here on.")

    def somebody_comes_in_and_leaves(self) -> None:
        """Write a result that moves somebody into a segment, and correct it."""
        person = self.stage.cast.next_with_diabetes()
        self.narrator.scene(f"A result moves {called(person)} into the segment {OUT_OF_RANGE}")
        before = self._members()
        self.narrator.promise(person["id"] not in before, "Before the result they are not in it.")
        result = self.stage.hba1c_of(person, 9.4)
        self.stage.write(result)
        self.narrator.promise(self._members() == before | {person["id"]}, "They, and nobody else, came in.")
        self._explained(person)
        teams = [task["team"] for task in self.stage.open_tasks("outreach", person)]
        self.narrator.promise(teams == ["outreach"], "A task stands on the outreach team's list: call them.")
        self.stage.shown(self.stage.only_message(person, "email", template_id="segment-outreach-email"))
        self.narrator.scene("The result is corrected: it was another person's")
        self.stage.write({**result, "status": "corrected", "valueQuantity": per_cent(6.1)})
        self.narrator.promise(self._members() == before, "The correction has moved them out again.")
        ends = [run["reason"] for run in self._runs(person) if run["state"] == "ended"]
        self.narrator.promise(ends == ["left_segment"], "The outreach has ended with it.")

    # -- what these scenes are made of

    def _until_filled(self, names: list[str]) -> None:
        """Wait until each has been refreshed, and all that follows from it is done."""
        progress = Progress("segments")
        done = 0

        def are_done() -> bool:
            nonlocal done
            shown = self.stage.ask("GET", "/api/segments?limit=100", told=False)["segments"]
            done = sum(one["refreshed_at"] is not None for one in shown)
            progress.at(done, done / len(names))
            return done == len(names)

        self.stage.host.until(are_done, at_most=MOST_SECONDS_TO_REFRESH)
        self.stage.host.until_idle()
        progress.finish(done)

    def _members(self, segment_id: str = OUT_OF_RANGE) -> set[str]:
        path = f"/api/segments/{segment_id}/members?limit=1000"
        return {one["patient_id"] for one in self.stage.ask("GET", path, told=False)["members"]}

    def _compare(self, members: Members, counted: Members | None) -> None:
        if counted is None:
            self.narrator.say("Nobody has counted these people before, so there is nothing to compare with.")
            return
        differing = [name for name in counted if members.get(name) != counted[name]]
        self.narrator.promise(
            not differing,
            "An independent count of the same record finds the same people, segment by segment, id by id.",
        )

    def _explained(self, person: Resource) -> None:
        self.narrator.say("Why is this person in?")
        explained = self.stage.ask("GET", f"/api/patients/{person['id']}/segments/{OUT_OF_RANGE}/explain")
        self.narrator.promise(
            explained["holds"] and explained["is_member"], "The rule holds, and here is why:"
        )
        for line in _in_lines(explained["why"]):
            self.narrator.quote(line)

    def _runs(self, person: Resource) -> list[dict[str, Any]]:
        path = f"/api/patients/{person['id']}/enrolments"
        runs = self.stage.ask("GET", path, told=False)["enrolments"]
        return [run for run in runs if run["journey_id"] == OUTREACH]


def _counted(data: Path | None, day: date) -> Members | None:
    """Give whom somebody else has found in this folder as of this day, where anybody has looked."""
    expected = data.parent / "expected" if data else Path()
    if data is None or not (expected / f"{data.name}.counts.json").exists():
        return None
    as_of = json.loads((expected / f"{data.name}.counts.json").read_text())["as_of"]
    if datetime.fromisoformat(as_of).date() != day:
        return None
    ids = json.loads((expected / f"{data.name}.ids.json").read_text())
    return {ours: set(ids[theirs]) for ours, theirs in COUNTED_AS.items()}


def _in_lines(why: Mapping[str, Any], depth: int = 0) -> list[str]:
    """Lay the explanation out as it is built: a rule, and below it those that it rests on."""
    records = f" ({', '.join(why['records'])})" if why["records"] else ""
    line = f"{'  ' * depth}{'yes' if why['holds'] else 'no'}: {why['text']}{records}"
    return [line, *(each for part in why["parts"] for each in _in_lines(part, depth + 1))]
