"""What only a store that is far away can do to us, and what must come of it."""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.cosmos_index_filling import CosmosIndexFilling
from shared.kernel import tracing
from shared.kernel.documents import (
    TOMBSTONES_LAST,
    Change,
    Commit,
    Create,
    Document,
    Index,
    Replace,
    Unchanged,
    announcing,
    deleting,
    replacing,
    unchanged,
)
from shared.kernel.refusals import AlreadyExists, Gone, LostRace, NotYetVisible, TransientFault
from tests.stand_ins.certificates import certificates_in
from tests.support.cosmos_house import CosmosHouse, CosmosServer, CosmosSite

ASTRID = "patient/astrid-o'neill"
AUDIT = "audit/2026-03-29~07"
DUE = Index("enrolment", "due_at")
MADE = Index("announcement", "made_at")
BY_PATIENT = Index("audit", "patient_id")
INDEXES = (DUE, MADE, BY_PATIENT)
NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
PLANTED = "9434765919"
JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Enrolment:
    note: str = "HbA1c"
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Counter:
    count: int


@dataclass(frozen=True, slots=True)
class Entry:
    patient_id: str


@dataclass(frozen=True, slots=True)
class EnrolmentMoved:
    enrolment_id: str


@pytest.fixture
def site(cosmos_server: CosmosServer) -> Generator[CosmosSite]:
    yield cosmos_server.site(INDEXES)
    cosmos_server.works_again()


@pytest.fixture
def house(site: CosmosSite) -> Generator[CosmosHouse]:
    house = site.opened()
    yield house
    house.close()


@pytest.fixture
def other(site: CosmosSite, house: CosmosHouse) -> Generator[CosmosHouse]:
    """Open the same store from another host."""
    other = site.opened(house.clock)
    yield other
    other.close()


def kept(house: CosmosHouse, id: str, body: object = None, *, partition: str = ASTRID) -> Document[Any]:  # noqa: A002  # the document's own word
    body = body or Enrolment()
    house.documents.commit(partition, changes=[Create(id, body)])
    return house.documents.read(partition, id, type(body))


def creating(_: CosmosHouse) -> Change:
    return Create("enrolment~1", Enrolment("mine", NOON))


def overwriting(house: CosmosHouse) -> Change:
    return replacing(kept(house, "enrolment~1"), Enrolment("mine", NOON))


def creating_anew(house: CosmosHouse) -> Change:
    house.documents.commit(ASTRID, changes=[deleting(kept(house, "enrolment~1"))])
    return Create("enrolment~1", Enrolment("mine", NOON))


WAYS = [
    {"drop": True},
    {"drop": True, "applied": True},
    {"status": 503},
    {"status": 503, "applied": True},
    {"status": 408},
    {"status": 408, "applied": True},
    {"status": 500, "applied": True},
    {"status": 449},
    {"status": 429, "retry_after_ms": 5},
]


def spelt(way: object) -> str:
    return "-".join(f"{name}" if value is True else f"{value}" for name, value in dict(way).items())  # type: ignore[call-overload]  # the parameter's own


