from datetime import UTC, datetime
from typing import Any

from shared.consent.in_fhir import CHANNELS, TOPICS, consents_in
from shared.consent.model import Choice, Purpose
from shared.patients.model import Channel

REASONS = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
MODES = "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode"


def a_consent(provision: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Consent",
        "id": "spring",
        "status": "active",
        "patient": {"reference": "Patient/ada"},
        "dateTime": "2026-03-02T09:00:00Z",
        "policyRule": {"coding": [{"code": "OPTIN"}]},
        **({"provision": provision} if provision else {}),
        **more,
    }


def purpose(code: str) -> list[dict[str, str]]:
    return [{"system": REASONS, "code": code}]


def coded(system: str, *codes: str) -> list[dict[str, Any]]:
    return [{"coding": [{"system": system, "code": code}]} for code in codes]


def read(resource: dict[str, Any]) -> set[tuple[Channel, Purpose, str | None, Choice]]:
    return {
        (one.channel, one.consent.purpose, one.consent.topic, one.consent.choice)
        for one in consents_in(resource)
    }


class TestConsentsInFhir:
    def test_permit_marketing_by_text_message_on_a_topic(self) -> None:
        permits = a_consent(
            {
                "type": "permit",
                "purpose": purpose("HMARKT"),
                "code": [*coded(CHANNELS, "sms"), *coded(TOPICS, "diabetes")],
            }
        )

        assert read(permits) == {(Channel.SMS, Purpose.COMMERCIAL, "diabetes", Choice.OPTED_IN)}

    def test_know_hl7s_own_word_for_email(self) -> None:
        denies = a_consent(
            {"type": "deny", "purpose": purpose("CAREMGT"), "class": [{"system": MODES, "code": "EMAILWRIT"}]}
        )

        assert read(denies) == {(Channel.EMAIL, Purpose.TRANSACTIONAL, None, Choice.OPTED_OUT)}

    def test_let_an_exception_win_over_the_rule_around_it(self) -> None:
        all_but_text = a_consent(
            {
                "type": "permit",
                "purpose": purpose("HMARKT"),
                "provision": [{"type": "deny", "code": coded(CHANNELS, "sms")}],
            }
        )

        assert (Channel.SMS, Purpose.COMMERCIAL, None, Choice.OPTED_OUT) in read(all_but_text)
        assert (Channel.SMS, Purpose.COMMERCIAL, None, Choice.OPTED_IN) not in read(all_but_text)
        assert (Channel.EMAIL, Purpose.COMMERCIAL, None, Choice.OPTED_IN) in read(all_but_text)

    def test_take_a_denial_of_a_channel_for_every_purpose(self) -> None:
        never_text = a_consent({"type": "deny", "code": coded(CHANNELS, "sms")})

        assert {(each[1], each[3]) for each in read(never_text)} == {
            (Purpose.COMMERCIAL, Choice.OPTED_OUT),
            (Purpose.TRANSACTIONAL, Choice.OPTED_OUT),
        }

    def test_say_nothing_when_they_are_about_sharing_records(self) -> None:
        assert read(a_consent({"type": "permit"})) == set()
        assert read(a_consent({"type": "permit", "purpose": purpose("HRESCH")})) == set()

    def test_say_nothing_as_drafts_errors_or_rejected(self) -> None:
        provision = {"type": "permit", "purpose": purpose("HMARKT")}

        for status in ("draft", "proposed", "rejected", "entered-in-error"):
            assert read(a_consent(provision, status=status)) == set()

    def test_take_back_what_they_said_when_they_become_inactive(self) -> None:
        ended = a_consent(
            {"type": "permit", "purpose": purpose("HMARKT"), "code": coded(CHANNELS, "sms")},
            status="inactive",
            meta={"lastUpdated": "2026-05-01T00:00:00Z"},
        )

        (one,) = consents_in(ended)

        assert one.consent.choice is Choice.NOT_SET
        assert one.consent.at == datetime(2026, 5, 1, tzinfo=UTC)

    def test_were_said_no_later_than_they_were_written_down(self) -> None:
        provision = {"type": "permit", "purpose": purpose("HMARKT"), "code": coded(CHANNELS, "sms")}
        ahead = a_consent(provision, dateTime="2026-06-01", meta={"lastUpdated": "2026-05-01T00:00:00Z"})

        (one,) = consents_in(ahead)

        assert one.consent.at == datetime(2026, 5, 1, tzinfo=UTC)
        assert one.counts_from == datetime(2026, 6, 1, tzinfo=UTC)

    def test_end_with_their_period_the_last_day_included(self) -> None:
        until_june = a_consent(
            {
                "type": "permit",
                "purpose": purpose("HMARKT"),
                "code": coded(CHANNELS, "sms"),
                "period": {"end": "2026-06-30"},
            }
        )

        (one,) = consents_in(until_june)

        assert one.consent.until == datetime(2026, 7, 1, tzinfo=UTC)
