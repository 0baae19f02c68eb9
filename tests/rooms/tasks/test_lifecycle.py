"""Whatever people do in whatever order, a task stands as the table allows, and so does its FHIR spelling."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import pytest
from fhir.resources.R4B.task import Task as FhirTask
from hypothesis import given, settings
from hypothesis import strategies as some

from shared.access.model import Caller
from shared.adapters.codec import to_plain
from shared.kernel.refusals import Refusal
from shared.tasks.documents import kept
from shared.tasks.lifecycle import NEXT, TaskAct, moved
from shared.tasks.model import OPEN, Task, TaskIsOver, TaskStandsOtherwise, TaskStatus
from tests.rooms.tasks.builders import IDA, KAI, LEA, OTTO, ROY, Desk, a_desk

STATUSES: tuple[TaskStatus, ...] = get_args(TaskStatus)
ACTS: tuple[TaskAct, ...] = get_args(TaskAct)
PEOPLE = (IDA, KAI, LEA, OTTO, ROY)
DONE = some.tuples(
    some.sampled_from(PEOPLE),
    some.sampled_from(["take", "give", "back", "start", "note", "complete", "cancel", "reject"]),
)
BY_ACT = {"take": "me", "give": KAI.who, "back": "nobody"}


def do(desk: Desk, caller: Caller, what: str) -> bool:
    """Try it; say whether it was allowed."""
    try:
        if what in BY_ACT:
            desk.assign(caller, to=BY_ACT[what])
        else:
            getattr(desk, what)(caller)
    except Refusal:
        return False
    return True


def well_formed(task: Task) -> None:
    """Hold a task to what is true of every one."""
    assert (task.outcome is not None) == (task.status == "completed")
    assert (task.why_not is not None) == (task.status in {"cancelled", "rejected"})
    assert task.owner is not None or task.status not in {"accepted", "in-progress", "completed"}


class TestTheTable:
    @pytest.mark.parametrize("status", STATUSES)
    @pytest.mark.parametrize("act", ACTS)
    def test_decides_every_case(self, desk: Desk, status: TaskStatus, act: TaskAct) -> None:
        desk.has()
        task = desk.task()
        object.__setattr__(task, "status", status)

        if (status, act) in NEXT:
            assert moved(task, act, desk.now).status == NEXT[(status, act)]
        else:
            with pytest.raises(TaskStandsOtherwise if status in OPEN else TaskIsOver):
                moved(task, act, desk.now)

    def test_leads_out_of_nothing_that_is_over(self) -> None:
        assert {status for status, _ in NEXT} == set(OPEN)

    def test_leads_everywhere(self) -> None:
        assert set(NEXT.values()) == set(STATUSES)


class TestATasksLife:
    @settings(max_examples=40)
    @given(some.lists(DONE, max_size=12), some.sampled_from(["front-desk", None]))
    def test_goes_only_where_the_table_leads(self, done: list[tuple[Caller, str]], team: str | None) -> None:
        with TemporaryDirectory() as folder, a_desk(Path(folder)) as desk:
            desk.has(team=team)
            audited = 0
            for caller, what in done:
                before = desk.task()
                was_allowed = do(desk, caller, what)
                after = desk.task()

                well_formed(after)
                assert before.status == after.status or (before.status, after.status) in STEPS
                assert before == after or was_allowed
                assert before == after or before.is_open or what == "note"
                audited += before != after
                assert len(desk.told("RecordAudit")) == audited
                FhirTask.model_validate(to_plain(desk.read(LEA).resource.value))

    def test_ends_for_whoever_it_is(self, desk: Desk) -> None:
        desk.has()
        desk.assign(IDA)
        desk.complete(IDA)

        for caller in PEOPLE:
            for what in ("take", "give", "back", "start", "complete", "cancel", "reject"):
                assert not do(desk, caller, what)

        assert kept(desk.task()).place == f"completed~of~{IDA.who}"


STEPS = {(status, after) for (status, _), after in NEXT.items()}


class TestTheFhirTask:
    def test_says_all_that_is_known(self, desk: Desk) -> None:
        desk.has(due_at=desk.now)
        desk.assign(IDA)
        desk.note(IDA)
        desk.complete(IDA)

        spelt: dict[str, Any] = desk.read(LEA).resource.value
        read = FhirTask.model_validate(spelt)

        assert (spelt["status"], spelt["intent"], spelt["priority"]) == ("completed", "order", "routine")
        assert spelt["for"] == {"reference": "Patient/ada"}
        assert spelt["focus"]["identifier"]["value"] == "c-1"
        assert spelt["owner"]["identifier"]["value"] == IDA.who
        assert spelt["restriction"]["period"]["end"] == "2026-03-29T00:59:00+00:00"
        assert [note["text"] for note in spelt["note"]] == ["Nobody answered."]
        assert spelt["output"][0]["valueString"] == "She is content."
        assert read.get_resource_type() == "Task"

    def test_says_why_nothing_came_of_it(self, desk: Desk) -> None:
        desk.has(focus="Appointment/a-1", patient_id=None)
        desk.cancel(LEA)

        spelt = desk.read(LEA).resource.value

        FhirTask.model_validate(spelt)
        assert spelt["focus"] == {"reference": "Appointment/a-1"}
        assert spelt["statusReason"] == {"text": "She rang herself."}
        assert "for" not in spelt
        assert "owner" not in spelt

    def test_is_without_an_id_where_ours_is_none_of_fhirs(self, desk: Desk) -> None:
        desk.has("enrolment~step~1")

        spelt = desk.read(IDA, "enrolment~step~1").resource.value

        FhirTask.model_validate(spelt)
        assert "id" not in spelt
        assert spelt["identifier"][0]["value"] == "enrolment~step~1"