class TestAnAnswerThatIsNone:
    @pytest.mark.parametrize("way", WAYS, ids=spelt)
    @pytest.mark.parametrize("prepared", [creating, overwriting, creating_anew])
    def test_leaves_the_commit_made_once(
        self, house: CosmosHouse, way: dict[str, Any], prepared: Callable[[CosmosHouse], Change]
    ) -> None:
        change = prepared(house)
        before = {item["id"]: item["version"] for item in house.site.items()}
        house.site.server.fails(**way, times=1, kinds=["batch"])

        etags = house.documents.commit(
            ASTRID,
            changes=[change, Create("enrolment~2", Enrolment("beside"))],
            announcements=[announcing(EnrolmentMoved("1"), of=Create("enrolment~1", {}), named="1")],
        )

        read = house.documents.read(ASTRID, "enrolment~1", Enrolment)
        assert (read.body.note, read.version) == ("mine", before.get("enrolment~1", 0) + 1)
        assert etags["enrolment~1"] == read.etag
        assert house.documents.read(ASTRID, "enrolment~2", Enrolment).version == 1
        assert len(house.documents.find(MADE, JsonObject).items) == 1

    @pytest.mark.parametrize("way", WAYS, ids=spelt)
    def test_leaves_a_deletion_made_once(self, house: CosmosHouse, way: dict[str, Any]) -> None:
        read = kept(house, "enrolment~1")
        house.site.server.fails(**way, times=1, kinds=["batch"])

        house.documents.commit(ASTRID, changes=[deleting(read)])

        with pytest.raises(Gone):
            house.documents.read(ASTRID, "enrolment~1", Enrolment)
        assert [item["version"] for item in house.site.items()] == [2]

    def test_is_a_transient_fault_when_none_ever_comes(self, house: CosmosHouse) -> None:
        house.site.server.fails(drop=True)

        with pytest.raises(TransientFault) as raised:
            house.documents.commit(ASTRID, changes=[Create("enrolment~1", Enrolment(PLANTED))])

        assert PLANTED not in repr(raised.value)
        house.site.server.works_again()
        assert house.documents.look(ASTRID, "enrolment~1", Enrolment) is None

    def test_does_not_take_anothers_commit_for_ours(self, house: CosmosHouse, other: CosmosHouse) -> None:
        read = kept(house, "enrolment~1")
        other.documents.commit(ASTRID, changes=[replacing(read, Enrolment("theirs"))])
        house.site.server.fails(drop=True, times=1, kinds=["batch"])

        with pytest.raises(LostRace):
            house.documents.commit(ASTRID, changes=[replacing(read, Enrolment("mine"))])

        assert house.documents.read(ASTRID, "enrolment~1", Enrolment).body.note == "theirs"

    def test_does_not_make_reading_fail(self, house: CosmosHouse) -> None:
        kept(house, "enrolment~1", Enrolment("there", NOON))

        for way in ({"status": 503}, {"drop": True}, {"status": 429, "retry_after_ms": 1}):
            house.site.server.fails(**way, times=1, kinds=["read", "query"])
            assert house.documents.read(ASTRID, "enrolment~1", Enrolment).body.note == "there"


class TestABusyStore:
    def test_is_waited_for_as_it_asks(self, house: CosmosHouse) -> None:
        house.site.server.fails(status=429, retry_after_ms=10, times=5, kinds=["batch"])

        assert kept(house, "enrolment~1").version == 1

    def test_is_not_waited_for_without_end(self, house: CosmosHouse) -> None:
        house.site.server.fails(status=429, retry_after_ms=40, kinds=["batch"])

        with pytest.raises(TransientFault) as raised:
            house.documents.commit(ASTRID, changes=[Create("enrolment~1", Enrolment())])

        assert raised.value.retry_after == timedelta(milliseconds=40)
        house.site.server.works_again()
        assert house.site.items() == []

    def test_answers_each_of_many_commits_for_itself(self, house: CosmosHouse) -> None:
        house.site.server.fails(status=429, retry_after_ms=200, times=8, kinds=["batch"])
        commits = [Commit(f"patient/{n}", [Create("enrolment~1", Enrolment())]) for n in range(20)]

        outcomes = house.documents.commit_many(commits)

        house.site.server.works_again()
        made = {item["partition"] for item in house.site.items()}
        assert {type(each) for each in outcomes} <= {type(None), TransientFault}
        assert made == {
            commit.partition for commit, each in zip(commits, outcomes, strict=True) if each is None
        }


