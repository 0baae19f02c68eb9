from datetime import UTC, date, datetime
from typing import Any

import pytest

from shared.kernel.refusals import Nonsense
from shared.kernel.sensitive import Sensitive
from shared.patients.contact_keys import ContactKeys, channel_of, contact_partition
from shared.patients.in_fhir import profile_from
from shared.patients.model import Channel, Profile
from tests.rooms.patients.builders import a_patient, email, phone

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def profile(*telecom: dict[str, Any], **more: Any) -> Profile:
    return profile_from(a_patient("ada", *telecom, **more), region="GB")


def address(read: Profile, channel: Channel) -> str | None:
    point = read.preferred(channel, NOW)
    return point.value.value if point else None


class TestProfile:
    def test_reads_who_it_is(self) -> None:
        read = profile()

        assert (read.given.value, read.family.value, read.language) == ("Ada", "O'Neill", "en-GB")
        assert read.birth_date.value == date(1961, 5, 4)
        assert read.is_reachable

    def test_spells_numbers_and_addresses_in_one_way(self) -> None:
        read = profile(phone("(07700) 900 123"), email("Ada.ONeill@Example.ORG"))

        assert address(read, Channel.SMS) == "+447700900123"
        assert address(read, Channel.EMAIL) == "Ada.ONeill@example.org"

    def test_prefers_the_lowest_rank_and_puts_unranked_last(self) -> None:
        read = profile(phone("07700900001"), phone("07700900002", rank=2), phone("07700900003", rank=1))

        assert address(read, Channel.SMS) == "+447700900003"

    def test_never_uses_an_old_one_or_one_outside_its_period(self) -> None:
        read = profile(
            phone("07700900001", use="old", rank=1),
            phone("07700900002", rank=2, period={"end": "2026-03-01"}),
            phone("07700900003", rank=3, period={"start": "2026-03-03"}),
            phone("07700900004", rank=4, period={"start": "2026-03-02", "end": "2026-03-02"}),
        )

        assert address(read, Channel.SMS) == "+447700900004"

    @pytest.mark.parametrize("number", ["020 7946 0018", "07700", "ask my daughter", "+44"])
    def test_does_not_text_what_takes_no_texts(self, number: str) -> None:
        assert address(profile(phone(number, use="home")), Channel.SMS) is None

    def test_texts_a_home_number_that_its_country_says_is_mobile(self) -> None:
        assert address(profile(phone("07911 123456", use="home")), Channel.SMS) == "+447911123456"

    @pytest.mark.parametrize(
        "text",
        [
            "ada",
            "ada@",
            "@example.org",
            "ada@localhost",
            "ada o@example.org",
            "<ada@example.org>",
            "Ada<ada@example.org>",
            "(c)ada@example.org",
            "mailto:ada@example.org",
            "group:ada@example.org",
            "ada@example.org,eve@example.com",
            "ada@example.org;eve@example.com",
            "ada\x00@example.org",
            f"{'a' * 250}@example.org",
        ],
    )
    def test_does_not_write_to_what_is_no_mailbox(self, text: str) -> None:
        assert address(profile(email(text)), Channel.EMAIL) is None

    @pytest.mark.parametrize(
        "more",
        [
            {"deceasedBoolean": True},
            {"deceasedDateTime": "2026-01-01"},
            {"active": False},
            {"link": [{"type": "replaced-by", "other": {"reference": "Patient/newer"}}]},
        ],
    )
    def test_is_not_reachable_when_dead_inactive_or_merged_away(self, more: dict[str, Any]) -> None:
        assert not profile(**more).is_reachable

    def test_stays_reachable_when_another_record_was_merged_into_it(self) -> None:
        older = {"link": [{"type": "replaces", "other": {"reference": "Patient/older"}}]}

        assert profile(**older).is_reachable

    def test_survives_a_record_with_nothing_or_nonsense_in_it(self) -> None:
        telecom = [None, {"system": "email"}, {"value": 7}]
        odd: dict[str, Any] = {"name": "Ada", "telecom": telecom, "communication": {}}

        read = profile_from({"resourceType": "Patient", "id": "x", **odd}, region="GB")

        assert read.contact_points == ()
        assert read.given == Sensitive(None)

    def test_is_read_from_patients_only(self) -> None:
        with pytest.raises(Nonsense):
            profile_from({"resourceType": "Person", "id": "x"}, region="GB")

    def test_shows_nothing_when_printed(self) -> None:
        printed = repr(profile())

        assert "900123" not in printed
        assert "Neill" not in printed
        assert "1961" not in printed


class TestContactKeys:
    def test_name_a_contact_point_for_what_it_is_under_a_key(self) -> None:
        ours, theirs = ContactKeys(Sensitive(b"ours")), ContactKeys(Sensitive(b"theirs"))

        contact = ours.contact(Channel.SMS, "+447700900123")

        assert contact == ours.contact(Channel.SMS, "+447700900123")
        assert contact != theirs.contact(Channel.SMS, "+447700900123")
        assert contact != ours.contact(Channel.EMAIL, "+447700900123")
        assert "900123" not in contact

    def test_name_a_mailbox_alike_in_whatever_case_it_is_spelt(self) -> None:
        keys = ContactKeys(Sensitive(b"ours"))

        contact = keys.contact(Channel.EMAIL, "Ada.ONeill@example.org")

        assert contact == keys.contact(Channel.EMAIL, "ada.oneill@EXAMPLE.ORG")
        assert contact != keys.contact(Channel.EMAIL, "ada.o.neill@example.org")

    def test_lead_to_the_partition_and_the_channel(self) -> None:
        contact = ContactKeys(Sensitive(b"ours")).contact(Channel.SMS, "+447700900123")

        assert contact_partition(contact) == f"contact/sms/{contact.removeprefix('sms~')}"
        assert channel_of(contact) is Channel.SMS
