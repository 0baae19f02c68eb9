"""Sessions by the batch keep what sessions one by one promise (kernel/queues.py)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.adapters.sqlite import SqliteFile
from shared.adapters.sqlite_queues import SqliteQueues
from shared.adapters.sqlite_session_batches import SettledSession, SqliteSessionBatches
from shared.kernel.clock import StoppedClock
from shared.kernel.identity import RandomIds
from shared.kernel.queues import OutgoingMessage

QUEUE = "journey-steps"
LOCKED_FOR = timedelta(seconds=30)
Delivered = list[tuple[str, int]]


class Stage:
    """One queue in sessions, and both ways to it."""

    def __init__(self, folder: Path) -> None:
        self.clock = StoppedClock(datetime(2026, 3, 29, 0, 59, tzinfo=UTC))
        self.file = SqliteFile(folder / "store.db")
        self.queues = SqliteQueues(self.file, clock=self.clock, session_queues=frozenset({QUEUE}))
        self.batches = SqliteSessionBatches(self.file, clock=self.clock, ids=RandomIds())

    def send(self, *names: str) -> None:
        """Send messages named by session and number, such as `a1`."""
        self.queues.send(QUEUE, [OutgoingMessage(name, b"{}", session=name[0]) for name in names])

    def take(self, *, limit: int = 10, messages: int = 10) -> list[tuple[SettledSession, Delivered]]:
        """Take sessions; for each, give the settlement by which all is done, and what was delivered."""
        taken = self.batches.take(QUEUE, limit=limit, messages=messages, lock_for=LOCKED_FOR)
        return [
            (SettledSession(one.lease, one.messages), [(m.id, m.delivery_count) for m in one.messages])
            for one in taken
        ]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


class TestTakingSessions:
    def test_gives_each_with_its_messages_in_order_and_the_longest_waiting_first(self, stage: Stage) -> None:
        stage.send("b1", "a1", "b2", "a2", "a3")

        delivered = [messages for _, messages in stage.take(messages=2)]

        assert delivered == [[("b1", 1), ("b2", 1)], [("a1", 1), ("a2", 1)]]

    def test_gives_nobody_else_what_is_held(self, stage: Stage) -> None:
        stage.send("a1", "b1")
        stage.take(limit=1)

        assert [messages for _, messages in stage.take()] == [[("b1", 1)]]
        assert stage.queues.accept_session(QUEUE, lock_for=LOCKED_FOR) is None

    def test_gives_again_and_counts_what_lapsed(self, stage: Stage) -> None:
        stage.send("a1")
        stage.take()
        stage.clock.pass_by(LOCKED_FOR)

        assert [messages for _, messages in stage.take()] == [[("a1", 2)]]


class TestSettlingSessions:
    def test_completes_and_lets_go(self, stage: Stage) -> None:
        stage.send("a1", "a2")
        ((settled, _),) = stage.take(messages=1)

        lapsed = stage.batches.settle([settled])

        assert lapsed == 0
        assert [messages for _, messages in stage.take()] == [[("a2", 1)]]

    def test_begins_again_at_what_failed_and_counts_only_that(self, stage: Stage) -> None:
        stage.send("a1", "a2", "a3")
        ((all_done, _),) = stage.take()

        stage.batches.settle([SettledSession(all_done.lease, all_done.done[:1], all_done.done[1])])

        assert [messages for _, messages in stage.take()] == [[("a2", 2), ("a3", 1)]]

    def test_leaves_alone_what_another_holds_by_now(self, stage: Stage) -> None:
        stage.send("a1")
        ((late, _),) = stage.take()
        stage.clock.pass_by(LOCKED_FOR)
        ((holder, _),) = stage.take()

        assert stage.batches.settle([late]) == 1
        assert stage.batches.settle([holder]) == 0


class TestSettlingManyAtOnce:
    def test_completes_each_and_keeps_what_lies_behind(self, stage: Stage) -> None:
        stage.send("a1", "b1", "c1", "a2", "c2", "c3")
        settled = [one for one, _ in stage.take(messages=1)]
        stage.send("b2")

        assert stage.batches.settle(settled) == 0

        assert [messages for _, messages in stage.take()] == [
            [("a2", 1)],
            [("c2", 1), ("c3", 1)],
            [("b2", 1)],
        ]

    def test_leaves_no_empty_session_behind(self, stage: Stage) -> None:
        stage.send("a1", "b1", "b2")

        stage.batches.settle([one for one, _ in stage.take()])

        assert stage.take() == []
        assert stage.file.read(lambda c: c.execute("SELECT count(*) FROM sessions").fetchone()) == (0,)

    def test_gives_back_what_was_not_begun_uncounted(self, stage: Stage) -> None:
        stage.send("a1", "a2", "a3", "b1")
        (a, _), (b, _) = stage.take()

        stage.batches.settle([SettledSession(a.lease, a.done[:1]), SettledSession(b.lease, ())])

        assert [messages for _, messages in stage.take()] == [[("a2", 1), ("a3", 1)], [("b1", 1)]]

    def test_tells_apart_what_went_well_what_failed_and_what_had_lapsed(self, stage: Stage) -> None:
        stage.send("a1", "a2")
        ((lapsed, _),) = stage.take()
        stage.clock.pass_by(LOCKED_FOR)
        stage.send("b1", "c1", "c2")
        (again, _), (well, _), (ill, _) = stage.take()

        failed = SettledSession(ill.lease, (), ill.done[0])
        missing = stage.batches.settle([lapsed, well, failed])

        assert missing == 2
        assert [messages for _, messages in stage.take()] == [[("c1", 2), ("c2", 1)]]
        assert stage.batches.settle([again]) == 0, "who holds it by now is not disturbed"

    def test_counts_a_message_that_somebody_else_has_set_aside(self, stage: Stage) -> None:
        stage.send("a1", "a2", "b1")
        (a, _), (b, _) = stage.take()
        stage.queues.dead_letter(a.done[0], reason="Nonsense")

        assert stage.batches.settle([a, b]) == 1
        assert stage.take() == []

    def test_works_with_names_of_any_letters(self, stage: Stage) -> None:
        for name in ('"', "\\", "å", "'", "["):
            stage.send(f"{name}1")

        assert stage.batches.settle([one for one, _ in stage.take()]) == 0
        assert stage.take() == []


class TestForgettingLocks:
    def test_makes_all_due_again_in_order_and_uncounted(self, stage: Stage) -> None:
        stage.send("a1", "a2", "b1")
        stage.queues.send("deliveries", [OutgoingMessage("plain", b"{}")])
        stage.take()
        stage.queues.receive("deliveries", limit=1, lock_for=LOCKED_FOR)

        stage.queues.forget_locks()

        assert [messages for _, messages in stage.take()] == [[("a1", 1), ("a2", 1)], [("b1", 1)]]
        (plain,) = stage.queues.receive("deliveries", limit=1, lock_for=LOCKED_FOR)
        assert plain.delivery_count == 1