class TestAReplicaThatIsBehind:
    def test_shows_us_what_we_wrote(self, house: CosmosHouse) -> None:
        house.site.lags(writes=3)

        read = kept(house, "enrolment~1", Enrolment("first"))
        house.documents.commit(ASTRID, changes=[replacing(read, Enrolment("second"))])

        assert house.documents.read(ASTRID, "enrolment~1", Enrolment).body.note == "second"
        assert [each.version for each in house.documents.list(ASTRID, "enrolment", Enrolment).items] == [2]

    def test_is_waited_for_by_who_was_told_of_a_newer_version(
        self, house: CosmosHouse, other: CosmosHouse
    ) -> None:
        read = kept(house, "enrolment~1")
        house.site.lags(writes=1)
        house.documents.commit(ASTRID, changes=[replacing(read, Enrolment("second"))])

        with pytest.raises(NotYetVisible):
            other.documents.read(ASTRID, "enrolment~1", Enrolment, at_least=2)

        house.site.lags(writes=0)
        assert other.documents.read(ASTRID, "enrolment~1", Enrolment, at_least=2).version == 2

    def test_does_not_let_us_create_over_what_it_does_not_show(
        self, house: CosmosHouse, other: CosmosHouse
    ) -> None:
        house.site.lags(writes=5)
        kept(house, "enrolment~1", Enrolment("hers"))

        with pytest.raises(AlreadyExists):
            other.documents.commit(ASTRID, changes=[Create("enrolment~1", Enrolment("late"))])

        house.site.lags(writes=0)
        assert house.documents.read(ASTRID, "enrolment~1", Enrolment).body.note == "hers"


class TestAGuard:
    def test_does_not_spoil_what_others_have_read(self, house: CosmosHouse) -> None:
        consent = kept(house, "consent~sms")
        house.documents.commit(
            ASTRID, changes=[Create("message~1", Enrolment())], unchanged=[unchanged(consent)]
        )

        house.documents.commit(ASTRID, changes=[replacing(consent, Enrolment("withdrawn"))])

        assert house.documents.read(ASTRID, "consent~sms", Enrolment).version == 2

    def test_is_one_condition_and_not_part_of_it(self, house: CosmosHouse) -> None:
        kept(house, "consent~sms")
        crafted = '" or true or c.stamp = "'

        with pytest.raises(LostRace):
            house.documents.commit(ASTRID, unchanged=[Unchanged("consent~sms", crafted)])
        with pytest.raises(LostRace):
            house.documents.commit(ASTRID, changes=[Replace("consent~sms", Enrolment(), crafted, 2)])

    def test_holds_among_many_hands(self, house: CosmosHouse, other: CosmosHouse) -> None:
        house.documents.commit(ASTRID, changes=[Create("counter", Counter(0))])
        begin = threading.Barrier(6)

        def count(which: CosmosHouse) -> None:
            begin.wait()
            for _ in range(5):
                self.count_one(which)

        with ThreadPoolExecutor(6) as hands:
            for done in [hands.submit(count, which) for which in (house, other) * 3]:
                done.result()

        read = house.documents.read(ASTRID, "counter", Counter)
        assert (read.body.count, read.version) == (30, 31)

    def count_one(self, house: CosmosHouse) -> None:
        while True:
            read = house.documents.read(ASTRID, "counter", Counter)
            try:
                house.documents.commit(ASTRID, changes=[replacing(read, Counter(read.body.count + 1))])
            except LostRace:
                continue
            return


class TestABadDay:
    BAD = (
        {"drop": True, "applied": True},
        {"drop": True},
        {"status": 503, "applied": True},
        {"status": 449},
        {"status": 429, "retry_after_ms": 5},
    )
    EACH = 8

    def test_neither_loses_nor_doubles_anything(self, house: CosmosHouse, other: CosmosHouse) -> None:
        house.documents.commit(ASTRID, changes=[Create("counter", Counter(0))])
        for number, way in enumerate(self.BAD):
            house.site.server.fails(**way, probability=0.08, seed=number)

        with ThreadPoolExecutor(4) as hands:
            acts = [hands.submit(self.do_all, which, hand) for hand, which in enumerate((house, other) * 2)]
            for act in acts:
                act.result()

        house.site.server.works_again()
        counter = house.documents.read(ASTRID, "counter", Counter)
        done = house.documents.list(ASTRID, "done", Counter, limit=1_000).items
        told = [item for item in house.site.items() if item["kind"] == "announcement"]
        expected = 4 * self.EACH
        assert (counter.body.count, counter.version) == (expected, expected + 1)
        assert (len(done), len(told)) == (expected, expected)
        assert sorted(each.body.count for each in done) == list(range(1, expected + 1))

    def do_all(self, house: CosmosHouse, hand: int) -> None:
        for number in range(self.EACH):
            while not self.do_one(house, f"{hand}-{number}"):
                pass

    def do_one(self, house: CosmosHouse, name: str) -> bool:
        """Do what an act does: read, decide, commit; whatever comes of it, the same again is harmless."""
        try:
            if house.documents.look(ASTRID, f"done~{name}", Counter) is not None:
                return True
            read = house.documents.read(ASTRID, "counter", Counter)
            count = Counter(read.body.count + 1)
            new = Create(f"done~{name}", count)
            told = announcing(EnrolmentMoved(name), of=new, named=name)
            house.documents.commit(ASTRID, changes=[replacing(read, count), new], announcements=[told])
        except TransientFault:
            return False
        return True


