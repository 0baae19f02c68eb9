"""Following a FHIR server by its times: what comes late, what ties, what is deleted, what cannot be seen."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters import fhir_rest_marks
from shared.adapters.fhir_rest_changes import FollowChanges
from shared.adapters.fhir_rest_offers import Offers
from shared.fhir.instants import instant_text, span_of
from shared.fhir.ports import Changes, MarkNotKnown, Resource, SearchPage, SearchParameters
from shared.fhir.refusals import ResourceNotFound
from shared.kernel.clock import StoppedClock

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
SOON, LATER = timedelta(seconds=30), timedelta(minutes=3)


class Server:
    """A FHIR server of slots, whose commits may be seen later than the times they bear.

    It pages by place, as simple servers do, so that pages shift where something is written between two.
    """

    base_url = "https://fhir.hospital.example"

    def __init__(self, *, tells_of_deletions: bool = True) -> None:
        self.versions: list[tuple[str, int, datetime, bool]] = []
        self.tells_of_deletions = tells_of_deletions
        self.between_pages: list[Callable[[], None]] = []
        self.before_a_history: list[Callable[[], None]] = []

    def write(self, id_: str, at: datetime, *, deleted: bool = False) -> None:
        number = 1 + sum(1 for version in self.versions if version[0] == id_)
        self.versions.append((id_, number, at, deleted))

    def search(self, type: str, parameters: SearchParameters, *, page: str | None = None) -> SearchPage:  # noqa: A002  # FHIR's own word
        assert type == "Slot"
        asked: dict[str, str] = dict(parameters.pairs) if page is None else json.loads(page)
        start = int(asked.get("start", "0"))
        since = span_of(asked["_lastUpdated"].removeprefix("ge")).low if "_lastUpdated" in asked else None
        now = {id_: (number, at) for id_, number, at, deleted in self._current() if not deleted}
        rows = [
            slot(id_, number, at)
            for id_, (number, at) in sorted(now.items(), key=lambda each: each[1][1])
            if since is None or span_of(instant_text(at)).low >= since
        ]
        end = start + int(asked["_count"])
        next_ = json.dumps({**asked, "start": str(end)}) if end < len(rows) else None
        if next_ and self.between_pages:
            self.between_pages.pop()()
        return SearchPage(tuple(rows[start:end]), next=next_)

    def resource_at(self, url: str) -> Resource:
        if url.endswith("/metadata"):
            if not self.tells_of_deletions:
                raise ResourceNotFound
            interaction = [{"code": "read"}, {"code": "history-type"}]
            return {"rest": [None, {"resource": [{"type": "Slot", "interaction": interaction}]}]}
        assert url.startswith(f"{self.base_url}/Slot/_history?")
        if "_since" in url and self.before_a_history:
            self.before_a_history.pop()()
        return {"entry": [past(*version) for version in reversed(self.versions)]}

    def next_page(self, bundle: Resource) -> str | None:
        del bundle

    def _current(self) -> list[tuple[str, int, datetime, bool]]:
        return list({version[0]: version for version in self.versions}.values())


def slot(id_: str, number: int, at: datetime) -> Resource:
    meta = {"versionId": str(number), "lastUpdated": instant_text(at)}
    return {"resourceType": "Slot", "id": id_, "meta": meta}


def past(id_: str, number: int, at: datetime, deleted: bool) -> dict[str, Any]:  # noqa: FBT001  # a row of the server's own
    request = {"method": "DELETE" if deleted else "PUT", "url": f"Slot/{id_}"}
    response = {"etag": f'W/"{number}"', "lastModified": instant_text(at)}
    return {"request": request, "response": response} | (
        {} if deleted else {"resource": slot(id_, number, at)}
    )


class Reader:
    """Whoever follows, from mark to mark."""

    def __init__(self, server: Server) -> None:
        self.clock = StoppedClock(NOON)
        self.follow = FollowChanges(server, self.clock, Offers(server.resource_at, server.base_url))
        self.mark: str | None = None
        self.there: set[str] = set()

    def reads(self, *, limit: int = 1000) -> list[Changes]:
        """Read until there is no more; give the answers."""
        answers = [self.follow(self.mark, types=("Slot",), limit=limit)]
        while not answers[-1].is_all:
            answers.append(self.follow(answers[-1].mark, types=("Slot",), limit=limit))
        self.mark = answers[-1].mark
        for answer in answers:
            self.there |= {one["id"] for one in answer.resources}
            self.there -= {id_ for _, id_ in answer.gone}
        return answers

    def ids(self, *, limit: int = 1000) -> list[str]:
        return [one["id"] for answer in self.reads(limit=limit) for one in answer.resources]


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def reader(server: Server) -> Reader:
    return Reader(server)


class TestWhatComesLate:
    def test_is_found_though_something_newer_was_seen_before(self, server: Server, reader: Reader) -> None:
        server.write("b", NOON)
        assert reader.ids() == ["b"]

        server.write("a", NOON - timedelta(seconds=90))

        assert reader.ids() == ["a"]

    def test_is_found_by_a_reader_who_comes_rarely(self, server: Server, reader: Reader) -> None:
        server.write("b", NOON)
        reader.reads()
        server.write("a", NOON - timedelta(seconds=90))

        reader.clock.pass_by(timedelta(hours=3))

        assert reader.ids() == ["a"]

    def test_by_more_than_two_minutes_is_not_seen_once_newer_was_settled(
        self, server: Server, reader: Reader
    ) -> None:
        server.write("b", NOON)
        reader.reads()
        reader.clock.pass_by(LATER)
        reader.reads()

        server.write("a", NOON - timedelta(seconds=90))

        assert reader.ids() == []

    def test_lets_nothing_come_twice(self, server: Server, reader: Reader) -> None:
        for number in range(5):
            server.write(f"s{number}", NOON - number * SOON)
        reader.reads()

        assert reader.ids() == []
        reader.clock.pass_by(LATER)
        assert reader.ids() == []
        assert reader.ids() == []


class TestATypeThatTheServerDoesNotHave:
    def test_is_not_asked_for(self, server: Server) -> None:
        server.write("a", NOON)
        follow = FollowChanges(server, StoppedClock(NOON), Offers(server.resource_at, server.base_url))

        found = follow(None, types=("Group", "Slot"), limit=10)
        mark = follow.mark_now(("Group", "Slot"))

        assert ([one["id"] for one in found.resources], found.is_all) == (["a"], True)
        assert follow(mark, types=("Group", "Slot"), limit=10).resources == ()


class TestTies:
    @pytest.mark.parametrize("limit", [1, 2, 3, 500])
    def test_are_given_once_each_however_small_the_pages(
        self, server: Server, reader: Reader, limit: int
    ) -> None:
        for number in range(7):
            server.write(f"s{number}", NOON)

        assert reader.ids(limit=limit) == [f"s{number}" for number in range(7)]
        assert reader.ids(limit=limit) == []

    def test_of_more_than_is_remembered_come_to_an_end(
        self, server: Server, reader: Reader, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(fhir_rest_marks, "MOST_REMEMBERED", 3)
        for number in range(20):
            server.write(f"s{number:02}", NOON)

        assert reader.ids(limit=4) == [f"s{number:02}" for number in range(20)]


class TestPagesThatShift:
    def test_lose_nothing_where_a_resource_is_written_between_two(
        self, server: Server, reader: Reader
    ) -> None:
        for number in range(800):
            server.write(f"s{number}", NOON + number * timedelta(seconds=1))
        server.between_pages.append(lambda: server.write("s0", NOON + timedelta(hours=1)))

        found = reader.ids(limit=5000)

        assert set(found) == {f"s{number}" for number in range(800)}


class TestDeletions:
    def test_are_told_once(self, server: Server, reader: Reader) -> None:
        server.write("a", NOON)
        reader.reads()
        server.write("a", NOON + SOON, deleted=True)

        (told,), (again,) = reader.reads(), reader.reads()

        assert (told.gone, told.resources) == ((("Slot", "a"),), ())
        assert again.gone == ()

    def test_of_what_was_found_a_moment_before_take_it_away(self, server: Server, reader: Reader) -> None:
        server.write("a", NOON)
        server.before_a_history.append(lambda: server.write("a", NOON + SOON, deleted=True))

        (told,) = reader.reads()

        assert (told.gone, told.resources) == ((("Slot", "a"),), ())

    def test_of_what_came_back_are_none(self, server: Server, reader: Reader) -> None:
        server.write("a", NOON)
        reader.reads()
        server.write("a", NOON + SOON, deleted=True)
        server.write("a", NOON + SOON)

        (told,) = reader.reads()

        assert (told.gone, [one["id"] for one in told.resources]) == ((), ["a"])

    def test_during_the_first_reading_are_not_missed(self, server: Server, reader: Reader) -> None:
        for number in range(4):
            server.write(f"s{number}", NOON + number * timedelta(hours=1))
        server.between_pages.append(lambda: server.write("s0", NOON + timedelta(hours=4), deleted=True))
        server.between_pages.insert(0, lambda: server.write("s9", NOON + timedelta(hours=9)))

        reader.reads(limit=1)

        assert reader.there == {"s1", "s2", "s3", "s9"}

    def test_are_not_told_by_a_server_that_offers_no_histories(self) -> None:
        server = Server(tells_of_deletions=False)
        reader = Reader(server)
        server.write("a", NOON)
        reader.reads()
        server.write("a", NOON + SOON, deleted=True)

        assert reader.reads()[0].gone == ()


class TestAMark:
    @pytest.mark.parametrize("mark", ["", "abc", "é", "e30", "bnVsbA", "W10", "x" * 5000])
    def test_that_nobody_gave_is_not_known(self, reader: Reader, mark: str) -> None:
        with pytest.raises(MarkNotKnown):
            reader.follow(mark, types=("Slot",), limit=10)

    def test_does_not_grow_with_what_was_read(self, server: Server, reader: Reader) -> None:
        for number in range(3000):
            server.write(f"s{number}", NOON + number * timedelta(seconds=1))
        reader.reads(limit=500)

        assert reader.mark is not None
        assert len(reader.mark) < 10_000

    def test_is_good_for_more_types_than_it_was_made_with(self, server: Server, reader: Reader) -> None:
        server.write("a", NOON)
        mark = reader.follow(None, types=(), limit=10).mark

        assert [one["id"] for one in reader.follow(mark, types=("Slot",), limit=10).resources] == ["a"]


Act = tuple[str, str, int, int]


@contextmanager
def followed() -> Generator[tuple[Server, Reader]]:
    server = Server()
    yield server, Reader(server)


class TestWhateverHappens:
    @given(
        st.lists(
            st.tuples(
                st.sampled_from("abcd"),
                st.sampled_from(("write", "delete", "read")),
                st.integers(0, 110),
                st.integers(1, 4),
            ),
            max_size=30,
        )
    )
    @settings(max_examples=150)
    def test_the_reader_ends_with_what_is_there(self, acts: list[Act]) -> None:
        """Commits are seen up to 110 seconds late, and time goes on by half a minute from act to act."""
        with followed() as (server, reader):
            last: dict[str, datetime] = {}
            there: set[str] = set()
            for name, act, late, limit in acts:
                now = reader.clock.now()
                at = max(now - timedelta(seconds=late), last.get(name, NOON - LATER))
                if act == "read":
                    reader.reads(limit=limit)
                elif act == "write" or name in there:
                    server.write(name, at, deleted=act == "delete")
                    last[name] = at
                    there = (there | {name}) if act == "write" else there - {name}
                reader.clock.pass_by(SOON)

            reader.reads(limit=2)

        assert reader.there == there
