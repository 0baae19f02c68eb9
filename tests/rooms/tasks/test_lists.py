"""What is to be done, the soonest due first."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from shared.access.model import Caller, Role
from shared.kernel.documents import Commit, Create
from shared.kernel.refusals import Nonsense
from shared.tasks.create_task import requested_task
from shared.tasks.documents import CURRENT, kept, task_partition
from shared.tasks.list_tasks import WhichTasks, place_in_line
from tests.rooms.tasks.builders import IDA, KAI, LEA, OTTO, ROY, Desk, asked

NOBODYS = Caller("new", "https://issuer", frozenset({Role.OMNICHANNEL_AGENT}))


class TestAList:
    def test_shows_what_is_due_soonest_first_and_what_has_no_end_last(self, desk: Desk) -> None:
        desk.has("whenever")
        desk.has("tomorrow", due_at=desk.now + timedelta(days=1))
        desk.has("late", due_at=desk.now - timedelta(minutes=1))
        desk.has("soon", due_at=datetime.fromisoformat("2026-03-29T04:00:00+02:00"))

        found = desk.list_tasks(WhichTasks(), caller=IDA, now=desk.now)

        assert [task.id for task in found.tasks] == ["late", "soon", "tomorrow", "whenever"]
        assert [task.is_overdue for task in found.tasks] == [True, False, False, False]

    def test_tells_mine_from_nobodys(self, desk: Desk) -> None:
        for number in range(4):
            desk.has(f"t-{number}", team=None if number == 3 else "front-desk")
        desk.assign(IDA, task_id="t-0")
        desk.assign(KAI, task_id="t-1")

        assert desk.lists(IDA, owner="me") == ["t-0"]
        assert desk.lists(IDA, owner="nobody") == desk.lists(OTTO, owner="nobody") == ["t-2", "t-3"]
        assert desk.lists(IDA) == ["t-0", "t-2", "t-3"]
        assert desk.lists(LEA) == desk.lists(OTTO) == ["t-0", "t-1", "t-2", "t-3"]
        assert desk.lists(ROY, owner="nobody") == desk.lists(NOBODYS) == ["t-3"]

    def test_shows_what_is_over_only_when_asked(self, desk: Desk) -> None:
        desk.has()
        desk.assign(IDA)
        desk.complete(IDA)

        assert desk.lists(IDA) == desk.lists(IDA, owner="me") == desk.lists(IDA, patient="ada") == []
        assert desk.lists(IDA, owner="me", state="completed") == ["t-1"]
        assert desk.lists(IDA, patient="ada", state="completed") == ["t-1"]

    def test_about_one_patient_shows_nobody_elses_and_nothing_out_of_reach(self, desk: Desk) -> None:
        desk.has("hers")
        desk.has("his", patient_id="bo")
        desk.has("not-yours", team="billing")
        desk.has("nobodys", patient_id=None)

        assert desk.lists(IDA, patient="ada") == ["hers"]
        assert desk.lists(OTTO, patient="ada") == ["hers", "not-yours"]

    def test_never_shows_what_people_wrote(self, desk: Desk) -> None:
        desk.has()

        found = desk.list_tasks(WhichTasks(), caller=IDA, now=desk.now)

        assert not hasattr(found.tasks[0], "resource")
        assert not hasattr(found.tasks[0], "description")

    def test_comes_a_page_at_a_time(self, desk: Desk) -> None:
        for number in range(7):
            due = desk.now + timedelta(hours=number // 2) if number < 5 else None
            desk.has(f"t-{number}", due_at=due)

        pages: list[list[str]] = []
        after: str | None = None
        while not pages or after is not None:
            found = desk.list_tasks(WhichTasks(limit=3, after=after), caller=OTTO, now=desk.now)
            pages.append([task.id for task in found.tasks])
            after = found.next

        assert pages == [["t-0", "t-1", "t-2"], ["t-3", "t-4", "t-5"], ["t-6"]]

    def test_says_when_there_are_too_many_to_put_in_order(self, desk: Desk) -> None:
        tasks = [requested_task(asked(f"t-{number:04}"), desk.now) for number in range(1001)]
        commits = [Commit(task_partition(task.id), [Create(CURRENT, kept(task))]) for task in tasks]
        desk.house.documents.commit_many(commits[:1000])
        before = desk.list_tasks(WhichTasks(limit=1), caller=OTTO, now=desk.now)

        desk.house.documents.commit_many(commits[1000:])

        assert not before.is_cut
        assert desk.list_tasks(WhichTasks(limit=1), caller=OTTO, now=desk.now).is_cut


class TestTheOrder:
    @given(
        some.lists(
            some.tuples(
                some.none()
                | some.datetimes(
                    datetime(2026, 3, 28, 12),  # noqa: DTZ001  # the zone is drawn
                    datetime(2026, 3, 30, 12),  # noqa: DTZ001  # as above
                    timezones=some.timezones(),
                    allow_imaginary=False,
                ),
                some.integers(0, 9),
            )
        )
    )
    def test_is_that_of_the_instants_whatever_their_zones(
        self, tasks: list[tuple[datetime | None, int]]
    ) -> None:
        now = datetime.fromisoformat("2026-03-29T01:00:00+00:00")
        made = [requested_task(asked(f"t-{number}", due_at=due), now) for due, number in tasks]

        by_place = sorted(made, key=place_in_line)

        last = datetime.max.replace(tzinfo=now.tzinfo)
        assert [(t.due_at or last, t.id) for t in by_place] == sorted((t.due_at or last, t.id) for t in made)


class TestAPage:
    @pytest.mark.parametrize(
        "after", ["x", "", "~", "9999~", "yesterday~t-1", "2026-03-29~t-1", "2026-03-29T04:00:00+02:00~t-1"]
    )
    def test_that_begins_nowhere_is_refused(self, desk: Desk, after: str) -> None:
        desk.has()

        with pytest.raises(Nonsense) as refused:
            desk.list_tasks(WhichTasks(after=after), caller=IDA, now=desk.now)

        assert refused.value.fields == (("after", "is not where a page ended"),)

    @pytest.mark.parametrize("due_in", [None, timedelta(days=1), timedelta(microseconds=1)])
    def test_goes_on_where_one_ended(self, desk: Desk, due_in: timedelta | None) -> None:
        for named in ("t-1", "t-2"):
            desk.has(named, due_at=desk.now + due_in if due_in else None)

        first = desk.list_tasks(WhichTasks(limit=1), caller=IDA, now=desk.now)
        second = desk.list_tasks(WhichTasks(limit=1, after=first.next), caller=IDA, now=desk.now)

        assert [task.id for task in (*first.tasks, *second.tasks)] == ["t-1", "t-2"]
