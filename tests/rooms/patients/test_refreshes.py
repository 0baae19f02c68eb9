"""Stage by stage, some abreast; what fails takes along what needs it, and nothing else (UN-17)."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.access.model import Caller, Role
from shared.kernel.announcements import Announcement
from shared.kernel.refusals import Conflict, TransientFault
from shared.patients.advance_refresh import AdvanceRefreshRun
from shared.patients.begin_refresh import BeginRefresh
from shared.patients.begin_scheduled_refresh import BeginsScheduledRefresh
from shared.patients.cancel_refresh import CancelRefresh
from shared.patients.end_overdue_stage import EndsOverdueStage
from shared.patients.list_refreshes import ListRefreshes, RefreshShown, WhichRefreshes
from shared.patients.model import AdvanceRefresh, BeginScheduledRefresh, EndOverdueStage
from shared.patients.put_refresh_schedule import PutRefreshSchedule
from shared.patients.queue_due_refresh import QueueDueRefresh
from shared.patients.queue_overdue_stage import QueueOverdueStage
from shared.patients.refresh_schedule import ScheduleWanted, due_after, schedule_of
from shared.patients.refreshes import SILENT_FOR, STAGES, RefreshUnderWay, StageName, StageStep
from tests.support.house import House, a_house

OLGA = Caller("olga", "https://issuer", frozenset({Role.OPERATOR}))
THROUGH = StageStep(1, None, is_through=True)
Answer = StageStep | Exception


@dataclass
class Scripted:
    """A stage that does what it was told, in turn, and at last is through; it remembers from which mark."""

    answers: list[Answer] = field(default_factory=list[Answer])
    marks: list[str | None] = field(default_factory=list[str | None])

    def __call__(self, after: str | None, *, refresh_id: str, now: datetime) -> StageStep:  # noqa: ARG002  # a stage's own words
        self.marks.append(after)
        answer = self.answers.pop(0) if self.answers else THROUGH
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class Bugged(Scripted):
    """A stage that has a bug, until it is mended."""

    is_mended: bool = False

    def __call__(self, after: str | None, *, refresh_id: str, now: datetime) -> StageStep:
        if not self.is_mended:
            self.marks.append(after)
            msg = "a bug"
            raise ZeroDivisionError(msg)
        return super().__call__(after, refresh_id=refresh_id, now=now)


class Told:
    """A publisher that remembers."""

    def __init__(self) -> None:
        self.contents: list[object] = []

    def publish(self, announcements: Sequence[Announcement]) -> None:
        self.contents += [one.content for one in announcements]


class Pipeline:
    """A house's refreshes, with stages to script."""

    def __init__(self, house: House) -> None:
        self.house, self.told = house, Told()
        self.stages: dict[StageName, Scripted] = {name: Scripted() for name in STAGES}
        self.dead: list[AdvanceRefresh] = []
        self.begin_scheduled = BeginsScheduledRefresh(house.documents)
        self.queue_due = QueueDueRefresh(house.documents, self.told)

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    def begins(self, made: str = "by-hand") -> str:
        return BeginRefresh(self.house.documents)(made=made, caller=OLGA, now=self.now).id

    def runs(self) -> list[timedelta]:
        """Do all that is announced, when it is due and twice over; give how long it waited each time."""
        waited: list[timedelta] = []
        while told := self.announced():
            for asked, due_at in told:
                if due_at is not None and due_at > self.now:
                    waited.append(due_at - self.now)
                    self.house.clock.pass_by(due_at - self.now)
                for _ in range(2):
                    AdvanceRefreshRun(self.house.documents, self.stages)(asked, now=self.now)
        return waited

    def runs_into_bugs(self) -> int:
        """Do all that is announced, a few times over where it fails, as a queue does; say what is dead."""
        dead = 0
        while told := self.announced():
            for asked, due_at in told:
                if due_at is not None and due_at > self.now:
                    self.house.clock.pass_by(due_at - self.now)
                for tries_left in reversed(range(3)):
                    try:
                        AdvanceRefreshRun(self.house.documents, self.stages)(asked, now=self.now)
                        break
                    except ZeroDivisionError:
                        dead += not tries_left
                        self.dead.append(asked)
        return dead

    def sweeps(self, after: timedelta = SILENT_FOR) -> int:
        """Let the timer tick twice after a while, and what it queued be delivered twice."""
        self.house.clock.pass_by(after)
        QueueOverdueStage(self.house.documents, self.told)(now=self.now)
        queued = QueueOverdueStage(self.house.documents, self.told)(now=self.now)
        for content in self.told.contents:
            assert isinstance(content, EndOverdueStage)
            EndsOverdueStage(self.house.documents)(content, now=self.now)
        self.told.contents.clear()
        return queued

    def announced(self) -> list[tuple[AdvanceRefresh, datetime | None]]:
        changes, mark = self.house.change_feed.read("test", limit=1000)
        self.house.change_feed.advance("test", mark)
        bodies = [one["body"] for one in changes if one["body"].get("type") == "AdvanceRefresh"]
        return [
            (
                AdvanceRefresh(**one["content"]),
                datetime.fromisoformat(one["due_at"]) if one["due_at"] else None,
            )
            for one in bodies
        ]

    def latest(self) -> RefreshShown:
        return ListRefreshes(self.house.documents)(WhichRefreshes()).refreshes[0]

    def statuses(self) -> dict[str, str]:
        return {stage.name: stage.status for stage in self.latest().stages}

    def is_scheduled(self, *times: str, seen: bool = False) -> None:
        wanted, before = ScheduleWanted(is_on=True, times=times), schedule_of(self.house.documents)
        put = PutRefreshSchedule(self.house.documents, "Europe/Stockholm")
        put(wanted, caller=OLGA, now=self.now, if_match=before.etag if before and seen else None)

    def ticks(self) -> int:
        """Let the timer tick twice, and what it queued be delivered twice."""
        self.queue_due(now=self.now)
        queued = self.queue_due(now=self.now)
        for content in self.told.contents:
            assert isinstance(content, BeginScheduledRefresh)
            self.begin_scheduled(content, now=self.now)
            self.begin_scheduled(content, now=self.now)
        self.told.contents.clear()
        return queued


