"""Slots that are past, that no clock ever shows, and that are none at all (D11, AP-1…4)."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from tests.support.issuer import NOON, Issuer
from tests.support.product import Answer, Product, a_product
from tests.support.product_chat import TOMORROW, offer_slots, open_chat_desk

YESTERDAY = NOON - timedelta(days=1)
ONE_MINUTE_AGO = NOON - timedelta(minutes=1)
ZONE = "time_zone=Europe/London"
"""London's clocks go from 01:00 to 02:00 on 28 March 2027, and from 02:00 back to 01:00 on 31 October."""


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> Generator[Product]:
    with a_product(tmp_path_factory.mktemp("booking"), issuer) as one:
        offer_slots(open_chat_desk(one), YESTERDAY, ONE_MINUTE_AGO, TOMORROW, TOMORROW + timedelta(hours=1))
        yield one


def books(product: Product, slot_id: str, patient_id: str = "maria") -> Answer:
    body = {"slot_id": slot_id}
    return product.ask("POST", "/api/me/appointments", body=body, token=product.patient(patient_id))


def books_for(product: Product, slot_id: str, patient_id: str = "maria") -> Answer:
    token = product.staff("care_coordinator")
    return product.ask(
        "POST", f"/api/patients/{patient_id}/appointments", body={"slot_id": slot_id}, token=token
    )


def searches(product: Product, **asked: str) -> Answer:
    query = "&".join(f"{name}={quote(value)}" for name, value in asked.items())
    return product.ask("GET", f"/api/slots?{query}", token=product.patient("maria"))


class TestPastSlots:
    @pytest.mark.parametrize("slot_id", ["slot-0", "slot-1"])
    def test_are_not_booked(self, product: Product, slot_id: str) -> None:
        for answer in (books(product, slot_id), books_for(product, slot_id)):
            assert answer.status in (409, 422)
        assert product.app.record.read("Slot", slot_id)["status"] == "free"

    def test_are_not_found(self, product: Product) -> None:
        found = searches(product, starts_from="2020-01-01T00:00:00Z", starts_before="2026-11-05T00:00:00Z")

        assert {slot["id"] for slot in found.json.get("slots", [])} <= {"slot-2", "slot-3"}

    def test_are_nothing_to_move_to(self, product: Product) -> None:
        booked = books(product, "slot-3", "john").json["id"]
        token = product.patient("john")
        path = f"/api/me/appointments/{booked}"

        moved = product.ask("POST", f"{path}/reschedule", body={"slot_id": "slot-0"}, token=token)

        assert moved.status in (409, 422)
        assert product.ask("GET", path, token=token).json["status"] == "booked"
        assert product.app.record.read("Slot", "slot-3")["status"] == "busy"


class TestWallTimes:
    @pytest.mark.parametrize("shown", ["2027-03-28T01:00:00", "2027-03-28T01:30:00", "2027-03-28T01:59:59"])
    @pytest.mark.parametrize("field", ["starts_from", "starts_before"])
    def test_that_no_clock_ever_shows_are_refused(self, product: Product, field: str, shown: str) -> None:
        answer = searches(product, **{field: shown, "time_zone": "Europe/London"})

        assert (answer.status, answer.fields) == (400, {field})

    @pytest.mark.parametrize("shown", ["2027-03-28T00:59:59", "2027-03-28T02:00:00", "2027-10-31T01:30:00"])
    def test_beside_the_gap_and_those_shown_twice_are_understood(self, product: Product, shown: str) -> None:
        assert searches(product, starts_from=shown, time_zone="Europe/London").status == 200

    def test_in_the_gap_of_one_zone_may_be_shown_in_another(self, product: Product) -> None:
        assert searches(product, starts_from="2027-03-28T01:30:00", time_zone="Asia/Tokyo").status == 200

    @pytest.mark.parametrize(
        "zone",
        ["Mars/Olympus", "../../etc/passwd", "/etc/localtime", "Europe", "\x00", "x" * 5000, "GMT+25"],
    )
    def test_of_no_zone_are_refused(self, product: Product, zone: str) -> None:
        answer = searches(product, starts_from="2027-01-01T10:00:00", time_zone=zone)

        assert (answer.status, answer.fields) == (400, {"time_zone"})


class TestSlotsInTheGap:
    def test_are_instants_and_shown_as_the_clock_will_show_them(
        self, tmp_path_factory: pytest.TempPathFactory, issuer: Issuer
    ) -> None:
        """A slot of 01:30 UTC, when London's clocks have gone on to 02:30."""
        night = datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
        with a_product(tmp_path_factory.mktemp("night"), issuer, at=night - timedelta(days=1)) as product:
            offer_slots(open_chat_desk(product), night - timedelta(hours=1), night)
            found = searches(product, time_zone="Europe/London").json["slots"]

            assert [slot["label"][: -len(" with Holm")] for slot in found] == [
                "Sunday 28 March 2027, 00:30",
                "Sunday 28 March 2027, 02:30",
            ]
            assert [slot["starts_at"] for slot in found] == [
                "2027-03-28T00:30:00Z",
                "2027-03-28T02:30:00+01:00",
            ]
            assert books(product, "slot-1").status == 201


class TestNonsense:
    @pytest.mark.parametrize(
        "slot_id", ["", "no-such", "a/b", "\x00", "x" * 5000, "Slot/slot-2", "slot-2?x=1", "holm"]
    )
    def test_is_no_slot(self, product: Product, slot_id: str) -> None:
        """That somebody wished for it is remembered; the record stays as it is."""
        before = product.app.embedded_record.events(0, 1_000)

        assert {books(product, slot_id).status, books_for(product, slot_id).status} <= {400, 404, 422}
        assert product.app.embedded_record.events(0, 1_000) == before

    def test_for_nobody_books_nothing(self, product: Product) -> None:
        assert books_for(product, "slot-2", "nobody").status in (404, 422)
        assert product.app.record.read("Slot", "slot-2")["status"] == "free"
