from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.calendars.model import QuietTime
from shared.consent.model import Choice, Enforcements, Purpose, Source
from shared.kernel.sensitive import Sensitive
from shared.messaging.gate.decide import CHECKS, Allow, decide
from shared.messaging.gate.situation import FrequencyCap, GateRules, Hold, QuietRule, Refuse, Situation
from shared.messaging.model import Channel, Reason
from shared.messaging.suppression import Suppression, SuppressionCause
from tests.rooms.messaging.builders import (
    EVERYBODY,
    MOBILE,
    NIGHT,
    NOON,
    a_consent,
    a_content,
    a_profile,
    a_situation,
    a_template,
    an_order,
)

COMMERCIAL = Purpose.COMMERCIAL
NO_VALUES: dict[str, str] = {}
SUPPRESSED = Suppression(MOBILE, SuppressionCause.HARD_BOUNCE, since=NOON - timedelta(days=1))
TWO_A_DAY = GateRules(frequency_caps=(FrequencyCap(Channel.SMS, a_day=2),))


def outcome(rules: GateRules | None = None, **more: Any) -> Allow | Hold | Refuse:
    return decide(a_situation(**more), rules or GateRules()).outcome


class TestGate:
    def test_lets_a_good_message_through_in_the_persons_words(self) -> None:
        allowed = outcome()

        assert isinstance(allowed, Allow)
        assert allowed.rendered.text == "Dear Ada, please book: https://clinic.example/b. STOP to stop"

    @pytest.mark.parametrize(
        ("profile", "reason"),
        [
            (None, Reason.PATIENT_GONE),
            (a_profile(deceasedBoolean=True), Reason.PATIENT_DECEASED),
            (a_profile(active=False), Reason.PATIENT_INACTIVE),
            (
                a_profile(link=[{"type": "replaced-by", "other": {"reference": "Patient/b"}}]),
                Reason.PATIENT_REPLACED,
            ),
        ],
    )
    def test_refuses_where_there_is_nobody_to_write_to(self, profile: Any, reason: Reason) -> None:
        assert outcome(profile=profile) == Refuse(reason)

    def test_refuses_a_commercial_text_nobody_has_opted_into(self) -> None:
        assert outcome(template=a_template(COMMERCIAL)) == Refuse(Reason.NOT_OPTED_IN)

    def test_refuses_who_has_opted_out(self) -> None:
        out = (a_consent(Choice.OPTED_OUT),)

        assert outcome(template=a_template(COMMERCIAL), consents=out) == Refuse(Reason.OPTED_OUT)

    def test_refuses_a_suppressed_address_whatever_the_purpose(self) -> None:
        assert outcome(suppression=SUPPRESSED) == Refuse(Reason.SUPPRESSED)

    def test_lets_through_when_the_suppression_is_over(self) -> None:
        over = replace(SUPPRESSED, until=NOON)

        assert isinstance(outcome(suppression=over), Allow)

    def test_holds_by_night_until_some_time_in_the_half_hour_after_it(self) -> None:
        rules = GateRules(quiet_rules=(EVERYBODY,), release_over=timedelta(minutes=30))
        night = NOON.replace(hour=23)
        morning = (NOON + timedelta(days=1)).replace(hour=8)

        held = outcome(rules, now=night)

        assert isinstance(held, Hold)
        assert morning <= held.until < morning + timedelta(minutes=30)

    def test_spreads_what_the_night_has_held(self) -> None:
        rules = GateRules(quiet_rules=(EVERYBODY,), release_over=timedelta(minutes=30))
        night = NOON.replace(hour=23)

        held = [outcome(rules, now=night, order=an_order(f"m{number}")) for number in range(300)]

        quarters = [each.until.minute // 10 for each in held if isinstance(each, Hold)]
        assert len(quarters) == 300
        assert all(60 < quarters.count(third) < 140 for third in (0, 1, 2))

    def test_spreads_nothing_into_the_next_night(self) -> None:
        rules = GateRules(quiet_rules=(EVERYBODY,), release_over=timedelta(hours=20))
        night = NOON.replace(hour=23)

        held = [outcome(rules, now=night, order=an_order(f"m{number}")) for number in range(30)]

        releases = [each.until for each in held if isinstance(each, Hold)]
        assert len(releases) == 30
        assert not any(map(EVERYBODY.quiet.is_quiet, releases))

    def test_does_not_hold_what_must_not_wait(self) -> None:
        rules = GateRules(quiet_rules=(EVERYBODY,))
        urgent = an_order(ignore_quiet_time=True)

        assert isinstance(outcome(rules, now=NOON.replace(hour=23), order=urgent), Allow)

    def test_goes_by_the_first_quiet_rule_that_fits(self) -> None:
        never_quiet = QuietRule((Channel.SMS,), (Purpose.TRANSACTIONAL,), QuietTime("UTC"))
        rules = GateRules(quiet_rules=(never_quiet, EVERYBODY))

        assert isinstance(outcome(rules, now=NOON.replace(hour=23)), Allow)

    @pytest.mark.parametrize(
        ("sent_hours_ago", "capped"), [((1, 2), True), ((1, 24), False), ((1, 23.9), True), ((), False)]
    )
    def test_counts_commercial_messages_within_rolling_hours(
        self, sent_hours_ago: tuple[float, ...], *, capped: bool
    ) -> None:
        sent = tuple(NOON - timedelta(hours=hours) for hours in sent_hours_ago)
        situation: dict[str, Any] = {"consents": (a_consent(Choice.OPTED_IN),), "sent": sent}

        commercial = outcome(TWO_A_DAY, template=a_template(COMMERCIAL), **situation)
        transactional = outcome(TWO_A_DAY, **situation)

        assert (commercial == Refuse(Reason.FREQUENCY_CAPPED)) is capped
        assert isinstance(transactional, Allow)

    def test_hears_no_word_of_the_login_s_against_a_notice_about_it(self) -> None:
        """Neither a no to all of it nor one to its topic, nor a rule of its profile's that asks for a yes."""
        out = [a_consent(Choice.OPTED_OUT, Purpose.TRANSACTIONAL, topic) for topic in (None, "security")]
        situation: dict[str, Any] = {
            "template": a_template(topic="security"),
            "consents": tuple(out),
            "enforcements": Enforcements(()),
        }

        assert isinstance(outcome(order=an_order(is_account_notice=True), **situation), Allow)
        assert isinstance(outcome(**situation), Refuse)

    @pytest.mark.parametrize("source", [Source.STAFF, Source.IMPORTED])
    def test_hears_what_others_wrote_down_against_a_notice_until_it_is_taken_back(
        self, source: Source
    ) -> None:
        out = replace(a_consent(Choice.OPTED_OUT, Purpose.TRANSACTIONAL), source=source)
        back = replace(out, choice=Choice.OPTED_IN, at=out.at + timedelta(hours=1))
        notice = an_order(is_account_notice=True)

        assert outcome(order=notice, consents=(out,)) == Refuse(Reason.OPTED_OUT)
        assert isinstance(outcome(order=notice, consents=(out, back)), Allow)

    @pytest.mark.parametrize(
        ("known", "reason"),
        [
            ({"suppression": SUPPRESSED}, Reason.SUPPRESSED),
            ({"profile": a_profile(deceasedBoolean=True)}, Reason.PATIENT_DECEASED),
        ],
    )
    def test_sends_no_notice_to_the_dead_or_the_suppressed(
        self, known: dict[str, Any], reason: Reason
    ) -> None:
        assert outcome(order=an_order(is_account_notice=True), **known) == Refuse(reason)

    def test_refuses_what_comes_too_late(self) -> None:
        assert outcome(order=an_order(expires_at=NOON)) == Refuse(Reason.MESSAGE_EXPIRED)
        assert isinstance(outcome(order=an_order(expires_at=NOON + timedelta(seconds=1))), Allow)

    def test_asks_in_the_order_of_the_page(self) -> None:
        everything_wrong: dict[str, Any] = {
            "profile": a_profile(active=False),
            "template": a_template(COMMERCIAL, variants=()),
            "suppression": SUPPRESSED,
            "sent": (NOON, NOON),
            "outreach_is_on": False,
            "order": an_order(expires_at=NOON - timedelta(days=1)),
            "now": NOON.replace(hour=23),
        }
        mended: list[tuple[str, Any]] = [
            ("profile", a_profile()),
            ("consents", (a_consent(Choice.OPTED_IN),)),
            ("suppression", None),
            ("outreach_is_on", True),
            ("now", NOON),
            ("sent", ()),
            ("order", an_order()),
            ("template", a_template(COMMERCIAL)),
        ]
        rules = replace(TWO_A_DAY, quiet_rules=(EVERYBODY,))

        said: list[str] = []
        for name, value in mended:
            said.append(decide(a_situation(**everything_wrong), rules).trail[-1].check)
            everything_wrong[name] = value

        assert said == [name for name, _ in CHECKS] + ["rendering"]
        assert isinstance(decide(a_situation(**everything_wrong), rules).outcome, Allow)


class TestRendering:
    def test_refuses_to_leave_a_gap(self) -> None:
        assert outcome(order=an_order(values=Sensitive(NO_VALUES))) == Refuse(Reason.TEMPLATE_INCOMPLETE)
        assert outcome(order=an_order(values=Sensitive({"link": ""}))) == Refuse(Reason.TEMPLATE_INCOMPLETE)

    @pytest.mark.parametrize(
        ("spoken", "written"), [("en-GB", "en"), ("pt-BR", "pt-BR"), ("pt-PT", "pt-BR"), ("sv", "en")]
    )
    def test_writes_in_the_language_read_best(self, spoken: str, written: str) -> None:
        allowed = outcome(profile=a_profile(language=spoken))

        assert isinstance(allowed, Allow)
        assert allowed.rendered.language == written

    def test_says_so_when_nothing_is_written_for_the_channel(self) -> None:
        assert outcome(order=an_order(channel=Channel.LETTER)) == Refuse(Reason.NO_SUCH_VARIANT)

    def test_escapes_in_html_and_not_in_text(self) -> None:
        odd = a_profile(name=[{"given": ["Ada <b>"]}])
        order = an_order(channel=Channel.EMAIL)

        link = "https://clinic.example/p/sealed"
        allowed = outcome(profile=odd, order=order, preferences_url=link, one_click_url=f"{link}/one-click")

        assert isinstance(allowed, Allow)
        assert "Ada <b>" in allowed.rendered.text
        assert "Ada &lt;b&gt;" in (allowed.rendered.html or "")
        assert link in allowed.rendered.text
        assert allowed.rendered.way_out == f"{link}/one-click"

    @pytest.mark.parametrize(
        "text",
        [
            "{{ ''.__class__.__mro__ }}",
            "{{ 1 / 0 }}",
            "{{ given.nope.nope }}",
            "{% for x in 5 %}{% endfor %}",
            "{{ 'x' * 10**9 }}",
            "{% for x in range(1000000 - 1 + 1) %}x{% endfor %}",
            "{% for x in range(999) %}" + "x" * 20 + "{% endfor %}",
        ],
    )
    def test_runs_no_program_that_misbehaves(self, text: str) -> None:
        (english, *_) = a_content().variants
        template = a_template(variants=(replace(english, text=text),))

        refused = outcome(template=template)

        assert refused in (Refuse(Reason.TEMPLATE_BROKEN), Refuse(Reason.TEMPLATE_INCOMPLETE))


instants = st.timedeltas(timedelta(), timedelta(days=365)).map(lambda later: NOON + later)
situations = st.builds(
    Situation,
    order=st.builds(
        an_order,
        message_id=st.integers(0, 50).map("m{}".format),
        expires_at=st.none() | instants,
        ignore_quiet_time=st.booleans(),
        values=st.sampled_from((Sensitive({"link": "x"}), Sensitive(NO_VALUES))),
    ),
    profile=st.sampled_from(
        (None, a_profile(), a_profile(), a_profile(active=False), a_profile(deceasedBoolean=True))
    ),
    template=st.sampled_from(
        (None, a_template(), a_template(COMMERCIAL), a_template(COMMERCIAL, topic="news"))
    ),
    consents=st.lists(
        st.builds(a_consent, st.sampled_from(Choice), st.just(COMMERCIAL), st.sampled_from((None, "news"))),
        max_size=3,
    ).map(tuple),
    suppression=st.sampled_from((None, SUPPRESSED, replace(SUPPRESSED, until=NOON))),
    sent=st.lists(instants, max_size=3).map(tuple),
    now=instants,
)
rules = st.builds(
    GateRules,
    quiet_rules=st.sampled_from(
        (
            (),
            (EVERYBODY,),
            (QuietRule(tuple(Channel), (COMMERCIAL,), QuietTime("Australia/Lord_Howe", (NIGHT,))),),
        )
    ),
    frequency_caps=st.sampled_from(((), TWO_A_DAY.frequency_caps)),
    release_over=st.sampled_from((timedelta(), timedelta(minutes=30), timedelta(hours=20))),
)


class TestEveryGate:
    @given(situations, rules)
    def test_lets_nothing_through_to_the_dead_the_unwilling_or_the_suppressed(
        self, situation: Situation, rules: GateRules
    ) -> None:
        decided = decide(situation, rules)

        if isinstance(decided.outcome, Allow):
            assert situation.profile is not None
            assert situation.profile.is_reachable
            assert situation.suppression is None or not situation.suppression.stands(situation.now)
            assert situation.order.expires_at is None or situation.now < situation.order.expires_at
            assert [verdict.passed for verdict in decided.trail] == [True] * (len(CHECKS) + 1)
            if situation.purpose is COMMERCIAL:
                newest = {said.topic: said.choice for said in _oldest_first(situation)}
                assert newest.get(None) is Choice.OPTED_IN

    @given(situations, rules)
    def test_says_why_it_refuses_or_holds(self, situation: Situation, rules: GateRules) -> None:
        decided = decide(situation, rules)

        if not isinstance(decided.outcome, Allow):
            *before, last = decided.trail
            assert all(verdict.passed for verdict in before)
            assert (last.passed, last.reason) == (False, decided.outcome.reason)

    @given(situations, rules)
    def test_holds_nothing_a_second_time_once_it_is_released(
        self, situation: Situation, rules: GateRules
    ) -> None:
        held = decide(situation, rules).outcome

        if isinstance(held, Hold):
            assert situation.now < held.until <= situation.now + timedelta(days=22)
            assert not isinstance(decide(replace(situation, now=held.until), rules).outcome, Hold)

    @given(situations, rules)
    def test_says_the_same_whenever_it_is_asked_the_same(
        self, situation: Situation, rules: GateRules
    ) -> None:
        assert decide(situation, rules) == decide(situation, rules)


def _oldest_first(situation: Situation) -> Any:
    """Order by what counts: all were said at one time, so the most careful comes last."""
    careful = (Choice.OPTED_IN, Choice.NOT_SET, Choice.OPTED_OUT)
    return sorted(situation.consents, key=lambda said: careful.index(said.choice))
