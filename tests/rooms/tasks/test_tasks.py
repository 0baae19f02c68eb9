"""Who may do what with a task, and what becomes of it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.access.model import Caller
from shared.kernel.refusals import LostRace, Nonsense
from shared.kernel.sensitive import Sensitive
from shared.tasks.add_task import NewTask
from shared.tasks.model import (
    NoSuchTask,
    NotedOtherwise,
    OnlySupervisorsMayGive,
    SomebodyElseHasIt,
    TaskAskedOtherwise,
    TaskChangedMeanwhile,
    TaskIsOver,
    TaskOutOfReach,
    TaskStandsOtherwise,
    TooManyNotes,
)
from tests.rooms.tasks.builders import IDA, KAI, LEA, MAX, OTTO, ROY, Desk

NEW = NewTask(Sensitive("Send the form."))


class TestATaskThatTheHouseAsksFor:
    def test_stands_on_its_teams_list(self, desk: Desk) -> None:
        desk.has()

        task = desk.task()
        assert (task.status, task.owner, task.team, task.code) == (
            "requested",
            None,
            "front-desk",
            "call-back",
        )
        assert (task.authored_on, task.requester, task.because) == (desk.now, None, "conversation~c-1")

    def test_is_made_once_and_left_alone_afterwards(self, desk: Desk) -> None:
        desk.has()
        desk.assign(IDA)
        desk.complete(IDA)

        for _ in range(3):
            desk.goes_on_for(minutes=1)
            desk.has()

        assert desk.task().status == "completed"

    def test_is_made_once_at_once(self, desk: Desk) -> None:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(desk.has, ["t-1"] * 4))

        assert desk.lists(IDA) == ["t-1"]


class TestNewsOfATask:
    def test_is_told_once_for_each_time_that_it_changes(self, desk: Desk) -> None:
        desk.has()
        desk.has()
        desk.assign(IDA)
        desk.assign(IDA)
        desk.note(IDA)
        desk.complete(IDA)
        made = desk.add(IDA, patient_id=None)

        told = [(one["task_id"], one["patient_id"]) for one in desk.told("TaskChanged")]

        assert told == [("t-1", "ada")] * 4 + [(made.id, None)]


class TestTaking:
    def test_makes_it_ones_own(self, desk: Desk) -> None:
        desk.has()

        taken = desk.assign(IDA)

        assert (taken.status, taken.owner) == ("accepted", IDA.who)
        assert [(one["what"], one["who"], one["patient_id"]) for one in desk.told("RecordAudit")] == [
            ("assign_task", IDA.who, "ada")
        ]

    def test_twice_changes_nothing(self, desk: Desk) -> None:
        desk.has()

        assert desk.assign(IDA).etag == desk.assign(IDA).etag

    def test_is_refused_once_somebody_else_has_it(self, desk: Desk) -> None:
        desk.has(team=None)
        desk.assign(IDA)

        for quick in (KAI, ROY, OTTO):
            with pytest.raises(SomebodyElseHasIt):
                desk.assign(quick)

        assert desk.task().owner == IDA.who

    def test_at_once_lets_one_have_it(self, desk: Desk) -> None:
        desk.has()
        told: list[str] = []

        def take(caller: Caller) -> None:
            try:
                desk.assign(caller)
            except (LostRace, SomebodyElseHasIt):
                told.append("no")

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(take, [IDA, KAI]))

        assert len(told) == 1
        assert desk.task().owner in {IDA.who, KAI.who}

    def test_rests_on_what_was_seen(self, desk: Desk) -> None:
        desk.has()
        seen = desk.read(IDA)
        desk.note(KAI)

        with pytest.raises(TaskChangedMeanwhile):
            desk.assign(IDA, if_match=seen.etag)

        assert desk.task().owner is None

    def test_from_another_teams_list_is_refused(self, desk: Desk) -> None:
        desk.has()

        with pytest.raises(TaskOutOfReach):
            desk.assign(ROY)


class TestGiving:
    def test_is_for_supervisors(self, desk: Desk) -> None:
        desk.has()

        with pytest.raises(OnlySupervisorsMayGive):
            desk.assign(IDA, to=KAI.who)
        given = desk.assign(LEA, to=KAI.who)

        assert (given.status, given.owner) == ("requested", KAI.who)
        assert desk.assign(KAI).status == "accepted"

    def test_moves_what_is_stuck_with_somebody_who_is_away(self, desk: Desk) -> None:
        desk.has(team=None)
        desk.assign(IDA)
        desk.start(IDA)

        assert desk.assign(LEA, to=KAI.who).owner == KAI.who

    def test_is_not_for_another_teams_supervisor(self, desk: Desk) -> None:
        desk.has()
        desk.assign(IDA)

        with pytest.raises(TaskOutOfReach):
            desk.assign(MAX, to=ROY.who)
        with pytest.raises(TaskOutOfReach):
            desk.cancel(MAX)

        assert desk.task().owner == IDA.who

    def test_back_is_for_whoever_has_it(self, desk: Desk) -> None:
        desk.has()
        desk.assign(IDA)

        with pytest.raises(TaskOutOfReach):
            desk.assign(OTTO, to="nobody")

        assert desk.task().owner == IDA.who

    def test_back_puts_it_on_the_list_again(self, desk: Desk) -> None:
        desk.has()
        desk.assign(IDA)

        back = desk.assign(IDA, to="nobody")

        assert (back.status, back.owner) == ("requested", None)
        assert desk.lists(KAI, owner="nobody") == ["t-1"]

    @pytest.mark.parametrize(
        "to", ["", "kai", "https://issuer|kai|x", "a b|c", "|kai", "https://issuer|\x00"]
    )
    def test_to_what_is_no_person_is_nonsense(self, desk: Desk, to: str) -> None:
        desk.has()

        with pytest.raises(Nonsense):
            desk.assign(LEA, to=to)


class TestFinishing:
    def test_keeps_what_came_of_it(self, desk: Desk) -> None:
        desk.has()
        desk.assign(IDA)
        desk.start(IDA)
        desk.note(IDA)

        done = desk.complete(IDA, "  She is content.\r\nNothing more. ")

        task = desk.task()
        assert done.status == "completed"
        assert task.outcome is not None
        assert task.outcome.value == "She is content.\nNothing more."
        assert [(note.by, note.text.value) for note in task.notes] == [(IDA.who, "Nobody answered.")]

    def test_needs_somebody_who_has_it(self, desk: Desk) -> None:
        desk.has()

        with pytest.raises(TaskOutOfReach):
            desk.complete(IDA)
        with pytest.raises(TaskStandsOtherwise):
            desk.complete(LEA)

    @pytest.mark.parametrize("outcome", ["", " \n", "x" * 4001, "ab\x00c", "\x1b[2J"])
    def test_needs_words(self, desk: Desk, outcome: str) -> None:
        desk.has()
        desk.assign(IDA)

        with pytest.raises(Nonsense):
            desk.complete(IDA, outcome)

    def test_is_for_good(self, desk: Desk) -> None:
        desk.has()
        desk.assign(IDA)
        desk.complete(IDA)

        for act in (desk.complete, desk.cancel, desk.start, desk.assign):
            with pytest.raises(TaskIsOver):
                act(IDA if act != desk.cancel else LEA)

    def test_otherwise_is_for_supervisors_and_for_who_asked(self, desk: Desk) -> None:
        desk.has()
        made = desk.add(IDA)

        with pytest.raises(TaskOutOfReach):
            desk.cancel(IDA)

        assert desk.cancel(LEA).status == "cancelled"
        assert desk.cancel(IDA, task_id=made.id).status == "cancelled"
        assert [one["why"] for one in desk.told("RecordAudit")] == [None, *["She rang herself."] * 2]

    def test_by_refusing_is_for_whom_it_was_given_to(self, desk: Desk) -> None:
        desk.has()
        desk.assign(LEA, to=KAI.who)

        with pytest.raises(SomebodyElseHasIt):
            desk.reject(IDA)

        assert desk.reject(KAI).status == "rejected"

    def test_takes_the_same_note_once_also_where_it_has_changed_the_task(self, desk: Desk) -> None:
        desk.has()
        seen = desk.read(IDA).etag
        first = desk.note(IDA, named="n-1", if_match=seen)

        again = desk.note(IDA, named="n-1", if_match=seen)

        assert again.etag == first.etag
        assert [note.text.value for note in desk.task().notes] == ["Nobody answered."]

    def test_takes_no_other_words_under_the_name_of_a_note(self, desk: Desk) -> None:
        desk.has()
        desk.note(IDA, named="n-1")

        with pytest.raises(NotedOtherwise):
            desk.note(IDA, "She rang back.", named="n-1")
        with pytest.raises(TaskChangedMeanwhile):
            desk.note(IDA, named="n-2", if_match="long gone")

        assert len(desk.task().notes) == 1

    def test_holds_so_many_notes_and_no_more(self, desk: Desk) -> None:
        desk.has()
        for _ in range(100):
            desk.note(IDA)

        with pytest.raises(TooManyNotes):
            desk.note(IDA)


class TestAdding:
    def test_puts_it_on_ones_own_list(self, desk: Desk) -> None:
        made = desk.add(IDA, to="me", patient_id="ada", focus="Appointment/a-1", priority="urgent")

        assert (made.status, made.owner, made.priority) == ("accepted", IDA.who, "urgent")
        assert desk.lists(IDA, owner="me") == [made.id]
        assert desk.told("RecordAudit")[0]["patient_id"] == "ada"

    def test_something_else_under_one_id_is_refused(self, desk: Desk) -> None:
        desk.add_task(NEW, task_id="same", caller=IDA, now=desk.now)
        desk.assign(IDA, task_id="same")

        with pytest.raises(TaskAskedOtherwise):
            desk.add_task(NewTask(Sensitive("Ring Bob.")), task_id="same", caller=IDA, now=desk.now)

        again = desk.add_task(NEW, task_id="same", caller=IDA, now=desk.now)
        assert (again.owner, again.status) == (IDA.who, "accepted")

    def test_twice_under_one_id_is_adding_once(self, desk: Desk) -> None:
        first = desk.add_task(NEW, task_id="same", caller=IDA, now=desk.now)
        second = desk.add_task(NEW, task_id="same", caller=IDA, now=desk.now)

        assert first == second
        assert len(desk.told("RecordAudit")) == 1

    @pytest.mark.parametrize(
        ("what", "field"),
        [
            ({"patient_id": "../ada"}, "patient_id"),
            ({"focus": "javascript:alert(1)"}, "focus"),
            ({"team": "a/b"}, "team"),
            ({"to": "kai"}, "to"),
            ({"description": " "}, "description"),
        ],
    )
    def test_refuses_what_cannot_be(self, desk: Desk, what: dict[str, str], field: str) -> None:
        with pytest.raises(Nonsense) as refused:
            desk.add(IDA, **what)

        assert refused.value.fields[0][0] == field

    def test_wants_to_know_the_zone_of_an_end(self, desk: Desk) -> None:
        with pytest.raises(Nonsense):
            desk.add(IDA, due_at=desk.now.replace(tzinfo=None))

    @pytest.mark.parametrize("year", [1, 1999, 2201, 9999])
    def test_refuses_an_end_that_nobody_will_see(self, desk: Desk, year: int) -> None:
        with pytest.raises(Nonsense):
            desk.add(IDA, due_at=desk.now.replace(year=year, day=1))


class TestReading:
    def test_is_for_whom_it_concerns(self, desk: Desk) -> None:
        desk.has()
        desk.assign(IDA)

        for caller in (IDA, LEA, OTTO):
            assert desk.read(caller).id == "t-1"
        with pytest.raises(SomebodyElseHasIt):
            desk.read(KAI)
        with pytest.raises(TaskOutOfReach):
            desk.read(ROY)
        with pytest.raises(NoSuchTask):
            desk.read(IDA, "t-2")

    def test_prints_no_words_by_accident(self, desk: Desk) -> None:
        desk.has()

        assert "O'Neill" not in repr(desk.read(IDA))
        assert "O'Neill" not in repr(desk.task())
