"""What the house has decided about sending: nights are quiet, and a no is a no (decision 0007)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.consent.model import Allowed, Choice, Enforcement, Purpose, Use, may_contact
from shared.kernel.identity import PatientId
from shared.messaging.gate.decide import Allow, decide
from shared.messaging.gate.situation import Hold, Refuse
from shared.messaging.model import Channel, Reason
from shared.wiring.house_rules import DISTURBING, gate_rules
from tests.rooms.messaging.builders import NOON, a_consent, a_situation, a_template, an_order

RULES = gate_rules("Europe/London")
A_DAY = timedelta(days=1)


def outcome(channel: Channel = Channel.SMS, **more: Any) -> Allow | Hold | Refuse:
    return decide(a_situation(order=an_order(channel=channel), **more), RULES).outcome


class TestNight:
    @pytest.mark.parametrize("channel", DISTURBING)
    @pytest.mark.parametrize("purpose", [Purpose.COMMERCIAL, Purpose.TRANSACTIONAL])
    def test_is_quiet_on_channels_that_ring(self, channel: Channel, purpose: Purpose) -> None:
        said_yes = (a_consent(Choice.OPTED_IN),)
        half_past_eleven = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
        eight = datetime(2026, 3, 3, 8, tzinfo=UTC)

        held = outcome(channel, template=a_template(purpose), consents=said_yes, now=half_past_eleven)

        assert isinstance(held, Hold)
        assert held.reason is Reason.QUIET_TIME
        assert eight <= held.until < eight + RULES.release_over

    @pytest.mark.parametrize(("hour", "minute"), [(8, 0), (20, 59)])
    def test_is_over_at_eight_and_begins_at_nine(self, hour: int, minute: int) -> None:
        assert isinstance(outcome(now=NOON.replace(hour=hour, minute=minute)), Allow)

    @pytest.mark.parametrize(("hour", "minute"), [(7, 59), (21, 0)])
    def test_is_quiet_to_its_last_minute(self, hour: int, minute: int) -> None:
        assert isinstance(outcome(now=NOON.replace(hour=hour, minute=minute)), Hold)

    def test_is_the_organisations_own_night(self) -> None:
        summer_evening = datetime(2026, 7, 1, 20, 30, tzinfo=UTC)  # 21:30 in London

        assert isinstance(outcome(now=summer_evening), Hold)


class TestConsent:
    @pytest.mark.parametrize("channel", Channel)
    def test_respects_a_no_also_to_what_is_not_advertising(self, channel: Channel) -> None:
        said_no = (a_consent(Choice.OPTED_OUT, Purpose.TRANSACTIONAL),)

        assert outcome(channel, consents=said_no) == Refuse(Reason.OPTED_OUT)

    def test_takes_silence_for_a_yes_to_what_is_not_advertising(self) -> None:
        assert isinstance(outcome(), Allow)

    @pytest.mark.parametrize(
        ("channel", "purpose", "silence", "a_no"),
        [
            (Channel.EMAIL, Purpose.COMMERCIAL, Enforcement.NON_RESTRICTIVE, False),
            (Channel.SMS, Purpose.COMMERCIAL, Enforcement.RESTRICTIVE, False),
            (Channel.LETTER, Purpose.COMMERCIAL, Enforcement.RESTRICTIVE, False),
            (Channel.PUSH, Purpose.COMMERCIAL, Enforcement.DISABLED, True),
            *((channel, Purpose.TRANSACTIONAL, Enforcement.NON_RESTRICTIVE, False) for channel in Channel),
            *((channel, Purpose.TRACKING, Enforcement.RESTRICTIVE, False) for channel in Channel),
        ],
    )
    def test_is_enforced_on_every_channel_as_the_table_says(
        self, channel: Channel, purpose: Purpose, silence: Enforcement, *, a_no: bool
    ) -> None:
        """CO-3, but for what decision 7 says of a no to what is not advertising."""
        use = Use(PatientId("ada"), channel, purpose, None)
        said_no = a_consent(Choice.OPTED_OUT, purpose)

        by_silence = may_contact(RULES.enforcements, (), use, NOON)
        after_a_no = may_contact(RULES.enforcements, (said_no,), use, NOON)

        assert RULES.enforcements.model(channel, purpose) is silence
        assert (by_silence == Allowed()) is (silence is not Enforcement.RESTRICTIVE)
        assert (after_a_no == Allowed()) is a_no

    def test_takes_silence_for_a_no_to_advertising_by_text_message(self) -> None:
        assert outcome(template=a_template(Purpose.COMMERCIAL)) == Refuse(Reason.NOT_OPTED_IN)

    def test_does_not_take_a_no_to_advertising_for_a_no_to_everything(self) -> None:
        said_no = (a_consent(Choice.OPTED_OUT, Purpose.COMMERCIAL),)

        assert isinstance(outcome(consents=said_no), Allow)


class TestFrequency:
    ADVERTISING = a_situation(template=a_template(Purpose.COMMERCIAL), consents=(a_consent(Choice.OPTED_IN),))

    @pytest.mark.parametrize(
        ("sent", "is_enough"),
        [
            ((), False),
            ((NOON - A_DAY / 2,), True),
            ((NOON - A_DAY,), False),
            ((NOON - 2 * A_DAY, NOON - 3 * A_DAY, NOON - 4 * A_DAY), True),
            ((NOON - 2 * A_DAY, NOON - 3 * A_DAY, NOON - 7 * A_DAY), False),
        ],
    )
    def test_allows_one_advertisement_a_day_and_three_a_week(
        self, sent: tuple[datetime, ...], *, is_enough: bool
    ) -> None:
        decided = decide(replace(self.ADVERTISING, sent=sent), RULES).outcome

        assert (decided == Refuse(Reason.FREQUENCY_CAPPED)) is is_enough