@pytest.fixture
def pipeline(tmp_path: Path) -> Generator[Pipeline]:
    with a_house(tmp_path) as house:
        yield Pipeline(house)


class TestARun:
    def test_does_each_part_once_and_goes_on_from_its_mark(self, pipeline: Pipeline) -> None:
        pipeline.stages["records"].answers[:] = [StageStep(5, "half", is_through=False), THROUGH]
        pipeline.begins()
        pipeline.runs()

        assert set(pipeline.statuses().values()) == {"successful"}
        assert pipeline.stages["records"].marks == [None, "half"]
        assert [len(pipeline.stages[name].marks) for name in STAGES] == [2, 1, 1, 1, 1, 1, 1]
        assert pipeline.latest().stages[0].handled == 6

    def test_has_segments_and_measures_wait_abreast(self, pipeline: Pipeline) -> None:
        waits = StageStep(0, "asked", is_through=False, again_in=timedelta(seconds=15))
        for name in ("segments", "measures"):
            pipeline.stages[name].answers[:] = [waits, waits, THROUGH]
        pipeline.begins()
        waited = pipeline.runs()

        assert waited == [timedelta(seconds=15)] * 2
        seconds = {stage.name: stage.seconds for stage in pipeline.latest().stages}
        assert (seconds["segments"], seconds["measures"], seconds["records"]) == (30.0, 30.0, 0.0)

    @pytest.mark.parametrize(
        ("failing", "skipped"),
        [
            ("records", {"matchings", "projections", "activities", "segments", "measures", "exports"}),
            ("matchings", set[str]()),
            ("projections", {"segments", "measures", "exports"}),
            ("activities", {"measures", "exports"}),
            ("segments", {"exports"}),
            ("measures", {"exports"}),
            ("exports", set[str]()),
        ],
    )
    def test_skips_what_needs_a_stage_that_failed_and_nothing_else(
        self, pipeline: Pipeline, failing: StageName, skipped: set[str]
    ) -> None:
        pipeline.stages[failing].answers[:] = [Conflict()]
        pipeline.begins()
        pipeline.runs()

        found = pipeline.statuses()
        assert {name for name, status in found.items() if status == "failed"} == {failing}
        assert {name for name, status in found.items() if status == "skipped"} == skipped
        assert pipeline.latest().is_over

    def test_tries_a_fault_again_ever_later_while_others_go_on(self, pipeline: Pipeline) -> None:
        pipeline.stages["matchings"].answers[:] = [TransientFault(), TransientFault()]
        pipeline.begins()
        waited = pipeline.runs()

        assert waited == [timedelta(seconds=30), timedelta(seconds=60)]
        assert set(pipeline.statuses().values()) == {"successful"}
        ended = {stage.name: stage.ended_at for stage in pipeline.latest().stages}
        assert ended["measures"] is not None
        assert ended["matchings"] == ended["measures"] + timedelta(seconds=90)

    def test_killed_before_its_commit_does_the_same_part_again(self, pipeline: Pipeline) -> None:
        class Killed(BaseException):
            pass

        stage = pipeline.stages["records"]
        stage.answers[:] = [StageStep(5, "half", is_through=False)]
        run = pipeline.begins()
        killed: dict[StageName, Scripted] = {**pipeline.stages, "records": _dying(Killed())}

        with pytest.raises(Killed):
            AdvanceRefreshRun(pipeline.house.documents, killed)(AdvanceRefresh(run, 0), now=pipeline.now)
        pipeline.runs()

        assert stage.marks == [None, "half"]
        assert set(pipeline.statuses().values()) == {"successful"}

    def test_does_nothing_for_a_word_that_comes_late(self, pipeline: Pipeline) -> None:
        pipeline.stages["records"].answers[:] = [StageStep(5, "half", is_through=False)]
        run = pipeline.begins()
        advance = AdvanceRefreshRun(pipeline.house.documents, pipeline.stages)
        for _ in range(2):
            advance(AdvanceRefresh(run, 0), now=pipeline.now)

        assert pipeline.stages["records"].marks == [None]
        assert pipeline.statuses()["records"] == "running"

    def test_that_is_cancelled_stays_so_and_lets_another_begin(self, pipeline: Pipeline) -> None:
        run = pipeline.begins()
        with pytest.raises(RefreshUnderWay):
            pipeline.begins()
        CancelRefresh(pipeline.house.documents)(refresh_id=run, caller=OLGA, now=pipeline.now)
        pipeline.runs()

        assert set(pipeline.statuses().values()) == {"cancelled"}
        assert pipeline.stages["records"].marks == []
        pipeline.house.clock.pass_by(timedelta(seconds=1))
        pipeline.begins("another")
        pipeline.runs()
        assert set(pipeline.statuses().values()) == {"successful"}


