"""What people are shown: free slots, their appointments, and what became of their wishes (AP-2)."""

from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.sqlite_record import SqliteRecord
from shared.appointments.in_fhir import IS_VIRTUAL, Time
from shared.appointments.list_bookings import ListBookings, WhichBookings
from shared.appointments.model import AppointmentWords
from shared.appointments.read_appointment_now import LONGEST_NAME
from shared.appointments.refusals import NoSuchAppointment
from shared.appointments.search_slots import SearchSlots, SlotsQuery
from shared.fhir.ports import ClinicalRecord, SearchPage, SearchParameters
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Nonsense, NotFound
from tests.rooms.appointments.desk import (
    ADA,
    BOB,
    CARER,
    LONDON,
    NURSE,
    SATURDAY,
    Desk,
    a_desk,
    a_schedule,
    a_slot,
    an_appointment,
    monday,
)


@pytest.fixture
def desk(tmp_path: Path) -> Generator[Desk]:
    with a_desk(tmp_path) as desk:
        yield desk


@dataclass
class Counting:
    """A record that counts the free slots it has given."""

    whole: SqliteRecord
    free_slots_read: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)

    def search(self, type_: str, asked: SearchParameters, *, page: str | None = None) -> SearchPage:
        found = self.whole.search(type_, asked, page=page)
        if type_ == "Slot" and ("status", "free") in asked.pairs:
            self.free_slots_read += len(found.matches)
        return found


