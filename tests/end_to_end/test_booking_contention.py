"""Fifty contenders, twenty slots of one practitioner in two schedules, and a house that is killed (D11)."""

from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest

from local.own_host import OwnHost, own_host
from tests.support import booking_contention as contention

NAIVE_DAY = contention.MORNING + contention.timedelta(days=8)
DAY = contention.MORNING + contention.timedelta(days=3)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try as many seeds as were asked for: `make kill-test SEEDS=20`."""
    seeds = int(metafunc.config.getoption("seeds") or 1)
    metafunc.parametrize("seed", range(1, seeds + 1))


@pytest.fixture
def host(tmp_path: Path, on: tuple[str, ...]) -> Generator[OwnHost]:
    with own_host(tmp_path / "data", options=(*contention.OPTIONS, *on)) as host:
        host.travel_to(contention.MORNING)
        contention.write(host, contention.practice(contention.people(50)))
        contention.remind_of_appointments(host)
        host.travel_to(host.now() + contention.timedelta(seconds=5))  # by then everybody knows of the journey
        yield host


class TestContention:
    def test_leaves_no_overlap_no_lost_slot_and_nobody_without_answer_or_reminder(
        self, host: OwnHost, seed: int
    ) -> None:
        contention.write(host, contention.slots_on(DAY, "day"))
        crowd = contention.Contention(host, seed)

        crowd.run([slot["id"] for slot in contention.slots_on(DAY, "day")])

        host.travel_to(host.now() + contention.timedelta(minutes=10))
        host.until_idle()
        booked = contention.booked_appointments(host)
        slots = contention.slots_named(host, "day")
        taken = [slot for slot in slots if slot["status"] == "busy"]
        left = [slot for slot in slots if slot["status"] == "free"]
        assert sum(one.cut_off for one in crowd.contenders) > 0, (
            "nobody was cut off: it was not killed at work"
        )
        assert contention.overlapping(booked) == []
        assert contention.slots_filled(booked) == sorted(slot["id"] for slot in taken)
        assert [slot for slot in left if not any(contention.overlap(slot, one) for one in booked)] == []
        assert Counter(one.appointment for one in crowd.winners) == Counter(one["id"] for one in booked)
        assert contention.patients_in(booked) == sorted(one.name for one in crowd.winners)
        assert len(crowd.losers) == 50 - len(booked)
        assert all(one.refusals for one in crowd.losers)
        assert {why for one in crowd.contenders for why in one.refusals} <= contention.CLEAR_REFUSALS
        host.travel_to(DAY - contention.timedelta(hours=20))
        host.until_idle()
        everybody = [one.name for one in crowd.contenders]
        patients = contention.patients_in(booked)
        for told in (contention.CONFIRMATION, contention.REMINDER):
            assert contention.told_of(host, told, everybody, awaited=patients) == patients
        assert contention.overlapping(naively_booked(host, seed)) != [], "the check cannot fail"
        host.stop()
        kept = contention.remembered(host, everybody)
        assert [name for name, what in kept.items() if what.unsettled] == []
        assert Counter(one for what in kept.values() for one in what.booked) == Counter(
            one["id"] for one in booked
        )
        assert {change for what in kept.values() for change in what.changes} == {1}


def naively_booked(host: OwnHost, seed: int) -> list[contention.Resource]:
    """Let the same people book another day's slots without guards, and give what came of it."""
    slots = contention.slots_on(NAIVE_DAY, "naive")
    contention.write(host, slots)
    contention.book_naively(host, contention.people(50), slots, seed)
    return [one for one in contention.booked_appointments(host) if one["id"].startswith("naive-")]