class TestAStageThatGivesNoAnswer:
    """Its part fails by a bug each time it is delivered, and at last lies among the dead letters."""

    def test_is_found_by_itself_and_fails_for_good_while_others_go_on(self, pipeline: Pipeline) -> None:
        pipeline.stages["activities"] = Bugged()
        pipeline.begins()
        for _ in range(6):
            pipeline.runs_into_bugs()
            pipeline.sweeps()

        assert pipeline.statuses() == {
            **dict.fromkeys(STAGES, "successful"),
            "activities": "failed",
            "measures": "skipped",
            "exports": "skipped",
        }
        stage = next(one for one in pipeline.latest().stages if one.name == "activities")
        assert (stage.problem, pipeline.latest().is_over) == ("StageOverdue", True)
        pipeline.begins("another")

    def test_is_tried_by_itself_before_it_is_given_up(self, pipeline: Pipeline) -> None:
        bugged = pipeline.stages["records"] = Bugged()
        pipeline.begins()
        pipeline.runs_into_bugs()
        first = pipeline.sweeps()
        bugged.is_mended = True
        pipeline.runs()

        assert first == 1
        assert set(pipeline.statuses().values()) == {"successful"}

    def test_whose_answer_comes_late_is_not_heard(self, pipeline: Pipeline) -> None:
        bugged = pipeline.stages["records"] = Bugged()
        pipeline.begins()
        for _ in range(2):
            pipeline.runs_into_bugs()
            pipeline.sweeps()
        bugged.is_mended = True
        before = pipeline.statuses()
        for asked in pipeline.dead:  # an operator replays the dead letters
            AdvanceRefreshRun(pipeline.house.documents, pipeline.stages)(asked, now=pipeline.now)

        assert before["records"] == "failed"
        assert pipeline.statuses() == before

    def test_is_not_one_that_waits_or_has_answered_within_half_an_hour(self, pipeline: Pipeline) -> None:
        waits = StageStep(0, "asked", is_through=False, again_in=timedelta(hours=1))
        for name in ("matchings", "segments", "measures"):
            pipeline.stages[name].answers[:] = [waits]
        pipeline.begins()
        early = pipeline.sweeps(SILENT_FOR - timedelta(seconds=1))
        for asked, _ in pipeline.announced():
            AdvanceRefreshRun(pipeline.house.documents, pipeline.stages)(asked, now=pipeline.now)
        answered = pipeline.sweeps(SILENT_FOR - timedelta(seconds=1))

        assert (early, answered) == (0, 0)

    def test_is_none_where_nothing_runs(self, pipeline: Pipeline) -> None:
        before = pipeline.sweeps()
        pipeline.begins()
        pipeline.runs()

        assert (before, pipeline.sweeps(timedelta(days=1))) == (0, 0)


