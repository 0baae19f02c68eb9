"""What is scheduled does not make the embedded queues slower: counted in SQLite's own steps, not in time."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from shared.kernel.queues import OutgoingMessage
from tests.support.house import House, a_house

PLAIN = "deliveries"
STEPS = "journey-steps"
A_MINUTE = timedelta(minutes=1)
FEW, MANY = 100, 20_000


def receive_and_complete(house: House) -> None:
    house.queues.send(PLAIN, [OutgoingMessage("m", b"{}")])
    house.queues.complete(house.queues.receive(PLAIN, limit=1, lock_for=A_MINUTE))


def work_in_a_session(house: House) -> None:
    house.queues.send(STEPS, [OutgoingMessage("m", b"{}", "astrid")])
    lease = house.queues.accept_session(STEPS, lock_for=A_MINUTE)
    assert lease is not None
    house.queues.complete(house.queues.receive_in_session(lease, limit=1))
    house.queues.release_session(lease)


def steps_of(house: House, work: Callable[[House], None]) -> int:
    """Count the instructions that SQLite's writer runs for the work."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    house.file.write(lambda connection: connection.set_progress_handler(count, 1))
    work(house)
    house.file.write(lambda connection: connection.set_progress_handler(None, 1))
    return steps


def fill(house: House, how_many: int) -> None:
    later = house.clock.now() + timedelta(days=3)
    for queue, session in ((PLAIN, None), (STEPS, "bento")):
        messages = [OutgoingMessage(str(n), b"{}", session, later) for n in range(how_many)]
        house.queues.send(queue, messages)


@pytest.mark.parametrize("work", [receive_and_complete, work_in_a_session])
class TestWorkAtTheHeadOfALongQueue:
    def test_takes_no_more_steps_than_at_the_head_of_a_short_one(
        self, tmp_path: Path, work: Callable[[House], None]
    ) -> None:
        taken: list[int] = []
        for how_many in (FEW, MANY):
            folder = tmp_path / str(how_many)
            folder.mkdir()
            with a_house(folder) as house:
                fill(house, how_many)
                taken.append(steps_of(house, work))

        few, many = taken
        assert 0 < many <= few * 1.1
