"""Which segments are kept, and which are refused before they do harm."""

from math import inf, nan
from typing import Any, cast

import pytest

from shared.adapters.codec import from_plain, to_plain
from shared.fhir.criteria import Code, ComponentIs
from shared.kernel.refusals import Nonsense
from shared.segments.definitions import drafted, problems
from shared.segments.nesting import all_below
from shared.segments.rules import (
    AgeBetween,
    AllOf,
    AnyOf,
    AnyTest,
    BirthdayWithin,
    ButNot,
    CityIs,
    CodedValueIs,
    Everyone,
    FieldIs,
    HasRecords,
    InSegment,
    Rule,
    Segment,
    SegmentDraft,
    Upcoming,
    WithinDays,
)
from tests.rooms.segments.people import ALIVE, a_draft, a_segment, above, hba1c


def inside(name: str) -> InSegment:
    return InSegment("in_segment", name)


def nowhere(_segment_id: str) -> Segment | None:
    return None


def found(rule: Rule, **others: Rule) -> list[tuple[str, str]]:
    there = {name: a_segment(one, name) for name, one in others.items()}
    return list(problems("it", a_draft(rule), there.get))


def chain(length: int) -> dict[str, Rule]:
    """Give segments of which each builds on the next."""
    links: dict[str, Rule] = {f"s{number}": inside(f"s{number + 1}") for number in range(1, length)}
    return links | {f"s{length}": ALIVE}


SHOWN_BADLY = HasRecords("has_records", "Observation", (Code("http://loinc.org", "4548-4", "HbA1c\x1b[2J"),))
BAD: dict[str, tuple[Any, str]] = {
    "an empty group": (AllOf("all_of", ()), "rule"),
    "an empty choice": (AllOf("all_of", (AnyOf("any_of", ()),)), "rule.rules.0"),
    "an empty group taken away": (ButNot("but_not", ALIVE, AnyOf("any_of", ())), "rule.but_not"),
    "an unknown resource": (HasRecords("has_records", cast("Any", "Pet")), "rule.resource"),
    "a negative window": (hba1c(when=WithinDays("within_days", -1)), "rule.when.days"),
    "a window of centuries": (hba1c(when=Upcoming("upcoming", 10**9)), "rule.when.days"),
    "a birthday in two years": (BirthdayWithin("birthday", 730), "rule.days"),
    "a threshold that is no number": (hba1c(above(nan)), "rule.tests.0.threshold"),
    "a threshold without end": (hba1c(AnyTest("any_test", (above(inf),))), "rule.tests.0.tests.0.threshold"),
    "a choice of no tests": (hba1c(AnyTest("any_test", ())), "rule.tests.0"),
    "a component of no code": (hba1c(ComponentIs("component", (), "above", 1.0)), "rule.tests.0"),
    "a value of no code": (hba1c(CodedValueIs("coded_value", ())), "rule.tests.0"),
    "a field that is nothing": (hba1c(FieldIs("field", "status", ())), "rule.tests.0.one_of"),
    "a field that is empty": (hba1c(FieldIs("field", "status", ("",))), "rule.tests.0.one_of"),
    "an age of nobody": (AgeBetween("age", 40, 30), "rule"),
    "any age": (AgeBetween("age"), "rule"),
    "a code shown with control characters": (SHOWN_BADLY, "rule.codes"),
    "no city": (CityIs("city", ()), "rule.one_of"),
    "a city with control characters": (CityIs("city", ("Bos\x00ton",)), "rule.one_of"),
    "half a character": (CityIs("city", ("\ud800",)), "rule.one_of"),
    "more at least than at most": (hba1c(at_least=2, at_most=1), "rule"),
    "none or more": (hba1c(at_least=0), "rule.at_least"),
    "fewer than none": (hba1c(at_most=-1), "rule"),
    "two that are the latest": (hba1c(at_least=2, pick="latest"), "rule"),
    "different ones that are the latest": (hba1c(distinct_by="code", pick="latest"), "rule.distinct_by"),
}


