"""What names its patient otherwise than we do, or nobody we know yet, finds them in the end (UN-13)."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.access.model import Caller, Role
from shared.activities.activity_types import ActivityTypeDraft, Fields, Naming
from shared.activities.documents import INDEXES
from shared.activities.find_named import FindNamed
from shared.activities.list_unplaced import ListUnplaced, UnplacedShown, WhichUnplaced
from shared.activities.model import PlaceActivity
from shared.activities.place_activity import PlacesActivities
from shared.activities.put_activity_type import PutActivityType
from shared.activities.take_in_activities import ActivitiesTold, ItemTaken, TakeInActivities
from shared.activities.timeline import WhichActivities, timeline
from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.ports import Resource
from shared.kernel.documents import Create
from shared.kernel.identity import PatientId
from shared.matching.definitions import Column, MatchingDraft, Source
from shared.matching.documents import (
    INDEXES as MATCHING_INDEXES,
)
from shared.matching.documents import (
    PERSON,
    RecordOfPerson,
    person_partition,
    record_id_of,
    record_named,
)
from shared.matching.model import Meaning, PersonId
from shared.matching.persons import Before, Person, kept, made_of, retired
from shared.matching.put_matching import PutMatching
from tests.rooms.matching.people import record as a_record
from tests.support.fhir_people import a_patient
from tests.support.house import House, a_house

MARIA = PatientId("maria")
SHOP = Caller("shop", "https://issuer", frozenset({Role.DATA_CONTRIBUTOR}))
SYSTEM = "https://shop.example/customers"
A_MINUTE_BEFORE_SUMMER_TIME = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
COLUMNS = (Column("family", Meaning.LAST_NAME),)
EVERYBODY = MatchingDraft("Everybody", (Source("ours", COLUMNS, reads="record"), Source("shop", COLUMNS)))


class Shop:
    """A source that calls people by numbers of its own, and the house it tells."""

    def __init__(self, house: House, record: SqliteRecord) -> None:
        self.house, self.record = house, record
        find = FindNamed(record, house.documents)
        self.take_in = TakeInActivities(house.documents, find)
        self.place = PlacesActivities(house.documents, find)

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    def names_by(self, naming: Naming, *, waits_days: int = 0) -> None:
        draft = ActivityTypeDraft(
            "Orders",
            "Web shop",
            "sales_order",
            Fields("id", "whose", "at"),
            naming=naming,
            waits_days=waits_days,
        )
        PutActivityType(self.house.documents)(
            draft, type_id="orders", caller=SHOP, now=self.now, if_match=None
        )

    def tells_of(self, name: str, *, key: str = "o-1") -> ItemTaken:
        item = {"id": key, "whose": name, "at": A_MINUTE_BEFORE_SUMMER_TIME.isoformat()}
        (taken,) = self.take_in(ActivitiesTold("orders", (item,)), caller=SHOP, now=self.now).items
        return taken

    def admits(self, *patients: Resource) -> None:
        self.record.load(list(patients))

    def knows(self, *persons: Person) -> None:
        PutMatching(self.house.documents)(
            EVERYBODY, matching_id="all", caller=SHOP, now=self.now, if_match=None
        )
        for person in persons:
            leading = {
                record_id_of(person.id, ref): RecordOfPerson(
                    record_named("all", ref.source, ref.key), "all", person.id
                )
                for ref in person.refs
            }
            changes = [Create(id_, body) for id_, body in leading.items()]
            self.house.documents.commit(
                person_partition(person.id), changes=[Create(PERSON, person), *changes]
            )

    def waiting(self) -> tuple[UnplacedShown, ...]:
        return ListUnplaced(self.house.documents)(WhichUnplaced()).activities

    def looks_again(self) -> None:
        """Handle each look that is due by now, twice, as a queue may."""
        for one in self.waiting():
            asked = PlaceActivity(one.id, one.tried)
            self.place(asked, now=self.now)
            self.place(asked, now=self.now)

    def seen(self, patient_id: PatientId = MARIA) -> int:
        found = timeline(
            self.house.documents, patient_id, WhichActivities(), lambda _: True, sees_clinical=True
        )
        return len(found.activities)


@pytest.fixture
def shop(tmp_path: Path) -> Generator[Shop]:
    with a_house(tmp_path, (*INDEXES, *MATCHING_INDEXES)) as house:
        record = SqliteRecord(tmp_path / "record.db", clock=house.clock)
        yield Shop(house, record)
        record.close()


def a_customer(named: str = "maria") -> Resource:
    return a_patient(named, identifier=[{"system": SYSTEM, "value": "O'Neill,7"}])


def a_person(named: str, *records: tuple[str, str]) -> Person:
    return made_of(
        PersonId(named),
        "all",
        EVERYBODY,
        kept(a_record(source, key) for source, key in records),
        links=(),
        previous_ids=(),
        done_by="run",
        before=Before(None),
    )


class TestASourcesOwnNumber:
    def test_leads_to_who_has_it_in_the_record(self, shop: Shop) -> None:
        shop.names_by(Naming("identifier", SYSTEM))
        shop.admits(a_patient("li"), a_customer())

        assert [shop.tells_of("O'Neill,7").outcome for _ in range(2)] == ["created", "unchanged"]
        assert (shop.seen(), shop.seen(PatientId("li"))) == (1, 0)

    def test_that_two_have_is_nobodys(self, shop: Shop) -> None:
        shop.names_by(Naming("identifier", SYSTEM))
        shop.admits(a_customer("li"), a_customer())

        taken = shop.tells_of("O'Neill,7")

        assert (taken.outcome, taken.problems) == ("refused", (("patient", "several patients"),))


class TestAPersonsId:
    def test_leads_to_the_patient_that_matching_read(self, shop: Shop) -> None:
        shop.names_by(Naming("person", matching="all"))
        shop.admits(a_patient())
        shop.knows(a_person("p1", ("ours", "maria"), ("shop", "7")), a_person("p2", ("shop", "maria")))

        assert shop.tells_of("p1").outcome == "created"
        assert shop.tells_of("p2").problems == (("patient", "in no record of ours"),)
        assert shop.tells_of("p3").problems == (("patient", "no such person"),)
        assert shop.seen() == 1

    def test_of_one_who_has_gone_up_in_another_is_the_others(self, shop: Shop) -> None:
        shop.names_by(Naming("person", matching="all"))
        shop.admits(a_patient())
        gone = retired(a_person("p0", ("shop", "7")), PersonId("p1"), "run")
        nobodys = retired(a_person("p9", ("shop", "9")), None, "run")
        shop.knows(a_person("p1", ("ours", "maria"), ("shop", "7")), gone, nobodys)

        assert shop.tells_of("p0").outcome == "created"
        assert shop.tells_of("p9").outcome == "refused"
        assert shop.seen() == 1


class TestAKeyOfAnotherSource:
    BY_KEY = Naming("source_key", matching="all", source="shop")

    def test_leads_to_the_patient_of_the_person_who_has_that_record(self, shop: Shop) -> None:
        shop.names_by(self.BY_KEY)
        shop.admits(a_patient(), a_patient("li"))
        shop.knows(
            a_person("p1", ("ours", "maria"), ("shop", "7")),
            a_person("p2", ("ours", "li"), ("shop", "maria")),
            a_person("p3", ("shop", "9")),
        )

        assert shop.tells_of("7").outcome == "created"
        assert shop.tells_of("9").problems == (("patient", "in no record of ours"),)
        assert shop.tells_of("8").problems == (("patient", "no such person"),)
        assert (shop.seen(), shop.seen(PatientId("li"))) == (1, 0)

    def test_leads_to_who_has_it_now_and_not_to_who_had_it(self, shop: Shop) -> None:
        shop.names_by(self.BY_KEY)
        shop.admits(a_patient(), a_patient("li"))
        shop.knows(
            a_person("p1", ("ours", "maria"), ("shop", "7")),
            retired(a_person("p0", ("ours", "li"), ("shop", "7")), None, "run"),
            retired(a_person("p9", ("shop", "9")), PersonId("p1"), "run"),
        )

        assert shop.tells_of("7").outcome == "created"
        assert shop.tells_of("9").problems == (("patient", "no such person"),)
        assert (shop.seen(), shop.seen(PatientId("li"))) == (1, 0)

    def test_that_two_have_at_once_is_nobodys(self, shop: Shop) -> None:
        shop.names_by(self.BY_KEY)
        shop.admits(a_patient(), a_patient("li"))
        shop.knows(
            a_person("p1", ("ours", "maria"), ("shop", "7")), a_person("p2", ("ours", "li"), ("shop", "7"))
        )

        assert shop.tells_of("7").problems == (("patient", "several patients"),)

    def test_of_a_source_that_the_matching_has_not_is_nobodys(self, shop: Shop) -> None:
        shop.names_by(Naming("source_key", matching="all", source="bank"))
        shop.admits(a_patient())
        shop.knows(a_person("p1", ("ours", "maria"), ("bank", "7")))

        assert shop.tells_of("7").problems == (("patient", "no such source"),)


class TestWhatNamesNobody:
    def test_waits_and_is_there_when_they_come(self, shop: Shop) -> None:
        shop.names_by(Naming("identifier", SYSTEM), waits_days=7)
        taken = [shop.tells_of("O'Neill,7") for _ in range(2)]
        (waiting,) = shop.waiting()
        shop.looks_again()
        (looked,) = shop.waiting()
        shop.admits(a_customer())
        shop.looks_again()

        assert [one.outcome for one in taken] == ["waiting", "waiting"]
        assert (waiting.key, waiting.because, waiting.tried) == ("o-1", "nobody we know", 0)
        assert waiting.forgotten_at == shop.now + timedelta(days=7)
        assert (looked.tried, looked.forgotten_at) == (1, waiting.forgotten_at)
        assert (shop.waiting(), shop.seen()) == ((), 1)

    def test_told_otherwise_meanwhile_is_placed_once(self, shop: Shop) -> None:
        shop.names_by(Naming("identifier", SYSTEM), waits_days=7)
        shop.tells_of("O'Neill,7")
        shop.admits(a_customer())
        told = shop.tells_of("O'Neill,7")
        shop.looks_again()

        assert told.outcome == "created"
        assert (shop.waiting(), shop.seen()) == ((), 1)

    def test_is_looked_at_ever_more_rarely_until_it_is_forgotten(self, shop: Shop) -> None:
        shop.names_by(Naming("identifier", SYSTEM), waits_days=2)
        shop.tells_of("O'Neill,7")
        begun, waits = shop.now, list[timedelta]()
        while due := next_look(shop):
            waits.append(due - shop.now)
            shop.house.clock.pass_by(due - shop.now)
            shop.looks_again()
        shop.house.clock.pass_by(begun + timedelta(days=2) - shop.now)
        shop.admits(a_customer())
        shop.looks_again()

        hours = [wait / timedelta(hours=1) for wait in waits]
        assert hours == [pytest.approx(1 / 6), 1, 6, 24]
        assert (shop.waiting(), shop.seen()) == ((), 0)

    def test_is_refused_where_its_type_has_nobody_wait(self, shop: Shop) -> None:
        shop.names_by(Naming("identifier", SYSTEM))

        assert shop.tells_of("O'Neill,7").outcome == "refused"
        assert shop.waiting() == ()


def next_look(shop: Shop) -> datetime | None:
    """Give when the latest look that was announced is due."""
    changes, mark = shop.house.change_feed.read("test", limit=1000)
    shop.house.change_feed.advance("test", mark)
    looks = [one["body"]["due_at"] for one in changes if one["body"].get("type") == "PlaceActivity"]
    return datetime.fromisoformat(looks[-1]) if looks else None