class TestTimeToLive:
    def test_outlasts_what_readers_go_by(self, house: CosmosHouse) -> None:
        until = house.clock.now() + timedelta(minutes=1)
        house.documents.commit(
            ASTRID,
            changes=[
                Create("enrolment~brief", Enrolment(), expires_at=until),
                Create("enrolment~lasting", Enrolment()),
                Create("enrolment~long-ago", Enrolment(), expires_at=until - timedelta(days=9)),
            ],
            announcements=[announcing(EnrolmentMoved("1"), of=Create("enrolment~1", {}), named="1")],
        )
        house.documents.commit(ASTRID, changes=[deleting(kept(house, "enrolment~deleted"))])

        lives = {item["id"]: item["ttl"] for item in house.site.items()}
        hour = 3600
        assert {name: ttl for name, ttl in lives.items() if name.startswith("enrolment")} == {
            "enrolment~brief": hour + 60,
            "enrolment~lasting": -1,
            "enrolment~long-ago": hour,
            "enrolment~deleted": TOMBSTONES_LAST.total_seconds() + hour,
        }
        assert [ttl for name, ttl in lives.items() if name.startswith("announcement")] == [-1]

    def test_follows_each_write(self, house: CosmosHouse) -> None:
        until = house.clock.now() + timedelta(minutes=1)
        house.documents.commit(ASTRID, changes=[Create("enrolment~1", Enrolment(), expires_at=until)])
        read = house.documents.read(ASTRID, "enrolment~1", Enrolment)

        house.documents.commit(ASTRID, changes=[replacing(read, Enrolment("for good"))])

        assert [item["ttl"] for item in house.site.items()] == [-1]


class TestTheAudit:
    def test_lies_in_a_container_of_its_own(self, house: CosmosHouse) -> None:
        kept(house, "audit~1", Entry("astrid"), partition=AUDIT)

        assert house.site.items() == []
        assert [item["id"] for item in house.site.items(house.site.audit_container)] == ["audit~1"]
        found = house.documents.find(BY_PATIENT, Entry, equal_to="astrid").items
        assert [(each.partition, each.body) for each in found] == [(AUDIT, Entry("astrid"))]

    def test_is_kept_once(self, house: CosmosHouse) -> None:
        kept(house, "audit~1", Entry("astrid"), partition=AUDIT)

        with pytest.raises(AlreadyExists):
            house.documents.commit(AUDIT, changes=[Create("audit~1", Entry("bento"))])

    def test_cannot_be_written_over_or_taken_away(self, house: CosmosHouse) -> None:
        read = kept(house, "audit~1", Entry("astrid"), partition=AUDIT)

        for change in (replacing(read, Entry("nobody")), deleting(read)):
            with pytest.raises(ValueError, match="must stay"):
                house.documents.commit(AUDIT, changes=[change])

    @pytest.mark.parametrize("way", [{"drop": True}, {"drop": True, "applied": True}], ids=spelt)
    def test_has_each_entry_once_though_an_answer_was_lost(
        self, house: CosmosHouse, way: dict[str, Any]
    ) -> None:
        house.site.server.fails(**way, times=1, kinds=["batch"])

        kept(house, "audit~1", Entry("astrid"), partition=AUDIT)

        assert len(house.site.items(house.site.audit_container)) == 1


