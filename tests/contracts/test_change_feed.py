"""The promises of `shared.kernel.change_feed`, for every adapter."""

from collections.abc import Generator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.kernel.documents import Create, Delete, announcing, deleting, replacing
from shared.kernel.refusals import AlreadyExists
from tests.support.cosmos_house import StoreHouse
from tests.support.house import House, a_house

ASTRID = "patient/astrid"
RELAY = "relay"
JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Enrolment:
    note: str


@dataclass(frozen=True, slots=True)
class EnrolmentMoved:
    enrolment_id: str


@pytest.fixture
def house(store_house: StoreHouse) -> StoreHouse:
    return store_house


def keep(house: StoreHouse, *names: str) -> None:
    for name in names:
        house.documents.commit(ASTRID, changes=[Create(f"enrolment~{name}", Enrolment(name))])


def seen(house: StoreHouse, limit: int = 100, *, reader: str = RELAY) -> list[str]:
    """Read, deal with it, and advance."""
    changes, mark = house.change_feed.read(reader, limit=limit)
    house.change_feed.advance(reader, mark)
    return [change["id"].removeprefix("enrolment~") for change in changes]


class TestReading:
    def test_gives_a_change_as_cosmos_db_would(self, house: StoreHouse) -> None:
        keep(house, "flu")

        (change,), _ = house.change_feed.read(RELAY, limit=10)

        assert {name: change[name] for name in ("id", "partition", "kind", "version", "body")} == {
            "id": "enrolment~flu",
            "partition": ASTRID,
            "kind": "enrolment",
            "version": 1,
            "body": {"note": "flu"},
        }
        assert (type(change["_etag"]), type(change["_ts"])) == (str, int)

    def test_gives_announcements_too(self, house: StoreHouse) -> None:
        new = Create("enrolment~flu", Enrolment("flu"))
        told = announcing(EnrolmentMoved("flu"), of=new, named="flu")
        house.documents.commit(ASTRID, changes=[new], announcements=[told])

        changes, _ = house.change_feed.read(RELAY, limit=10)

        assert [change["kind"] for change in changes] == ["enrolment", "announcement"]
        assert changes[1]["id"] == told.id
        assert changes[1]["body"]["content"] == {"enrolment_id": "flu"}

    def test_gives_the_etag_by_which_an_announcement_is_deleted(self, house: StoreHouse) -> None:
        new = Create("enrolment~flu", Enrolment("flu"))
        house.documents.commit(ASTRID, announcements=[announcing(EnrolmentMoved("flu"), of=new, named="flu")])
        (told,), _ = house.change_feed.read(RELAY, limit=10)

        house.documents.commit(ASTRID, changes=[Delete(told["id"], told["_etag"])])

        assert house.documents.list(ASTRID, "announcement", JsonObject).items == ()
        assert house.change_feed.read(RELAY, limit=10)[0] == []

    def test_gives_the_oldest_change_first(self, house: StoreHouse) -> None:
        keep(house, "b", "a", "c")

        assert seen(house, 2) == ["b", "a"]
        assert seen(house, 2) == ["c"]

    def test_gives_the_latest_state_where_it_was_last_changed(self, house: StoreHouse) -> None:
        keep(house, "a", "b")
        read = house.documents.read(ASTRID, "enrolment~a", Enrolment)
        house.documents.commit(ASTRID, changes=[replacing(read, Enrolment("again"))])

        changes, _ = house.change_feed.read(RELAY, limit=10)

        assert [change["body"]["note"] for change in changes] == ["b", "again"]

    def test_does_not_show_deletions(self, house: StoreHouse) -> None:
        keep(house, "a", "b")
        read = house.documents.read(ASTRID, "enrolment~a", Enrolment)

        house.documents.commit(ASTRID, changes=[deleting(read)])

        assert seen(house) == ["b"]

    def test_gives_nothing_when_nothing_changed(self, house: StoreHouse) -> None:
        keep(house, "a")
        seen(house)

        assert seen(house) == []

        keep(house, "b")
        assert seen(house) == ["b"]


class TestAdvancing:
    def test_gives_again_what_was_not_dealt_with(self, house: StoreHouse) -> None:
        keep(house, "a", "b")

        first, _ = house.change_feed.read(RELAY, limit=1)
        again, _ = house.change_feed.read(RELAY, limit=1)

        assert list(first) == list(again)

    def test_is_each_readers_own(self, house: StoreHouse) -> None:
        keep(house, "a")
        seen(house)

        assert seen(house, reader="projection") == ["a"]

    def test_does_not_miss_what_comes_after_the_last_change_was_deleted(self, house: StoreHouse) -> None:
        new = Create("enrolment~a", Enrolment("a"))
        told = announcing(EnrolmentMoved("a"), of=new, named="a")
        house.documents.commit(ASTRID, announcements=[told])
        seen(house)
        (document,) = house.documents.list(ASTRID, "announcement", JsonObject).items
        house.documents.commit(ASTRID, changes=[deleting(document)])

        keep(house, "b")

        assert seen(house) == ["b"]

    def test_does_not_miss_what_changed_between_reading_and_advancing(self, house: StoreHouse) -> None:
        keep(house, "a")
        _, mark = house.change_feed.read(RELAY, limit=10)
        keep(house, "b")

        house.change_feed.advance(RELAY, mark)

        assert seen(house) == ["b"]

    def test_outlasts_the_host(self, tmp_path: Path) -> None:
        with a_house(tmp_path) as house:
            keep(house, "a")
            seen(house)

        with a_house(tmp_path) as house:
            keep(house, "b")
            assert seen(house) == ["b"]


class TestWakingUp:
    @pytest.fixture
    def house(self, tmp_path: Path) -> Generator[House]:
        with a_house(tmp_path) as house:
            yield house

    def test_comes_at_once_when_something_changed_meanwhile(self, house: House) -> None:
        house.file.wait_for_change(0)
        keep(house, "a")

        assert house.file.wait_for_change(timedelta(days=1).total_seconds())
        assert not house.file.wait_for_change(0)

    def test_does_not_come_for_what_was_refused(self, house: House) -> None:
        keep(house, "a")
        house.file.wait_for_change(0)

        with pytest.raises(AlreadyExists):
            keep(house, "a")

        assert not house.file.wait_for_change(0)
