"""The same told again, late, or otherwise: what a timeline becomes (UN-1, UN-13)."""

from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.access.model import Caller, Role
from shared.activities.activity_types import ActivityTypeDraft, Fields
from shared.activities.find_named import FindNamed
from shared.activities.put_activity_type import PutActivityType
from shared.activities.take_in_activities import ActivitiesTold, TakeInActivities
from shared.activities.timeline import ActivityShown, WhichActivities, timeline
from shared.activities.withdraw_activity import WithdrawActivity
from shared.adapters.sqlite_record import SqliteRecord
from shared.kernel.identity import PatientId
from tests.support.fhir_people import a_patient
from tests.support.house import House, a_house

MARIA, LI = PatientId("maria"), PatientId("li")
SHOP = Caller("shop", "https://issuer", frozenset({Role.DATA_CONTRIBUTOR}))
FIELDS = Fields("id", "whose", "at", "what", "more", "link", "changed")
ORDERS = ActivityTypeDraft("Orders", "Web shop", "sales_order", FIELDS)
NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
LATER = timedelta(hours=1)


def item(key: str = "o-1", *, of: str = "maria", at: datetime = NOON, **more: object) -> dict[str, object]:
    return {"id": key, "whose": of, "at": at.isoformat(), **more}


class Shop:
    """A source and the house it tells."""

    def __init__(self, house: House, record: SqliteRecord) -> None:
        self.house = house
        self.take_in = TakeInActivities(house.documents, FindNamed(record, house.documents))
        PutActivityType(house.documents)(ORDERS, type_id="orders", caller=SHOP, now=self.now, if_match=None)

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    def tells(self, *items: dict[str, object]) -> list[str]:
        taken = self.take_in(ActivitiesTold("orders", items), caller=SHOP, now=self.now)
        assert [one.place for one in taken.items] == list(range(len(items)))
        return [one.outcome for one in taken.items]

    def shown(self, patient_id: PatientId = MARIA) -> tuple[ActivityShown, ...]:
        which = WhichActivities(limit=100)
        shown = timeline(self.house.documents, patient_id, which, lambda _: True, sees_clinical=True)
        return shown.activities

    def said(self, patient_id: PatientId = MARIA) -> list[tuple[datetime, str | None]]:
        return [(one.at, one.event) for one in self.shown(patient_id)]


@pytest.fixture
def shop(tmp_path: Path) -> Generator[Shop]:
    with a_house(tmp_path) as house:
        record = SqliteRecord(tmp_path / "record.db", clock=house.clock)
        record.load([a_patient(), a_patient("li")])
        yield Shop(house, record)
        record.close()