class TestAnIndexThatIsDeclaredLater:
    def test_is_filled_from_what_was_written_before(self, cosmos_server: CosmosServer) -> None:
        site = cosmos_server.site((DUE,))
        older = replace(site, indexes=()).opened()
        newer = site.opened()
        try:
            read = kept(older, "enrolment~1", Enrolment("from before", NOON))
            kept(older, "enrolment~2", Enrolment("never due"))
            assert newer.documents.find(DUE, Enrolment).items == ()

            filled = CosmosIndexFilling(newer.account, (DUE,)).fill()

            found = newer.documents.find(DUE, Enrolment).items
            assert (filled, [each.body.note for each in found]) == (1, ["from before"])
            older.documents.commit(ASTRID, changes=[replacing(read, Enrolment("still as it was read"))])
        finally:
            older.close()
            newer.close()

    def test_is_filled_again_from_what_older_hosts_went_on_to_write(
        self, cosmos_server: CosmosServer
    ) -> None:
        site = cosmos_server.site((DUE,))
        older = replace(site, indexes=()).opened()
        newer = site.opened()
        try:
            filled: list[int] = []
            for name in ("enrolment~1", "enrolment~2", "enrolment~3"):
                kept(older, name, Enrolment(name, NOON))
                filled.append(CosmosIndexFilling(newer.account, (DUE,)).fill())
        finally:
            older.close()
            newer.close()

        assert filled == [1, 1, 0], "by the third time no older host is left"


class TestWhoMayCome:
    def test_is_nobody_who_does_not_trust_the_certificate(self, site: CosmosSite, tmp_path: Path) -> None:
        assert site.server.gateway.addresses["endpoint"].startswith("https://")
        stranger = certificates_in(tmp_path).ca
        house = replace(site, server=replace(site.server, trusted_ca=stranger)).opened()

        with pytest.raises(TransientFault):
            house.documents.look(ASTRID, "enrolment~1", Enrolment)
        house.close()


class TestWhatIsLogged:
    def test_names_the_answer_and_no_value(
        self, house: CosmosHouse, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        house.site.server.fails(status=500, kinds=["batch"])

        with pytest.raises(TransientFault):
            house.documents.commit(ASTRID, changes=[Create("enrolment~1", Enrolment(PLANTED))])

        (told,) = [record for record in caplog.records if record.msg == "store.cosmos.fault"]
        assert vars(told)["status"] == 500
        assert not [record for record in caplog.records if PLANTED in str(vars(record))]


class Heard(tracing.Recorder):
    """Adds up what is counted."""

    def __init__(self) -> None:
        self.sums: defaultdict[tuple[str, object], float] = defaultdict(float)

    def begin(
        self, name: str, kind: tracing.Kind, origin: tracing.Origin, what: Mapping[str, tracing.Value]
    ) -> tracing.Span:
        raise NotImplementedError

    def measure(self, name: str, value: float, labels: Mapping[str, tracing.Value]) -> None:
        self.sums[name, labels["operation"]] += value


class TestWhatItCosts:
    @pytest.fixture
    def heard(self) -> Generator[Heard]:
        heard = Heard()
        tracing.record_by(heard)
        yield heard
        tracing.record_by(None)

    def test_is_told(self, house: CosmosHouse, heard: Heard) -> None:
        kept(house, "enrolment~1")
        heard.sums.clear()
        house.site.server.fails(status=429, retry_after_ms=1, times=2, kinds=["batch"])

        kept(house, "enrolment~2")

        told = {key: sum_ for key, sum_ in heard.sums.items() if key[1] in ("batch", "read")}
        assert told.pop(("store.request_units", "batch")) > 0
        assert told.pop(("store.request_units", "read")) > 0
        assert told.pop(("store.operations", "read")) >= 1
        assert told == {("store.operations", "batch"): 3, ("store.throttled", "batch"): 2}

    def test_is_one_batch_for_a_commit_and_one_read_for_a_document(self, house: CosmosHouse) -> None:
        for name in ("enrolment~first", "enrolment~second"):  # which learn what the containers are like
            kept(house, name)
        house.site.count_anew()

        read = kept(house, "enrolment~1")
        house.documents.commit(ASTRID, changes=[replacing(read, Enrolment())])

        assert house.site.requests() == {"batch": 2, "read": 1}
