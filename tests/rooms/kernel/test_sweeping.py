from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shared.kernel.announcements import Announcement
from shared.kernel.documents import Create, Documents, Index
from shared.kernel.sweeping import due, queued
from tests.support.house import A_MINUTE_BEFORE_SUMMER_TIME, a_house

NOW = A_MINUTE_BEFORE_SUMMER_TIME
DUE = Index("call", "due_at")
A_PAGE = 100


@dataclass(frozen=True, slots=True)
class Call:
    number: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """A publisher that remembers how much it was given at a time."""

    pages: list[int] = field(default_factory=list[int])

    def publish(self, announcements: Sequence[Announcement]) -> None:
        self.pages.append(len(announcements))


@pytest.fixture
def documents(tmp_path: Path) -> Generator[Documents]:
    with a_house(tmp_path, indexes=(DUE,)) as house:
        yield house.documents


def keep(documents: Documents, *calls: Call) -> None:
    for call in calls:
        documents.commit(f"call/{call.number}", changes=[Create("call", call)])


def minutes_ago(number: int) -> Call:
    return Call(number, NOW - timedelta(minutes=number))


def a_page(size: int) -> list[Announcement]:
    return [Announcement("call", str(number), ("call", 1)) for number in range(size)]


class TestDue:
    def test_gives_the_longest_due_first_and_nothing_that_is_to_come(self, documents: Documents) -> None:
        keep(documents, minutes_ago(1), minutes_ago(-1), minutes_ago(0), minutes_ago(2))

        pages = list(due(documents, DUE, Call, up_to=NOW))

        assert [[found.body.number for found in page] for page in pages] == [[2, 1, 0]]

    def test_goes_on_to_the_last_page(self, documents: Documents) -> None:
        keep(documents, *map(minutes_ago, range(A_PAGE + 1)))

        pages = list(due(documents, DUE, Call, up_to=NOW))

        assert [len(page) for page in pages] == [A_PAGE, 1]


class TestQueued:
    def test_publishes_page_by_page_and_counts(self) -> None:
        told = Told()

        count = queued(told, [a_page(2), a_page(3)])

        assert (count, told.pages) == (5, [2, 3])

    def test_publishes_no_page_of_which_nothing_is_left(self) -> None:
        told = Told()

        count = queued(told, [a_page(0), a_page(1)], most=1)

        assert (count, told.pages) == (1, [1])

    def test_asks_for_no_further_page_once_there_are_enough(self) -> None:
        told = Told()
        pages = iter([a_page(2), a_page(2), a_page(2)])

        count = queued(told, pages, most=3)

        assert (count, told.pages) == (4, [2, 2])
        assert next(pages)

    def test_knows_no_end_where_none_is_set(self) -> None:
        told = Told()

        count = queued(told, [a_page(3000), a_page(3000), a_page(1)], most=None)

        assert count == 6001
