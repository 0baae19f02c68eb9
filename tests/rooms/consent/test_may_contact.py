from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.consent.model import (
    USUAL_ENFORCEMENTS,
    Allowed,
    Choice,
    Consent,
    Denial,
    Denied,
    Enforcement,
    EnforcementRule,
    Enforcements,
    Purpose,
    Source,
    Use,
    choice_of,
    may_contact,
    with_consent,
)
from shared.kernel.identity import PatientId
from shared.patients.model import Channel

ADA, BOB = PatientId("ada"), PatientId("bob")
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def said(
    choice: Choice, *, by: PatientId = ADA, topic: str | None = None, days: int = 0, until: int | None = None
) -> Consent:
    at, end = MONDAY + timedelta(days=days), None if until is None else MONDAY + timedelta(days=until)
    return Consent(by, Purpose.COMMERCIAL, topic, choice, at, Source.PATIENT, until=end)


IN, OUT, UNSET = Choice.OPTED_IN, Choice.OPTED_OUT, Choice.NOT_SET
SMS_NEWS = Use(ADA, Channel.SMS, Purpose.COMMERCIAL, "news")
LATER = MONDAY + timedelta(days=30)


def under(model: Enforcement, *consents: Consent, use: Use = SMS_NEWS) -> Denial | None:
    rules = Enforcements((EnforcementRule(use.channel, use.purpose, model),))
    answer = may_contact(rules, consents, use, LATER)
    return answer.reason if isinstance(answer, Denied) else None


class TestMayContact:
    @pytest.mark.parametrize(
        ("model", "of_purpose", "of_topic", "denial"),
        [
            (Enforcement.RESTRICTIVE, IN, IN, None),
            (Enforcement.RESTRICTIVE, IN, UNSET, Denial.NOT_OPTED_IN_TO_TOPIC),
            (Enforcement.RESTRICTIVE, IN, OUT, Denial.OPTED_OUT_OF_TOPIC),
            (Enforcement.RESTRICTIVE, UNSET, IN, Denial.NOT_OPTED_IN),
            (Enforcement.RESTRICTIVE, OUT, IN, Denial.OPTED_OUT),
            (Enforcement.NON_RESTRICTIVE, IN, IN, None),
            (Enforcement.NON_RESTRICTIVE, UNSET, UNSET, None),
            (Enforcement.NON_RESTRICTIVE, IN, OUT, Denial.OPTED_OUT_OF_TOPIC),
            (Enforcement.NON_RESTRICTIVE, UNSET, OUT, Denial.OPTED_OUT_OF_TOPIC),
            (Enforcement.NON_RESTRICTIVE, OUT, UNSET, Denial.OPTED_OUT),
            (Enforcement.NON_RESTRICTIVE, OUT, IN, Denial.OPTED_OUT),
            (Enforcement.DISABLED, OUT, OUT, None),
            (Enforcement.DISABLED, UNSET, UNSET, None),
        ],
    )
    def test_asks_for_purpose_and_topic_as_the_model_says(
        self, model: Enforcement, of_purpose: Choice, of_topic: Choice, denial: Denial | None
    ) -> None:
        assert under(model, said(of_purpose), said(of_topic, topic="news")) == denial

    def test_takes_silence_for_no_yes_and_for_no_no(self) -> None:
        assert under(Enforcement.RESTRICTIVE) is Denial.NOT_OPTED_IN
        assert under(Enforcement.NON_RESTRICTIVE) is None

    def test_does_not_ask_for_a_topic_where_there_is_none(self) -> None:
        without_topic = Use(ADA, Channel.SMS, Purpose.COMMERCIAL, None)

        assert under(Enforcement.RESTRICTIVE, said(IN), use=without_topic) is None

    def test_lets_one_persons_opt_out_bind_the_address_for_all(self) -> None:
        assert under(Enforcement.NON_RESTRICTIVE, said(OUT, by=BOB)) is Denial.OPTED_OUT

    def test_lets_one_persons_opt_in_bind_nobody_else(self) -> None:
        assert under(Enforcement.RESTRICTIVE, said(IN, by=BOB)) is Denial.NOT_OPTED_IN

    def test_counts_an_opt_in_again_after_somebodys_opt_out(self) -> None:
        no_topic = Use(ADA, Channel.SMS, Purpose.COMMERCIAL, None)
        history = (said(OUT, by=BOB), said(IN, days=1))

        assert under(Enforcement.RESTRICTIVE, *history, use=no_topic) is None
        assert choice_of(history, BOB, Purpose.COMMERCIAL, None, LATER) is OUT

    def test_forgets_an_opt_in_when_its_time_is_over(self) -> None:
        ended = Consent(ADA, Purpose.COMMERCIAL, None, IN, MONDAY, Source.IMPORTED, until=LATER)

        assert choice_of((ended,), ADA, Purpose.COMMERCIAL, None, LATER - timedelta(seconds=1)) is IN
        assert choice_of((ended,), ADA, Purpose.COMMERCIAL, None, LATER) is UNSET

    @pytest.mark.parametrize(
        ("channel", "purpose", "may"),
        [
            (Channel.EMAIL, Purpose.COMMERCIAL, True),
            (Channel.SMS, Purpose.COMMERCIAL, False),
            (Channel.LETTER, Purpose.COMMERCIAL, False),
            (Channel.PUSH, Purpose.COMMERCIAL, True),
            (Channel.SMS, Purpose.TRANSACTIONAL, True),
            (Channel.EMAIL, Purpose.TRANSACTIONAL, True),
            (Channel.EMAIL, Purpose.TRACKING, False),
        ],
    )
    def test_has_the_usual_defaults_for_who_has_said_nothing(
        self, channel: Channel, purpose: Purpose, *, may: bool
    ) -> None:
        answer = may_contact(USUAL_ENFORCEMENTS, (), Use(ADA, channel, purpose, None), MONDAY)

        assert isinstance(answer, Allowed) is may

    @pytest.mark.parametrize(("channel", "purpose"), list(product(Channel, Purpose)))
    def test_needs_a_yes_for_what_no_rule_names(self, channel: Channel, purpose: Purpose) -> None:
        """A channel of the house's own, a voice, starts out so (CO-3)."""
        use = Use(ADA, channel, purpose, None)
        a_yes = Consent(ADA, purpose, None, IN, MONDAY, Source.PATIENT)

        assert may_contact(Enforcements(()), (), use, MONDAY) == Denied(Denial.NOT_OPTED_IN)
        assert may_contact(Enforcements(()), (a_yes,), use, MONDAY) == Allowed()