class TestSearchingSlots:
    def test_shows_what_there_is_to_choose_by(self, desk: Desk) -> None:
        desk.has(a_slot("nine", monday(9)))

        (slot,) = desk.search()

        assert (slot.id, slot.label) == ("nine", "Monday 30 March 2026, 09:00 with Dr Holm at North Clinic")
        assert (slot.practitioner_id, slot.location_name, slot.specialty) == ("holm", "North Clinic", "GP")
        assert slot.starts_at.isoformat() == "2026-03-30T09:00:00+01:00"
        assert slot.ends_at - slot.starts_at == timedelta(minutes=20)
        assert slot.is_virtual is False

    def test_gives_the_times_of_the_zone_that_was_asked_for(self, desk: Desk) -> None:
        desk.has(a_slot("nine", monday(9)))

        (slot,) = desk.search(time_zone="America/New_York")

        assert slot.starts_at.isoformat() == "2026-03-30T04:00:00-04:00"
        assert slot.label.startswith("Monday 30 March 2026, 04:00")

    def test_gives_the_times_of_the_clinics_own_zone_unless_asked(self, desk: Desk) -> None:
        in_madrid = datetime(2026, 3, 30, 9, 0, tzinfo=ZoneInfo("Europe/Madrid"))
        desk.has(a_slot("nine", in_madrid))

        (slot,) = desk.search()

        assert slot.starts_at.isoformat() == "2026-03-30T09:00:00+02:00"
        assert slot.ends_at.isoformat() == "2026-03-30T09:20:00+02:00"
        assert slot.label.startswith("Monday 30 March 2026, 09:00")

    @pytest.mark.parametrize("nobody_knows", ["Z", "-00:00"])
    def test_gives_those_of_the_organisation_where_nobody_knows_the_clinics(
        self, desk: Desk, nobody_knows: str
    ) -> None:
        start, end = (f"2026-03-30T08:{minute}:00{nobody_knows}" for minute in ("00", "20"))
        desk.has(a_slot("nine", monday(9)) | {"start": start, "end": end})

        (slot,) = desk.search()

        assert (slot.starts_at, slot.starts_at.isoformat()) == (monday(9), "2026-03-30T09:00:00+01:00")

    def test_says_where_to_look_when_it_is_by_video(self, desk: Desk) -> None:
        video: dict[str, Any] = {"extension": [{"url": IS_VIRTUAL, "valueBoolean": True}]}
        desk.has(a_slot("nine", monday(9), **video))

        assert [slot.label for slot in desk.search()] == ["Monday 30 March 2026, 09:00 with Dr Holm by video"]

    def test_calls_a_role_as_whoever_fills_it(self, desk: Desk) -> None:
        role = {"practitioner": {"reference": "Practitioner/holm"}}
        desk.has(
            {"resourceType": "PractitionerRole", "id": "on-call", **role},
            a_schedule("mornings", "PractitionerRole/on-call"),
            a_slot("nine", monday(9)),
        )

        (slot,) = desk.search()

        assert (slot.practitioner_id, slot.practitioner_name) == ("holm", "Dr Holm")
        assert desk.books("nine").practitioner_name == "Dr Holm"

    @pytest.mark.parametrize("practitioner", [None, "holm"])
    def test_reads_no_more_of_a_full_calendar_than_a_page_takes(
        self, desk: Desk, practitioner: str | None
    ) -> None:
        desk.has(
            *(a_slot(f"s-{number}", monday(8) + timedelta(minutes=20 * number)) for number in range(400))
        )
        counting = Counting(desk.record)

        query = SlotsQuery(limit=7, practitioner=practitioner)
        found = SearchSlots(cast("ClinicalRecord", counting), "Europe/London")(query, now=desk.now)

        assert [slot.id for slot in found.slots] == [f"s-{number}" for number in range(7)]
        assert 0 < counting.free_slots_read <= 20

    def test_shows_no_slot_that_could_not_be_booked(self, desk: Desk) -> None:
        desk.has(
            a_slot("past", SATURDAY - timedelta(hours=1)),
            a_slot("busy", monday(8), status="busy"),
            a_slot("under-a-walk-in", monday(9)),
            a_slot("walk-in", monday(9, 10), schedule="walk-ins", status="busy-tentative"),
            a_slot("under-a-round", monday(10)),
            an_appointment("round", monday(10, 10), "Practitioner/holm"),
            a_schedule("old", "Practitioner/holm", active=False),
            a_slot("of-old", monday(11), schedule="old"),
            a_schedule("nobody's", "Location/north"),
            a_slot("of-nobody", monday(12), schedule="nobody's"),
            a_slot("far", monday(9) + timedelta(days=14)),
            a_slot("good", monday(13)),
        )

        assert [slot.id for slot in desk.search()] == ["good"]

    def test_shows_only_what_was_asked_for(self, desk: Desk) -> None:
        video: dict[str, Any] = {"extension": [{"url": IS_VIRTUAL, "valueBoolean": True}]}
        other = {"coding": [{"code": "408443003"}]}
        desk.has(
            a_schedule("others", "Practitioner/other"),
            a_slot("nine", monday(9)),
            a_slot("other", monday(9), schedule="others"),
            a_slot("video", monday(10), **video),
            a_slot("travel", monday(11), specialty=[other]),
        )

        assert [slot.id for slot in desk.search(practitioner="holm")] == ["nine", "video", "travel"]
        assert [slot.id for slot in desk.search(practitioner="nobody")] == []
        assert [slot.id for slot in desk.search(mode="virtual")] == ["video"]
        assert [slot.id for slot in desk.search(mode="in_person")] == ["nine", "other", "travel"]
        assert [slot.id for slot in desk.search(specialty="408443003")] == ["travel"]

    def test_knows_a_virtual_schedule_by_its_code(self, desk: Desk) -> None:
        code = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "VR"}
        desk.has(
            a_schedule("mornings", "Practitioner/holm", serviceCategory=[{"coding": [code]}]),
            a_slot("nine", monday(9)),
        )

        assert [slot.is_virtual for slot in desk.search()] == [True]

    def test_reads_wall_times_in_the_zone(self, desk: Desk) -> None:
        desk.has(*(a_slot(f"at-{hour}", monday(hour)) for hour in (8, 9, 10, 11)))

        found = desk.search(starts_from="2026-03-30T09:00", starts_before="2026-03-30T11:00")

        assert [slot.id for slot in found] == ["at-9", "at-10"]

    def test_reads_offsets_as_they_are_even_where_the_plus_sign_was_lost(self, desk: Desk) -> None:
        desk.has(*(a_slot(f"at-{hour}", monday(hour)) for hour in (8, 9, 10, 11)))

        found = desk.search(starts_from="2026-03-30T10:00:00 02:00", starts_before="2026-03-30T09:00:00Z")

        assert [slot.id for slot in found] == ["at-9"]

    def test_over_the_night_that_is_an_hour_short_misses_nothing(self, desk: Desk) -> None:
        midnight = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
        desk.has(*(a_slot(f"at-{hour}", midnight + timedelta(hours=hour)) for hour in range(4)))

        found = desk.search(starts_from="2026-03-29T00:00", starts_before="2026-03-29T04:00")

        shown = [slot.starts_at.astimezone(LONDON).strftime("%H:%M") for slot in found]
        assert shown == ["00:00", "02:00", "03:00"]

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"starts_from": "2026-03-29T01:30"}, "starts_from"),
            ({"starts_before": "2026-03-29T01:00:00"}, "starts_before"),
            ({"starts_from": "soon"}, "starts_from"),
            ({"starts_from": "2026-02-30"}, "starts_from"),
            ({"starts_from": "0001-01-01T00:00+14:00"}, "starts_from"),
            ({"starts_before": "2026-12-31"}, "starts_before"),
            ({"time_zone": "Europe/Nowhere"}, "time_zone"),
            ({"time_zone": "../../etc/passwd"}, "time_zone"),
            ({"time_zone": "Europe"}, "time_zone"),
            ({"practitioner": "a,b"}, "practitioner"),
            ({"specialty": "1|2,3"}, "specialty"),
            ({"after": "x"}, "after"),
        ],
    )
    def test_tells_which_field_cannot_be_understood(
        self, desk: Desk, query: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(Nonsense) as refused:
            desk.search(**query)

        assert [name for name, _ in refused.value.fields] == [field]

    @pytest.mark.parametrize("limit", [1, 2, 3, 7])
    def test_comes_in_pages_that_leave_nothing_out(self, desk: Desk, limit: int) -> None:
        desk.has(
            a_schedule("others", "Practitioner/other"),
            *(a_slot(f"h-{number}", monday(8, 20 * number % 60)) for number in range(3)),
            *(a_slot(f"o-{number}", monday(8, 20 * number), schedule="others") for number in range(3)),
            *(a_slot(f"t-{number}", monday(9 + number), status="busy") for number in range(3)),
            a_slot("late", monday(18)),
        )
        search, shown, after = SearchSlots(desk.record, "Europe/London"), list[str](), None

        for _ in range(20):
            found = search(SlotsQuery(limit=limit, after=after), now=desk.now)
            shown += [slot.id for slot in found.slots]
            after = found.next
            if after is None:
                break

        assert shown == ["h-0", "o-0", "h-1", "o-1", "h-2", "o-2", "late"]


class TestAppointments:
    def test_are_listed_with_the_next_one_first(self, desk: Desk) -> None:
        hour = timedelta(hours=1)
        desk.has(
            an_appointment("long-ago", SATURDAY - 900 * hour, "Patient/ada", status="fulfilled"),
            an_appointment("yesterday", SATURDAY - 20 * hour, "Patient/ada", status="noshow"),
            an_appointment("next-week", SATURDAY + 170 * hour, "Patient/ada"),
            an_appointment("tomorrow", SATURDAY + 20 * hour, "Patient/ada"),
            an_appointment("mistaken", SATURDAY + 20 * hour, "Patient/ada", status="entered-in-error"),
            an_appointment("bobs", SATURDAY + 20 * hour, "Patient/bob"),
        )
        shown, after = list[str](), None

        for _ in range(3):
            page = desk.lists(limit=2, after=after)
            shown += [one.id for one in page.appointments]
            after = page.next
            if after is None:
                break

        assert shown == ["tomorrow", "next-week", "yesterday", "long-ago"]

    def test_of_others_are_not_there(self, desk: Desk) -> None:
        desk.has(an_appointment("bobs", monday(9), "Patient/bob"))

        with pytest.raises(NoSuchAppointment):
            desk.reads("bobs", of=ADA)
        assert desk.lists(ADA).appointments == ()

    def test_cannot_be_asked_for_two_patients_at_once(self, desk: Desk) -> None:
        desk.has(an_appointment("bobs", monday(9), "Patient/bob"))

        assert desk.lists(PatientId("ada,bob"), caller=NURSE).appointments == ()

    def test_refuse_a_page_that_nobody_was_given(self, desk: Desk) -> None:
        with pytest.raises(Nonsense, match="after"):
            desk.lists(after="0~1~';--")

    def test_show_the_reason_to_those_who_treat_and_to_nobody_else(self, desk: Desk) -> None:
        desk.has(a_slot("nine", monday(9)))
        desk.books("nine", reason="A lump")

        reasons = [desk.lists(caller=who).appointments[0].reason.value for who in (CARER, NURSE)]
        assert reasons == ["A lump", None]
        assert desk.lists().appointments[0].reason.value == "A lump"

    @pytest.mark.parametrize(
        "bob",
        [
            {"reference": "Patient/bob"},
            {"reference": "https://elsewhere.example/fhir/Patient/ada"},
            {"type": "Patient", "identifier": {"system": "urn:mrn", "value": "MRN-bob"}},
        ],
    )
    def test_of_several_patients_show_nobodys_reason(self, desk: Desk, bob: dict[str, Any]) -> None:
        """It may be Bob's."""
        visit = an_appointment("both", monday(9), "Patient/ada", reasonCode=[{"text": "A lump"}])
        desk.has({**visit, "participant": [*visit["participant"], {"actor": bob, "status": "accepted"}]})

        assert desk.lists().appointments[0].reason.value is None
        assert desk.lists(caller=CARER).appointments[0].reason.value is None

    def test_are_told_to_rooms_above_as_they_are_now(self, desk: Desk) -> None:
        desk.has(a_slot("nine", monday(9)))
        booked = desk.books("nine")
        desk.cancels(booked.id)

        now = desk.read_now(ADA, booked.id)

        assert (now.status, now.starts_at) == ("cancelled", monday(9))
        assert now.words == AppointmentWords("2026-03-30T09:00:00+01:00", "North Clinic", "Dr Holm")
        with pytest.raises(NotFound):
            desk.read_now(BOB, booked.id)

    def test_are_told_in_words_of_the_clinic(self, desk: Desk) -> None:
        in_madrid = datetime(2026, 3, 30, 9, 0, tzinfo=ZoneInfo("Europe/Madrid"))
        video: dict[str, Any] = {"extension": [{"url": IS_VIRTUAL, "valueBoolean": True}]}
        desk.has(
            {"resourceType": "Location", "id": "north", "name": "Clínica\n\x07 Norte " + "x" * 500},
            a_slot("nine", in_madrid, **video),
        )
        booked = desk.books("nine")

        words = desk.read_now(ADA, booked.id).words

        assert booked.starts_at is not None
        assert booked.starts_at.isoformat() == "2026-03-30T09:00:00+02:00"
        assert words is not None
        assert (words.at, words.by_video) == ("2026-03-30T09:00:00+02:00", True)
        assert words.place.startswith("Clínica Norte x")
        assert len(words.place) == LONGEST_NAME

    def test_that_nobody_has_a_name_for_leave_the_words_empty(self, desk: Desk) -> None:
        desk.has(an_appointment("round", monday(9), "Patient/ada", "Practitioner/gone", "Location/gone"))

        assert desk.read_now(ADA, "round").words == AppointmentWords("2026-03-30T09:00:00+01:00")


class TestBookings:
    def test_tell_what_became_of_each_wish(self, desk: Desk) -> None:
        desk.has(a_slot("nine", monday(9)), a_slot("ten", monday(10)))
        booked = desk.books("nine")
        desk.cancels(booked.id)

        found = ListBookings(desk.house.documents)(WhichBookings(), patient_id=ADA)

        assert [(one.wants, one.state, one.slot_id) for one in found.bookings] == [
            ("cancel", "done", None),
            ("book", "done", "nine"),
        ]
        assert ListBookings(desk.house.documents)(WhichBookings(), patient_id=BOB).bookings == ()


class TestOverlap:
    @given(st.tuples(*[st.integers(1, 40)] * 2), st.tuples(*[st.integers(1, 40)] * 2))
    def test_is_sharing_a_moment(self, one: tuple[int, int], other: tuple[int, int]) -> None:
        first, second = Time(one[0], one[0] + one[1]), Time(other[0], other[0] + other[1])
        moments = set(range(first.start, first.end)) & set(range(second.start, second.end))

        assert first.overlaps(second) == second.overlaps(first) == bool(moments)
