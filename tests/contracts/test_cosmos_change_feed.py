"""The change feed of a store that is far away, and what the relay makes of it."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from functions.edge.change_feed import changes as as_given
from shared.journeys.model import AdvanceEnrolment
from shared.kernel.announcements import Announcement
from shared.kernel.documents import Create, Index, deleting, replacing, unchanged
from shared.kernel.identity import PatientId
from shared.kernel.refusals import TransientFault
from shared.operations.park_message import ParkMessage
from shared.wiring.relay import LEFT_BEHIND_AFTER, MADE_AT, RelayAnnouncements, RelayLeftBehind
from tests.support.cosmos_house import CosmosHouse, CosmosServer, CosmosSite
from tests.support.house import House, a_house

RELAY = "relay"
PATIENTS = [f"patient/{name}" for name in ("astrid", "bento", "chidi", "dilnoza", "eilidh", "farid")]
PARKED_AT = Index("parked", "parked_at")


@dataclass(frozen=True, slots=True)
class Enrolment:
    note: str


@pytest.fixture
def site(cosmos_server: CosmosServer) -> Generator[CosmosSite]:
    yield cosmos_server.site((MADE_AT, PARKED_AT))
    cosmos_server.works_again()


@pytest.fixture
def house(site: CosmosSite) -> Generator[CosmosHouse]:
    house = site.opened()
    yield house
    house.close()


@pytest.fixture
def queues(tmp_path: Path) -> Generator[House]:
    with a_house(tmp_path) as queues:
        yield queues


def keep(house: CosmosHouse, name: str, *partitions: str) -> None:
    for partition in partitions:
        house.documents.commit(partition, changes=[Create(f"enrolment~{name}", Enrolment(name))])


def announce(house: CosmosHouse, patient: str) -> None:
    step = AdvanceEnrolment(PatientId(patient), "e1", 3)
    told = Announcement(step, "e1~3", ("enrolment~e1", 1))
    house.documents.commit(
        f"patient/{patient}", changes=[Create("enrolment~e1", Enrolment("e1"))], announcements=[told]
    )


def seen(house: CosmosHouse, limit: int = 100) -> list[str]:
    """Read, deal with it, and advance."""
    changes, mark = house.change_feed.read(RELAY, limit=limit)
    house.change_feed.advance(RELAY, mark)
    return [change["partition"] for change in changes]


class TestTheFeed:
    def test_is_followed_through_all_ranges(self, house: CosmosHouse) -> None:
        keep(house, "a", *PATIENTS)

        assert sorted(seen(house)) == PATIENTS
        keep(house, "b", *PATIENTS)
        assert sorted(seen(house)) == PATIENTS
        assert seen(house) == []

    def test_lets_no_range_wait_behind_a_busy_one(self, house: CosmosHouse) -> None:
        keep(house, "first", *PATIENTS)
        found: set[str] = set()

        for turn in range(2 * len(PATIENTS)):
            keep(house, str(turn), PATIENTS[0])
            found |= set(seen(house, limit=1))

        assert found == set(PATIENTS)

    def test_outlasts_the_host(self, house: CosmosHouse) -> None:
        keep(house, "a", *PATIENTS)
        seen(house)
        keep(house, "b", *PATIENTS[:2])

        again = house.site.opened(house.clock)
        found = seen(again)
        again.close()

        assert sorted(found) == PATIENTS[:2]

    def test_comes_to_an_end(self, house: CosmosHouse) -> None:
        keep(house, "a", *PATIENTS)
        seen(house)

        assert [house.change_feed.read(RELAY, limit=10)[0] for _ in range(3)] == [[], [], []]

    def test_goes_past_tombstones_once(self, house: CosmosHouse) -> None:
        keep(house, "a", PATIENTS[0])
        read = house.documents.read(PATIENTS[0], "enrolment~a", Enrolment)
        house.documents.commit(PATIENTS[0], changes=[deleting(read)])
        assert house.change_feed.read(RELAY, limit=10)[0] == []
        house.site.count_anew()

        house.change_feed.read(RELAY, limit=10)

        asked = house.site.requests()["feed"]
        keep(house, "b", PATIENTS[1])
        assert (asked, seen(house)) == (2, [PATIENTS[1]])  # once for each range, and no page of tombstones

    def test_shows_again_what_was_only_rested_on(self, house: CosmosHouse) -> None:
        keep(house, "a", PATIENTS[0])
        seen(house)
        read = house.documents.read(PATIENTS[0], "enrolment~a", Enrolment)

        house.documents.commit(PATIENTS[0], unchanged=[unchanged(read)])

        assert seen(house) == [PATIENTS[0]]
        house.documents.commit(PATIENTS[0], changes=[replacing(read, Enrolment("as it was read"))])

    def test_is_a_transient_fault_where_it_cannot_be_read(self, house: CosmosHouse) -> None:
        keep(house, "a", PATIENTS[0])
        house.site.server.fails(status=500, kinds=["feed"])

        with pytest.raises(TransientFault):
            house.change_feed.read(RELAY, limit=10)

        house.site.server.works_again()
        assert seen(house) == [PATIENTS[0]]


class TestTheRelay:
    def the_relay(self, house: CosmosHouse, queues: House) -> RelayAnnouncements:
        return RelayAnnouncements(house.documents, queues.queues, ParkMessage(house.documents))

    def as_the_trigger_gives_it(self, house: CosmosHouse) -> Sequence[Mapping[str, Any]]:
        changes, _ = house.change_feed.read(RELAY, limit=100)
        return as_given(func.DocumentList([func.Document(change) for change in changes]))

    def test_publishes_and_deletes_what_the_trigger_gives(self, house: CosmosHouse, queues: House) -> None:
        for name in ("astrid", "bento", "chidi"):
            announce(house, name)

        relayed = self.the_relay(house, queues)(self.as_the_trigger_gives_it(house), now=house.clock.now())

        assert relayed == 3
        assert sum(depth.waiting for depth in queues.queues.depths()) == 3
        assert {item["kind"] for item in house.site.items()} == {"enrolment"}

    def test_does_not_delete_what_was_announced_anew(self, house: CosmosHouse, queues: House) -> None:
        announce(house, "astrid")
        changes = self.as_the_trigger_gives_it(house)
        step = AdvanceEnrolment(PatientId("astrid"), "e1", 3)
        house.documents.commit(
            "patient/astrid", announcements=[Announcement(step, "e1~3", ("enrolment~e1", 1))]
        )

        self.the_relay(house, queues)(changes, now=house.clock.now())

        assert "announcement" in {item["kind"] for item in house.site.items()}

    def test_does_not_mind_a_lost_answer_to_its_deletion(self, house: CosmosHouse, queues: House) -> None:
        announce(house, "astrid")
        changes = self.as_the_trigger_gives_it(house)
        house.site.server.fails(drop=True, applied=True, times=1, kinds=["batch"])

        self.the_relay(house, queues)(changes, now=house.clock.now())

        assert {item["kind"] for item in house.site.items()} == {"enrolment"}

    def test_finds_what_was_left_behind(self, house: CosmosHouse, queues: House) -> None:
        announce(house, "astrid")
        sweep = RelayLeftBehind(house.documents, self.the_relay(house, queues))
        assert sweep(now=house.clock.now(), real=house.clock.real()) == 0

        house.clock.pass_by(LEFT_BEHIND_AFTER)

        assert sweep(now=house.clock.now(), real=house.clock.real()) == 1
        assert {item["kind"] for item in house.site.items()} == {"enrolment"}
