"""What one patient is told of a segment, at the awkward moments."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shared.segments.nesting import NestedSegmentMissing, NestedTooDeep
from shared.segments.one_patient import CompiledSegment, compiled
from shared.segments.rules import (
    AgeBetween,
    AllOf,
    AnyOf,
    BirthdayWithin,
    ButNot,
    InSegment,
    IsMeasured,
    LanguageIs,
    MoreThanDaysAgo,
    Rule,
    Upcoming,
    WithinDays,
)
from tests.rooms.segments.people import ALIVE, DAY, NOON, TICK, a_segment, above, ada, hba1c, measured

WITHIN = WithinDays("within_days", 30)
LATEST_ABOVE_7 = hba1c(above(7.0), pick="latest")


def asked(rule: Rule, *, time_zone: str | None = None, **nested: Rule) -> CompiledSegment:
    return compiled(
        a_segment(rule, time_zone=time_zone), {name: a_segment(one, name) for name, one in nested.items()}
    )


class TestWindow:
    @pytest.mark.parametrize(
        ("ago", "is_within"),
        [(30 * DAY, True), (30 * DAY + TICK, False), (timedelta(), True), (-TICK, False)],
    )
    def test_takes_in_both_its_ends(self, ago: timedelta, *, is_within: bool) -> None:
        facts = ada(measured(8.0, ago=ago))

        assert asked(hba1c(when=WITHIN)).holds(facts, NOON) is is_within

    @pytest.mark.parametrize(("ago", "is_before"), [(30 * DAY, False), (30 * DAY + TICK, True)])
    def test_ends_where_more_than_so_many_days_ago_begins(self, ago: timedelta, *, is_before: bool) -> None:
        rule = hba1c(when=MoreThanDaysAgo("more_than_days_ago", 30))

        assert asked(rule).holds(ada(measured(8.0, ago=ago)), NOON) is is_before

    @pytest.mark.parametrize(
        ("ahead", "is_upcoming"), [(0 * DAY, False), (TICK, True), (7 * DAY + TICK, False)]
    )
    def test_looks_ahead_from_just_after_now(self, ahead: timedelta, *, is_upcoming: bool) -> None:
        rule = hba1c(when=Upcoming("upcoming", 7))

        assert asked(rule).holds(ada(measured(8.0, ago=-ahead)), NOON) is is_upcoming


class TestLatest:
    def test_is_the_only_one_that_counts(self) -> None:
        facts = ada(measured(9.0, ago=DAY, id="old"), measured(6.0, id="new"))

        assert not asked(LATEST_ABOVE_7).holds(facts, NOON)

    def test_is_of_two_at_once_the_one_with_the_greater_id(self) -> None:
        facts = ada(measured(9.0, id="9"), measured(6.0, id="10"))

        assert asked(LATEST_ABOVE_7).holds(facts, NOON)

    def test_passes_over_what_has_no_value_or_another_unit(self) -> None:
        facts = ada(
            measured(8.0, ago=2 * DAY, id="a"),
            measured(None, id="b"),
            measured(64.0, unit="mmol/mol", id="c"),
        )

        assert asked(LATEST_ABOVE_7).holds(facts, NOON)

    def test_is_not_yet_what_is_dated_tomorrow(self) -> None:
        facts = ada(measured(8.0, ago=DAY, id="a"), measured(6.0, ago=-DAY, id="b"))

        assert asked(LATEST_ABOVE_7).holds(facts, NOON)
        assert asked(LATEST_ABOVE_7).changes_at(facts, NOON) == NOON + DAY


class TestRecords:
    def test_must_meet_everything_alone(self) -> None:
        """SG-2: one record of a group meets all of it; separate groups may be met by different records."""
        facts = ada(measured(8.0, ago=90 * DAY, id="high but old"), measured(6.0, id="new but low"))
        together = hba1c(above(7.0), when=WITHIN)
        apart = AllOf("all_of", (hba1c(above(7.0)), hba1c(when=WITHIN)))

        assert not asked(together).holds(facts, NOON)
        assert asked(apart).holds(facts, NOON)

    def test_that_were_deleted_do_not_count(self) -> None:
        assert not asked(hba1c()).holds(ada(measured(8.0, deleted=True)), NOON)

    @pytest.mark.parametrize(
        ("comparator", "holds"), [(">", True), (">=", False), ("<", False), (None, False)]
    )
    def test_count_by_what_is_sure_of_them(self, comparator: str | None, *, holds: bool) -> None:
        assert asked(hba1c(above(7.0))).holds(ada(measured(7.0, comparator=comparator)), NOON) is holds

    def test_are_counted_apart_by_their_first_code(self) -> None:
        same = [measured(8.0, id=str(number)) for number in range(3)]
        other = measured(8.0, id="other", codes=("http://loinc.org|4548-4", "urn:else|1"))
        unnamed = measured(8.0, id="unnamed", codes=("urn:else|1", "http://loinc.org|4548-4"))

        assert not asked(hba1c(at_least=2, distinct_by="code")).holds(ada(*same, other), NOON)
        assert asked(hba1c(at_least=2, distinct_by="code")).holds(ada(*same, unnamed), NOON)

    def test_may_be_none(self) -> None:
        none_measured = hba1c(IsMeasured("measured"), when=WITHIN, at_most=0)

        assert asked(none_measured).holds(ada(measured(None)), NOON)
        assert not asked(none_measured).holds(ada(measured(4.0, comparator="<")), NOON)


class TestAge:
    @pytest.mark.parametrize(
        ("on", "is_adult"),
        [(date(2022, 2, 28), False), (date(2022, 3, 1), True), (date(2024, 2, 29), True)],
    )
    def test_of_a_leap_day_child_comes_in_march(self, on: date, *, is_adult: bool) -> None:
        facts = ada(born=date(2004, 2, 29))
        at = datetime(on.year, on.month, on.day, tzinfo=UTC)

        assert asked(AgeBetween("age", 18)).holds(facts, at) is is_adult

    def test_is_reached_when_the_day_begins_in_the_zone(self) -> None:
        facts = ada(born=date(2008, 3, 3))
        in_boston = asked(AgeBetween("age", 18), time_zone="America/New_York")

        assert asked(AgeBetween("age", 18)).changes_at(facts, NOON) == datetime(2026, 3, 3, tzinfo=UTC)
        assert in_boston.changes_at(facts, NOON) == datetime(2026, 3, 3, 5, 0, tzinfo=UTC)
        assert not in_boston.holds(facts, datetime(2026, 3, 3, 4, 59, 59, 999999, tzinfo=UTC))
        assert in_boston.holds(facts, datetime(2026, 3, 3, 5, 0, tzinfo=UTC))

    def test_of_nobody_knows_when_is_no_age(self) -> None:
        facts = ada(birth_date=None, birth_month_day=None)

        assert not asked(AgeBetween("age", 0)).holds(facts, NOON)
        assert asked(AgeBetween("age", 0)).changes_at(facts, NOON) is None

    def test_beyond_the_calendar_is_never_reached(self) -> None:
        facts = ada(measured(8.0, ago=NOON - datetime.max.replace(tzinfo=UTC)), born=date(9990, 1, 1))

        assert asked(AgeBetween("age", 18)).changes_at(facts, NOON) is None
        assert not asked(hba1c(when=WITHIN)).holds(facts, NOON)


class TestBirthday:
    def test_of_a_leap_day_child_comes_in_leap_years(self) -> None:
        facts = ada(born=date(2004, 2, 29))
        rule = asked(BirthdayWithin("birthday", 2))

        assert not rule.holds(facts, datetime(2026, 2, 27, tzinfo=UTC))
        assert rule.changes_at(facts, datetime(2026, 2, 27, tzinfo=UTC)) == datetime(2028, 2, 27, tzinfo=UTC)
        assert rule.holds(facts, datetime(2028, 2, 27, tzinfo=UTC))


class TestPerson:
    def test_dies_when_the_record_says(self) -> None:
        facts = ada(died_at=NOON)

        assert asked(ALIVE).holds(facts, NOON - TICK)
        assert asked(ALIVE).changes_at(facts, NOON - TICK) == NOON
        assert not asked(ALIVE).holds(facts, NOON)

    @pytest.mark.parametrize(
        ("spoken", "holds"), [("en-US", True), ("en", True), ("eng", False), (None, False)]
    )
    def test_speaks_a_variety_of_a_language(self, spoken: str | None, *, holds: bool) -> None:
        assert asked(LanguageIs("language", ("en",))).holds(ada(language=spoken), NOON) is holds

    def test_whose_record_is_gone_is_in_nothing(self) -> None:
        gone = ada(deleted=True)

        assert not asked(ALIVE).holds(gone, NOON)
        assert not asked(ALIVE).explain(gone, NOON).holds
        assert asked(AgeBetween("age", 18)).changes_at(gone, NOON) is None


class TestExplanation:
    def test_mirrors_the_rule_and_names_the_records(self) -> None:
        rule = ButNot("but_not", AllOf("all_of", (ALIVE, LATEST_ABOVE_7)), InSegment("in_segment", "aged"))
        facts = ada(measured(9.0, ago=DAY, id="old"), measured(8.0, id="new"))

        why = asked(rule, aged=AgeBetween("age", 65)).explain(facts, NOON)

        assert why.holds
        first, but_not = why.parts
        assert [part.text for part in first.parts] == [
            "is alive",
            "latest result of 4548-4 above 7 %",
        ]
        assert first.parts[1].records == ("Observation/new",)
        assert (but_not.text, but_not.holds, but_not.parts[0].text) == (
            "in the segment aged",
            False,
            "age is at least 65",
        )

    def test_names_the_latest_that_stands_in_the_way(self) -> None:
        why = asked(LATEST_ABOVE_7).explain(
            ada(measured(9.0, ago=DAY, id="old"), measured(6.5, id="new")), NOON
        )

        assert (why.holds, why.records) == (False, ("Observation/new",))

    def test_never_says_what_was_measured(self) -> None:
        rule = AllOf("all_of", (LATEST_ABOVE_7, AgeBetween("age", 18)))

        why = asked(rule).explain(ada(measured(8.8765), born=date(1970, 5, 17)), NOON)

        assert "8.8765" not in repr(why)
        assert "1970" not in repr(why)


class TestNesting:
    def test_gives_what_the_other_segment_gives(self) -> None:
        rule = AnyOf("any_of", (InSegment("in_segment", "inner"), AgeBetween("age", 100)))

        assert asked(rule, inner=LATEST_ABOVE_7).holds(ada(measured(8.0)), NOON)
        assert not asked(rule, inner=LATEST_ABOVE_7).holds(ada(measured(6.0)), NOON)

    def test_refuses_what_is_not_there(self) -> None:
        with pytest.raises(NestedSegmentMissing):
            asked(InSegment("in_segment", "nowhere"))

    def test_refuses_a_circle_that_an_edit_has_made(self) -> None:
        with pytest.raises(NestedTooDeep):
            asked(
                InSegment("in_segment", "hen"),
                hen=InSegment("in_segment", "egg"),
                egg=InSegment("in_segment", "hen"),
            )