class TestAnItem:
    def test_told_again_changes_nothing(self, shop: Shop) -> None:
        once = shop.tells(item(what="placed"), item("o-2", of="Patient/li"))
        again = shop.tells(item(what="placed"), item("o-2", of="li"), item(what="placed"))

        assert (once, again) == (["created", "created"], ["unchanged"] * 3)
        assert (shop.said(), shop.said(LI)) == ([(NOON, "placed")], [(NOON, None)])

    def test_changed_later_takes_the_place_of_the_former(self, shop: Shop) -> None:
        shop.tells(item(what="placed", changed=NOON.isoformat()))
        other = item(what="paid", at=NOON - LATER, changed=(NOON + LATER).isoformat())

        assert shop.tells(other) == ["updated"]
        assert shop.tells(item(what="placed", changed=NOON.isoformat())) == ["outdated"]
        assert shop.said() == [(NOON - LATER, "paid")]

    def test_that_says_otherwise_as_of_the_same_moment_is_not_believed(self, shop: Shop) -> None:
        shop.tells(item(what="placed"))

        assert shop.tells(item(what="paid")) == ["contradicted"]
        assert shop.said() == [(NOON, "placed")]

    def test_goes_back_to_where_it_stood(self, shop: Shop) -> None:
        moments = (NOON, NOON - LATER, NOON)

        told = [
            shop.tells(item(at=at, changed=(NOON + number * LATER).isoformat()))
            for number, at in enumerate(moments)
        ]

        assert told == [["created"], ["updated"], ["updated"]]
        assert shop.said() == [(NOON, None)]

    def test_of_nobody_we_know_is_refused_by_itself(self, shop: Shop) -> None:
        assert shop.tells(item(of="stranger"), item(), item("o-3", of="../li")) == [
            "refused",
            "created",
            "refused",
        ]

    def test_twice_in_one_batch_is_told_one_after_the_other(self, shop: Shop) -> None:
        outcomes = shop.tells(item(what="placed"), item(what="paid", at=NOON + LATER), item(what="placed"))

        assert outcomes == ["created", "updated", "outdated"]
        assert shop.said() == [(NOON + LATER, "paid")]

    def test_under_the_key_of_another_type_is_another(self, shop: Shop) -> None:
        clinic = replace(ORDERS, source="Clinic")
        PutActivityType(shop.house.documents)(
            clinic, type_id="visits", caller=SHOP, now=shop.now, if_match=None
        )
        shop.tells(item())
        shop.take_in(ActivitiesTold("visits", (item(),)), caller=SHOP, now=shop.now)

        assert sorted(one.source for one in shop.shown()) == ["Clinic", "Web shop"]

    def test_withdrawn_stays_out_though_it_is_told_again(self, shop: Shop) -> None:
        shop.tells(item())
        (one,) = shop.shown()
        withdraw = WithdrawActivity(shop.house.documents)
        for _ in range(2):
            withdraw(patient_id=MARIA, activity_id=one.id, caller=SHOP, now=shop.now)

        assert shop.shown() == ()
        assert shop.tells(item(what="paid", at=NOON + LATER)) == ["withdrawn"]
        assert shop.shown() == ()

    def test_of_real_time_is_forgotten_after_thirty_days(self, shop: Shop) -> None:
        live = replace(ORDERS, is_real_time=True)
        PutActivityType(shop.house.documents)(
            live, type_id="clicks", caller=SHOP, now=shop.now, if_match=None
        )
        shop.take_in(ActivitiesTold("clicks", (item("c-1"),)), caller=SHOP, now=shop.now)
        shop.tells(item())
        shop.house.clock.pass_by(timedelta(days=30))

        assert [one.activity_type for one in shop.shown()] == ["orders"]
        again = shop.take_in(ActivitiesTold("clicks", (item("c-1"),)), caller=SHOP, now=shop.now)
        assert [one.outcome for one in again.items] == ["created"]


class TestManyItems:
    def test_of_one_patient_are_all_taken_in(self, shop: Shop) -> None:
        many = [item(f"o-{number}", at=NOON + number * LATER) for number in range(60)]

        assert shop.tells(*many) == ["created"] * 60
        assert [at for at, _ in shop.said()] == [NOON + number * LATER for number in reversed(range(60))]


words = st.tuples(st.sampled_from(("o-1", "o-2")), st.integers(0, 3), st.integers(0, 3))


class TestAnyOrder:
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(told=st.lists(st.lists(words, max_size=4), max_size=6))
    def test_leaves_the_latest_word_of_each(
        self, told: list[list[tuple[str, int, int]]], tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        """Of words as of the same moment, the first told is believed."""
        folder = tmp_path_factory.mktemp("shop")
        with a_house(folder) as house:
            record = SqliteRecord(folder / "record.db", clock=house.clock)
            record.load([a_patient()])
            shop = Shop(house, record)
            latest: dict[str, tuple[int, int]] = {}
            for batch in told:
                shop.tells(*(_word(key, as_of, hour) for key, as_of, hour in batch))
                for key, as_of, hour in batch:
                    known = latest.get(key)
                    if known is None or as_of > known[0]:
                        latest[key] = (as_of, hour)

            found = {(one.at, one.event) for one in shop.shown()}
            record.close()

        assert found == {(NOON + (as_of + hour) * LATER, f"{as_of}") for as_of, hour in latest.values()}


def _word(key: str, as_of: int, hour: int) -> dict[str, object]:
    at = NOON + (as_of + hour) * LATER
    return item(key, at=at, what=f"{as_of}", changed=(NOON + as_of * LATER).isoformat())