def _dying(of: BaseException) -> Scripted:
    class Dying(Scripted):
        def __call__(self, after: str | None, *, refresh_id: str, now: datetime) -> StageStep:  # noqa: ARG002  # a stage's own words
            raise of

    return Dying()


class TestTheSchedule:
    def test_begins_one_when_it_is_due_and_then_waits_for_the_next(self, pipeline: Pipeline) -> None:
        pipeline.is_scheduled("03:30", "22:00")
        before = pipeline.ticks()
        pipeline.house.clock.pass_by(
            timedelta(minutes=31)
        )  # 03:30 in Stockholm, an hour that was skipped ago
        due, after = pipeline.ticks(), pipeline.ticks()
        pipeline.runs()

        assert (before, due, after) == (0, 1, 0)
        assert len(ListRefreshes(pipeline.house.documents)(WhichRefreshes()).refreshes) == 1
        assert pipeline.latest().asked_by == "house|schedule"
        assert set(pipeline.statuses().values()) == {"successful"}
        schedule = schedule_of(pipeline.house.documents)
        assert schedule is not None
        assert schedule.body.next_at == datetime(2026, 3, 29, 20, tzinfo=UTC)

    def test_skips_its_turn_while_another_is_under_way_and_says_so(self, pipeline: Pipeline) -> None:
        pipeline.is_scheduled("03:30")
        pipeline.begins()
        pipeline.house.clock.pass_by(timedelta(days=3))
        pipeline.ticks()

        assert set(pipeline.statuses().values()) == {"skipped"}
        assert {stage.problem for stage in pipeline.latest().stages} == {"RefreshUnderWay"}
        assert pipeline.ticks() == 0

    def test_set_anew_begins_nothing_that_was_due_before(self, pipeline: Pipeline) -> None:
        pipeline.is_scheduled("03:30")
        pipeline.house.clock.pass_by(timedelta(hours=1))
        pipeline.queue_due(now=pipeline.now)
        pipeline.is_scheduled("22:00", seen=True)
        for content in pipeline.told.contents:
            assert isinstance(content, BeginScheduledRefresh)
            pipeline.begin_scheduled(content, now=pipeline.now)

        assert len(pipeline.told.contents) == 1
        assert ListRefreshes(pipeline.house.documents)(WhichRefreshes()).refreshes == ()

    @pytest.mark.parametrize(
        ("now", "times", "days", "due"),
        [
            # 02:30 is skipped on 29 March in Stockholm, and shown twice on 25 October.
            ("2026-03-29T00:59:00Z", ("02:30",), (), "2026-03-29T01:30:00Z"),
            ("2026-03-29T01:30:00Z", ("02:30",), (), "2026-03-30T00:30:00Z"),
            ("2026-10-24T23:59:00Z", ("02:30",), (), "2026-10-25T00:30:00Z"),
            ("2026-10-25T00:30:00Z", ("02:30",), (), "2026-10-26T01:30:00Z"),
            ("2026-10-25T00:30:00Z", ("02:30",), ("sunday",), "2026-11-01T01:30:00Z"),
            ("2026-03-02T23:30:00Z", ("00:15", "23:45"), (), "2026-03-03T22:45:00Z"),
            ("2026-03-02T12:00:00Z", ("13:00",), ("monday",), "2026-03-09T12:00:00Z"),
        ],
    )
    def test_is_due_by_the_clock_on_the_wall(
        self, now: str, times: tuple[str, ...], days: tuple[str, ...], due: str
    ) -> None:
        wanted = ScheduleWanted(is_on=True, times=times, days=days)  # pyright: ignore[reportArgumentType]  # days by name

        found = due_after(wanted, "Europe/Stockholm", datetime.fromisoformat(now))

        assert found == datetime.fromisoformat(due)

    def test_that_is_off_is_never_due(self) -> None:
        wanted = ScheduleWanted(is_on=False, times=("02:30",))

        assert due_after(wanted, "Europe/Stockholm", datetime(2026, 3, 29, tzinfo=UTC)) is None