@st.composite
def lasting(draw: st.DrawFn, choices: Sequence[Choice] = tuple(Choice)) -> Consent:
    by, topic = draw(st.sampled_from((ADA, BOB))), draw(st.sampled_from((None, "news")))
    return said(draw(st.sampled_from(choices)), by=by, topic=topic, days=draw(st.integers(0, 5)))


@st.composite
def temporary_refusals(draw: st.DrawFn) -> Consent:
    end = MONDAY + timedelta(days=draw(st.integers(1, 9)))
    return replace(draw(lasting([OUT])), until=end)


consents = lasting() | temporary_refusals()


class TestWithConsent:
    @given(st.lists(consents, max_size=8), st.randoms(use_true_random=False))
    def test_comes_to_the_same_in_whatever_order_it_is_told(
        self, told: list[Consent], shuffle: object
    ) -> None:
        shuffled = list(told)
        shuffle.shuffle(shuffled)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  # hypothesis' own Random

        first, second = _kept(told), _kept([*shuffled, *shuffled])

        for person, topic, day in product((ADA, BOB), (None, "news"), range(11)):
            asked = (person, Purpose.COMMERCIAL, topic, MONDAY + timedelta(days=day))
            assert choice_of(first, *asked) == choice_of(second, *asked) == choice_of(told, *asked)

    @given(st.lists(lasting(), max_size=20))
    def test_keeps_one_opt_out_and_one_other_word_of_each_person(self, told: list[Consent]) -> None:
        assert len(_kept(told)) <= 2 * 2 * 2  # topics, people, and an opt-out and another word of each

    def test_lets_a_housemates_short_no_leave_a_lasting_one_in_force(self) -> None:
        kept = _kept([said(OUT), said(OUT, by=BOB, days=1, until=7)])

        assert choice_of(kept, ADA, Purpose.COMMERCIAL, None, MONDAY + timedelta(days=8)) is OUT

    def test_lets_ones_own_short_no_leave_a_lasting_one_in_force(self) -> None:
        kept = _kept([said(OUT), said(OUT, days=1, until=7)])

        assert choice_of(kept, ADA, Purpose.COMMERCIAL, None, MONDAY + timedelta(days=8)) is OUT

    def test_keeps_beside_ones_own_no_what_staff_have_written_down(self) -> None:
        """Only the latter is heard against a notice about the account."""
        theirs, own = replace(said(OUT), source=Source.STAFF), said(OUT, days=1)

        assert set(_kept([theirs, own])) == set(_kept([own, theirs])) == {theirs, own}

    def test_lets_nobody_take_back_anothers_no_to_the_rest_of_the_house(self) -> None:
        kept = _kept([said(OUT), said(OUT, by=BOB, days=1), said(IN, by=BOB, days=2)])

        assert choice_of(kept, ADA, Purpose.COMMERCIAL, None, LATER) is OUT
        assert choice_of(kept, BOB, Purpose.COMMERCIAL, None, LATER) is IN

    def test_ends_sooner_of_two_opt_ins_of_one_moment(self) -> None:
        lasting_yes, short_yes = said(IN), said(IN, until=7)

        assert _kept([lasting_yes, short_yes]) == _kept([short_yes, lasting_yes]) == (short_yes,)


def _kept(told: list[Consent]) -> tuple[Consent, ...]:
    kept: tuple[Consent, ...] = ()
    for one in told:
        kept = with_consent(kept, one)
    return kept