class TestDraft:
    def test_of_a_sound_segment_is_kept(self) -> None:
        segment = drafted(
            "it", a_draft(AllOf("all_of", (ALIVE, hba1c(above(7.0)))), state="live"), 3, nowhere
        )

        assert (segment.id, segment.version, segment.state) == ("it", 3, "live")

    @pytest.mark.parametrize(("rule", "path"), BAD.values(), ids=list(BAD))
    def test_of_nonsense_is_refused_where_it_stands(self, rule: Rule, path: str) -> None:
        assert [where for where, _ in found(rule)] == [path]

    @pytest.mark.parametrize(
        ("draft", "path"),
        [
            (a_draft(ALIVE, time_zone="Europe/Atlantis"), "time_zone"),
            (a_draft(ALIVE, time_zone="localtime"), "time_zone"),
            (a_draft(ALIVE, time_zone="../../etc/passwd"), "time_zone"),
            (a_draft(ALIVE, time_zone=""), "time_zone"),
            (a_draft(ALIVE, description="x" * 10_000_000), "description"),
            (SegmentDraft("  ", ALIVE), "name"),
            (SegmentDraft("bell\x07", ALIVE), "name"),
        ],
    )
    def test_of_bad_words_is_refused(self, draft: SegmentDraft, path: str) -> None:
        assert [where for where, _ in problems("it", draft, nowhere)] == [path]

    def test_tells_all_that_is_wrong_and_no_value(self) -> None:
        rule = AllOf("all_of", (CityIs("city", ("secret\x00",)), hba1c(above(nan))))

        with pytest.raises(Nonsense) as refused:
            drafted("Not an id", a_draft(rule), 1, nowhere)

        assert [path for path, _ in refused.value.fields] == [
            "segment_id",
            "rule.rules.0.one_of",
            "rule.rules.1.tests.0.threshold",
        ]
        assert "secret" not in str(refused.value)

    def test_is_read_as_it_was_written(self) -> None:
        draft = a_draft(ButNot("but_not", ALIVE, AnyOf("any_of", (hba1c(above(7.0)), inside("other")))))

        assert from_plain(to_plain(draft), SegmentDraft, strangers=False) == draft

    def test_with_groups_beyond_counting_is_refused_quickly(self) -> None:
        rule: Any = {"kind": "is_alive"}
        for _ in range(60):
            rule = {"kind": "all_of", "rules": [rule]}
        deep = from_plain({"name": "deep", "rule": rule}, SegmentDraft, strangers=False)

        assert list(problems("it", deep, nowhere)) == [("rule", "groups within groups more than 20 deep")]

    def test_with_a_bad_leaf_far_down_is_read_once_for_each_group(self) -> None:
        """Were it tried as both kinds of group at every level, forty levels would never end."""
        rule: Any = {"kind": "nothing we know"}
        for _ in range(40):
            rule = {"kind": "any_of", "alternatives": [rule]}

        with pytest.raises(Nonsense):
            from_plain({"name": "deep", "rule": rule}, SegmentDraft, strangers=False)

    def test_that_is_wrong_at_every_step_is_told_the_first_of_it(self) -> None:
        rule: Any = {"kind": "nothing we know"}
        for _ in range(60):
            rule = {"kind": "any_of", "alternatives": [rule]}

        with pytest.raises(Nonsense) as refused:
            from_plain({"name": "deep", "rule": rule}, SegmentDraft, strangers=False)

        assert len(refused.value.fields) == 20

    def test_with_two_hundred_conditions_is_kept_and_with_one_more_refused(self) -> None:
        assert found(AnyOf("any_of", (ALIVE,) * 200)) == []
        assert found(AnyOf("any_of", (ALIVE,) * 201)) == [("rule", "more than 200 conditions")]
        assert found(AnyOf("any_of", (hba1c(above(7.0)),) * 101)) == [("rule", "more than 200 conditions")]


class TestNesting:
    def test_five_deep_is_kept(self) -> None:
        assert found(inside("s1"), **chain(5)) == []

    @pytest.mark.parametrize("length", [6, 7, 3000])
    def test_deeper_is_refused(self, length: int) -> None:
        assert found(inside("s1"), **chain(length)) == [("rule", "builds on segments more than 5 deep")]

    @pytest.mark.parametrize("other", [inside("it"), AllOf("all_of", (ALIVE, inside("third")))])
    def test_in_a_circle_is_refused(self, other: Rule) -> None:
        said = found(inside("other"), other=other, third=inside("it"))

        assert said == [("rule", "builds on itself")]

    def test_in_itself_is_refused(self) -> None:
        assert [path for path, _ in found(ButNot("but_not", Everyone("everyone"), inside("it")))] == ["rule"]

    def test_in_itself_is_refused_when_it_is_there_already(self) -> None:
        assert [path for path, _ in found(inside("it"), it=ALIVE)] == ["rule"]

    def test_on_what_is_not_there_is_refused(self) -> None:
        assert found(inside("nowhere")) == [("rule", "builds on a segment that is not there")]

    def test_counts_what_it_builds_on_as_often_as_it_is_met(self) -> None:
        wide = AnyOf("any_of", (ALIVE,) * 100)

        assert found(inside("wide"), wide=wide) == []
        assert [path for path, _ in found(AllOf("all_of", (inside("wide"), inside("wide"))), wide=wide)] == [
            "rule"
        ]

    def test_that_doubles_at_every_step_is_measured_step_by_step(self) -> None:
        """Four steps of two hundred would be more than a thousand million, were each walked."""
        layers: dict[str, Rule] = {
            f"s{number}": AnyOf("any_of", (inside(f"s{number + 1}"),) * 200) for number in range(1, 5)
        }

        assert [path for path, _ in found(inside("s1"), **layers, s5=ALIVE)] == ["rule"]

    def test_gathers_each_segment_once(self) -> None:
        there = {name: a_segment(rule, name) for name, rule in chain(4).items()}
        looked: list[str] = []

        def look(name: str) -> Segment | None:
            looked.append(name)
            return there.get(name)

        below = all_below(AllOf("all_of", (inside("s1"), inside("s2"), inside("gone"))), look)

        assert set(below) == {"s1", "s2", "s3", "s4"}
        assert sorted(looked) == ["gone", "s1", "s2", "s3", "s4"]
