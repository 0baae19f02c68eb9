"""Random segments and random people, made to meet at the edges: exactly N days, ties, gaps, leap days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, Literal

from hypothesis import strategies as st

from shared.fhir.criteria import Code, Comparison, ComponentIs, ValueIs
from shared.kernel.identity import PatientId
from shared.segments.facts import (
    ComponentFacts,
    Lead,
    OtherFacts,
    PatientFacts,
    ProfileFacts,
    RecordFacts,
    Value,
    coded,
)
from shared.segments.measured import MeasureIs
from shared.segments.questions.profile import month_day
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
    GenderIs,
    HasRecords,
    Hop,
    InSegment,
    IsActive,
    IsAlive,
    IsMeasured,
    LanguageIs,
    LeadsTo,
    MoreThanDaysAgo,
    NameIs,
    OneOfThese,
    PatientLeadsTo,
    RecordTest,
    ResourceType,
    Rule,
    Segment,
    Upcoming,
    When,
    WithinDays,
)

RESOURCES: tuple[ResourceType, ...] = ("Observation", "Encounter")
SPANS = (0, 1, 30)
TICK = timedelta(microseconds=1)
TICKS = (-TICK, timedelta(), TICK)
MOMENTS = (
    datetime(2021, 4, 1, tzinfo=UTC),
    datetime(2023, 2, 28, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2023, 3, 1, 4, 30, tzinfo=UTC),
    datetime(2024, 2, 29, 11, 0, tzinfo=UTC),
    datetime(2024, 12, 31, 23, 30, tzinfo=UTC),
)
ZONES = (None, None, "America/New_York", "Pacific/Kiritimati")
SYSTEM = "http://loinc.org"
CODES = tuple(Code(SYSTEM, code) for code in ("4548-4", "8480-6", "O'Brien"))
COMPARISONS: tuple[Comparison, ...] = ("above", "at_least", "below", "at_most")
ENDS: tuple[Literal["start", "end"], ...] = ("start", "end")
VALUES = (6.5, 7.0, 7.1, 9.0)
UNITS = (None, "%", "mmol/L")
WORDS = ("final", "EMER", "it's")


OFFSETS = (
    None,
    *(timedelta(days=sign * span) + tick for span in SPANS for sign in (-1, 1) for tick in TICKS),
)
"""How far from the moment asked about: at an edge of what rules ask, a tick beside it, or no date."""
CODE_TEXTS = tuple(coded(code.system, code.code) for code in CODES)
NAMED = (PatientId("p001"), PatientId("p003"), PatientId("p999"))
"""Two of any crowd, and somebody who is not in it."""
VISITS = "visits"
"""A measure of which there are values: a number `n`, and a text `last`."""
COMPARATORS = (None, None, None, "<", "<=", ">", ">=")
RECORD_IDS = ("é", "a", "Z", "10", "9")
"""As text they sort otherwise than as they stand, as numbers, or in a dictionary."""


def _house(name: str, **more: Any) -> OtherFacts:
    return OtherFacts("Organization", name, codes=(CODE_TEXTS[0],), name=name, **more)


def _visit(name: str, *leads: Lead, **more: Any) -> RecordFacts:
    return RecordFacts("Encounter", name, PatientId("elsewhere"), codes=CODE_TEXTS[:2], leads=leads, **more)


def _forward(by: str, to: RecordFacts | OtherFacts) -> Lead:
    return Lead(by, back=False, to=to)


_EAST, _WEST = _house("East", leads=(_forward("partOf", _house("it's")),)), _house("West", status="inactive")
_ROLE = OtherFacts("PractitionerRole", "role", leads=(_forward("organization", _EAST),), codes=CODE_TEXTS[2:])
_LONE_ROLE = OtherFacts("PractitionerRole", "lone")
_DOCTORS = (
    OtherFacts("Practitioner", "ann", name="Ann", leads=(Lead("practitioner", back=True, to=_ROLE),)),
    OtherFacts("Practitioner", "bo", name="Bo", leads=(Lead("practitioner", back=True, to=_LONE_ROLE),)),
)
_STAYS = (
    _visit("stay", _forward("serviceProvider", _EAST), class_code="EMER", status="final"),
    _visit("talk", _forward("serviceProvider", _WEST), value=7.1),
    _visit("lost", _forward("serviceProvider", _EAST), class_code="EMER", deleted=True),
)
_PART = _visit("part", _forward("partOf", _STAYS[0]), _forward("serviceProvider", _WEST))
_CLINICS = tuple(
    OtherFacts("Location", name, name=name, leads=(_forward("managingOrganization", house),))
    for name, house in (("Mill Lane", _EAST), ("High Street", _WEST))
)
_COHORT = OtherFacts("Group", "cohort", name="Cohort", leads=(_forward("managingEntity", _WEST),))
WORLD: Mapping[str, tuple[Lead, ...]] = {
    "Patient": (
        *(_forward("generalPractitioner", one) for one in _DOCTORS),
        *(Lead("postal_code", back=False, to=one, equal=True) for one in _CLINICS),
        Lead("member.entity", back=True, to=_COHORT),
    ),
    "Observation": tuple(_forward("encounter", one) for one in (*_STAYS, _PART)),
    "Encounter": (
        _forward("serviceProvider", _EAST),
        _forward("partOf", _STAYS[0]),
        _forward("partOf", _PART),
    ),
}
"""What is around everybody: two houses in a third, visits there, one of them deleted, and doctors."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """People drawn by lot for one moment: quick to make many of, and the same again for the same `lots`."""

    lots: Random
    as_of: datetime

    def person(self, whose: str) -> PatientFacts:
        """Make a patient with some records of each type."""
        found: dict[ResourceType, tuple[RecordFacts, ...]] = {}
        for resource in RESOURCES:
            ids = self.lots.sample(RECORD_IDS, self.lots.choice((0, 1, 1, 2, 3)))
            found[resource] = tuple(self._record(resource, f"{whose}-{one}", whose) for one in ids)
        return PatientFacts(self._profile(whose), found, {VISITS: self._groups()}, self._leads("Patient"))

    def _leads(self, start: str) -> tuple[Lead, ...]:
        """Let it lead to some of what stands around, the same for everybody."""
        many = WORLD[start]
        return tuple(self.lots.sample(many, self.lots.choice((0, 1, 1, len(many)))))

    def _groups(self) -> tuple[dict[str, Value], ...]:
        """Make what a measure has of somebody, in none of its groups or in some."""
        pick = self.lots.choice
        return tuple(
            {"n": pick((None, *VALUES)), "last": pick((None, *WORDS))} for _ in range(pick((0, 1, 1, 2)))
        )

    def _record(self, resource: ResourceType, record_id: str, whose: str) -> RecordFacts:
        pick, (value, unit, comparator) = self.lots.choice, self._quantity()
        return RecordFacts(
            resource=resource,
            id=record_id,
            patient_id=PatientId(whose),
            deleted=self.lots.random() < 0.1,
            codes=self._some(CODE_TEXTS),
            status=pick((None, *WORDS)),
            class_code=pick((None, *WORDS)),
            starts_at=self._moment(),
            ends_at=self._moment(),
            value=value,
            unit=unit,
            comparator=comparator,
            value_codes=self._some(CODE_TEXTS),
            leads=self._leads(resource),
            components=tuple(
                ComponentFacts(self._some(CODE_TEXTS), *self._quantity()) for _ in range(pick((0, 1, 2)))
            ),
        )

    def _profile(self, whose: str) -> ProfileFacts:
        pick, born = self.lots.choice, self._birth_date()
        return ProfileFacts(
            patient_id=PatientId(whose),
            deleted=self.lots.random() < 0.1,
            gender=pick((None, "female", "male")),
            birth_date=born,
            birth_month_day=month_day(born) if born and self.lots.random() < 0.8 else None,
            is_deceased=self.lots.random() < 0.1,
            died_at=self._moment() if self.lots.random() < 0.3 else None,
            is_active=pick((True, False)),
            city=pick((None, "Boston", "L'Aquila")),
            language=pick((None, "en", "en-US", "eng", "es")),
        )

    def _birth_date(self) -> date | None:
        """Choose a day around the birthdays that matter, or 29 February."""
        if self.lots.random() < 0.3:
            return self.lots.choice((None, date(2000, 2, 29), date(2004, 2, 29), date(2020, 2, 29)))
        near = self.as_of.date() + timedelta(days=self.lots.choice((-1, 0, 1, 2, 30, 31)))
        is_leap_day = (near.month, near.day) == (2, 29)
        return (near - timedelta(days=int(is_leap_day))).replace(
            year=near.year - self.lots.choice((1, 2, 18, 19))
        )

    def _moment(self) -> datetime | None:
        offset = self.lots.choice(OFFSETS)
        return None if offset is None else self.as_of + offset

    def _quantity(self) -> tuple[float | None, str | None, str | None]:
        pick = self.lots.choice
        return pick((None, *VALUES)), pick(UNITS), pick(COMPARATORS)

    def _some(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self.lots.sample(texts, self.lots.choice((0, 1, 1, 2))))


def crowd(seed: int, as_of: datetime, size: int) -> list[PatientFacts]:
    """Make as many people, the same for the same seed."""
    drawn = Crowd(Random(seed), as_of)  # noqa: S311  # no secret, but the same again
    return [drawn.person(f"p{number:03}") for number in range(size)]


def _tuples(of: Any, least: int = 0, most: int = 2) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(of, min_size=least, max_size=most).map(tuple)


_thresholds = {
    "comparison": st.sampled_from(COMPARISONS),
    "threshold": st.sampled_from(VALUES),
    "unit": st.sampled_from(UNITS),
}
_codes = st.sampled_from(CODES)
_one_test = st.one_of(
    st.builds(ValueIs, st.just("value"), **_thresholds),
    st.builds(IsMeasured, st.just("measured")),
    st.builds(ComponentIs, st.just("component"), _tuples(_codes, 1), **_thresholds),
    st.builds(CodedValueIs, st.just("coded_value"), _tuples(_codes, 1)),
    st.builds(
        FieldIs, st.just("field"), st.sampled_from(("status", "class")), _tuples(st.sampled_from(WORDS), 1)
    ),
)
_tests = st.one_of(_one_test, st.builds(AnyTest, st.just("any_test"), _tuples(_one_test, 1)))
_spans = st.sampled_from(SPANS)
_whens = st.one_of(
    st.none(),
    st.builds(WithinDays, st.just("within_days"), _spans),
    st.builds(MoreThanDaysAgo, st.just("more_than_days_ago"), _spans),
    st.builds(Upcoming, st.just("upcoming"), st.one_of(st.none(), _spans)),
)
_has_records = st.builds(
    HasRecords,
    st.just("has_records"),
    st.sampled_from(RESOURCES),
    codes=_tuples(_codes),
    tests=_tuples(_tests),
    when=_whens,
    dated_by=st.sampled_from(ENDS),
    at_least=st.sampled_from((None, None, 0, 1, 2)),
    at_most=st.sampled_from((None, None, 0, 1)),
    distinct_by=st.sampled_from((None, None, "code")),
    pick=st.sampled_from(("any", "latest")),
)
_profile_rules = st.one_of(
    st.builds(Everyone, st.just("everyone")),
    st.builds(IsAlive, st.just("is_alive")),
    st.builds(IsActive, st.just("is_active")),
    st.builds(GenderIs, st.just("gender"), st.just(("female",))),
    st.builds(CityIs, st.just("city"), st.just(("L'Aquila", "Boston"))),
    st.builds(LanguageIs, st.just("language"), st.sampled_from((("en",), ("en", "es")))),
    st.builds(BirthdayWithin, st.just("birthday"), _spans),
    st.builds(OneOfThese, st.just("one_of_these"), st.sampled_from((NAMED, (), ("it's",)))),
    st.builds(
        AgeBetween, st.just("age"), st.sampled_from((None, 0, 1, 18)), st.sampled_from((None, 0, 1, 18))
    ),
)


_measured = st.one_of(
    st.builds(
        MeasureIs,
        st.just("measure"),
        st.just(VISITS),
        st.just("n"),
        st.sampled_from(COMPARISONS),
        st.sampled_from(VALUES),
    ),
    st.builds(
        MeasureIs,
        st.just("measure"),
        st.just(VISITS),
        st.sampled_from(("n", "last")),
        st.sampled_from(("set", "not_set")),
    ),
)


_TO_STAY, _TO_HOUSE = Hop("encounter", "Encounter"), Hop("serviceProvider", "Organization")
_WITHIN, _OF_STAY = Hop("partOf", "Organization"), Hop("partOf", "Encounter")
_NEARBY = Hop("postal_code", "Location", equal=True)
_NAMED_EAST, _EMERGENCY = NameIs("name", ("East", "it's")), FieldIs("field", "class", ("EMER",))
WAYS: Mapping[str, tuple[LeadsTo, ...]] = {
    "Observation": (
        LeadsTo("leads_to", (_TO_STAY,)),
        LeadsTo("leads_to", (_TO_STAY,), (CODES[0],), (_EMERGENCY,)),
        LeadsTo("leads_to", (_TO_STAY,), (), (ValueIs("value", "above", 7.0),)),
        LeadsTo("leads_to", (_TO_STAY, _OF_STAY), (), (_EMERGENCY,)),
        LeadsTo("leads_to", (_TO_STAY, _TO_HOUSE), (), (_NAMED_EAST,)),
        LeadsTo("leads_to", (_TO_STAY, _OF_STAY, _TO_HOUSE), (CODES[0],), (_NAMED_EAST,)),
        LeadsTo("leads_to", (_TO_STAY, _TO_HOUSE), (), (FieldIs("field", "status", ("inactive",)),)),
        LeadsTo("leads_to", (_TO_STAY, _TO_HOUSE, _WITHIN), (), (_NAMED_EAST,)),
    ),
    "Encounter": (
        LeadsTo("leads_to", (_TO_HOUSE,), (), (_NAMED_EAST,)),
        LeadsTo("leads_to", (_OF_STAY, _OF_STAY), (), (_EMERGENCY,)),
    ),
    "Patient": (
        LeadsTo("leads_to", (Hop("generalPractitioner", "Practitioner"),), (), (NameIs("name", ("Bo",)),)),
        LeadsTo(
            "leads_to",
            (
                Hop("generalPractitioner", "Practitioner"),
                Hop("practitioner", "PractitionerRole", back=True),
                Hop("organization", "Organization"),
            ),
            (CODES[0],),
        ),
        LeadsTo(
            "leads_to",
            (Hop("generalPractitioner", "Practitioner"), Hop("practitioner", "PractitionerRole", back=True)),
            (CODES[2],),
        ),
        LeadsTo("leads_to", (_NEARBY,), (), (NameIs("name", ("Mill Lane",)),)),
        LeadsTo("leads_to", (_NEARBY, Hop("managingOrganization", "Organization")), (), (_NAMED_EAST,)),
        LeadsTo("leads_to", (Hop("member.entity", "Group", back=True),)),
    ),
}
_related = st.one_of(
    *(
        st.builds(
            HasRecords,
            st.just("has_records"),
            st.just(start),
            tests=st.tuples(st.sampled_from(WAYS[start])),
            at_most=st.sampled_from((None, 0)),
            pick=st.sampled_from(("any", "latest")),
        )
        for start in RESOURCES
    ),
    st.builds(PatientLeadsTo, st.just("patient_leads_to"), st.sampled_from(WAYS["Patient"])),
)


def rules(*nested: str) -> st.SearchStrategy[Rule]:
    """Draw a rule that may build on the segments named."""
    leaves = st.one_of(_has_records, _has_records, _has_records, _profile_rules, _measured, _related)
    if nested:
        leaves = st.one_of(leaves, st.builds(InSegment, st.just("in_segment"), st.sampled_from(nested)))
    return st.recursive(
        leaves,
        lambda parts: st.one_of(
            st.builds(AllOf, st.just("all_of"), _tuples(parts, 1, 3)),
            st.builds(AnyOf, st.just("any_of"), _tuples(parts, 1, 3)),
            st.builds(ButNot, st.just("but_not"), parts, parts),
        ),
        max_leaves=5,
    )


_inner_rules, _outer_rules = rules(), rules("inner")
_zones = st.sampled_from(ZONES)


@st.composite
def segments(draw: st.DrawFn) -> tuple[Segment, dict[str, Segment]]:
    """Draw a segment and those that it may build on."""
    inner = Segment("inner", 1, "inner", draw(_inner_rules), "live", draw(_zones))
    outer = Segment("outer", 1, "outer", draw(_outer_rules), "live", draw(_zones))
    return outer, {"inner": inner}


_A, _B = (CODES[0],), (CODES[1],)
_VALUE = ValueIs("value", "above", 7.0)
_SINGLE_TESTS: tuple[RecordTest, ...] = (
    *(ValueIs("value", comparison, 7.0, unit) for comparison in COMPARISONS for unit in (None, "%")),
    *(ComponentIs("component", _A, comparison, 7.0, "%") for comparison in COMPARISONS),
    IsMeasured("measured"),
    CodedValueIs("coded_value", _B),
    FieldIs("field", "class", ("EMER", "it's")),
    AnyTest("any_test", (_VALUE, ComponentIs("component", _A, "at_least", 9.0))),
    AnyTest("any_test", (CodedValueIs("coded_value", _A), FieldIs("field", "status", ("final",)))),
)
_EVERY_WHEN: tuple[When | None, ...] = (
    None,
    *(WithinDays("within_days", days) for days in SPANS),
    *(MoreThanDaysAgo("more_than_days_ago", days) for days in SPANS),
    *(Upcoming("upcoming", days) for days in (None, *SPANS)),
)
_AT_LEAST: tuple[tuple[int | None, int | None], ...] = ((None, None), (2, None), (None, 0), (1, 1))


PICKS: tuple[Literal["any", "latest"], ...] = ("any", "latest")
SET_OR_NOT: tuple[Literal["set", "not_set"], ...] = ("set", "not_set")


def _of_records(**more: Any) -> HasRecords:
    return HasRecords("has_records", "Observation", **more)


RECORD_RULES: dict[str, tuple[Rule, ...]] = {
    "windows": tuple(
        _of_records(when=when, dated_by=dated_by, codes=codes, at_least=least, at_most=most)
        for when in _EVERY_WHEN
        for dated_by in ENDS
        for codes in ((), _A)
        for least, most in _AT_LEAST
    ),
    "tests": tuple(_of_records(tests=(test,)) for test in _SINGLE_TESTS),
    "latest in windows": tuple(
        _of_records(when=when, dated_by=dated_by, tests=(test,), pick="latest")
        for when in _EVERY_WHEN
        for dated_by in ENDS
        for test in (_VALUE, *_SINGLE_TESTS[-3:])
    ),
    "latest": tuple(_of_records(tests=(test,), pick="latest") for test in _SINGLE_TESTS),
    "ways": (
        *(
            HasRecords("has_records", start, tests=(way,), at_most=most, pick=pick)
            for start in RESOURCES
            for way in WAYS[start]
            for most in (None, 0)
            for pick in PICKS
        ),
        *(PatientLeadsTo("patient_leads_to", way) for way in WAYS["Patient"]),
    ),
    "measures": (
        *(
            MeasureIs("measure", VISITS, "n", comparison, threshold)
            for comparison in COMPARISONS
            for threshold in VALUES
        ),
        *(MeasureIs("measure", VISITS, name, asked) for name in ("n", "last") for asked in SET_OR_NOT),
    ),
    "different codes": tuple(_of_records(at_least=least, distinct_by="code") for least in (1, 2, 3)),
}
PROFILE_RULES: tuple[Rule, ...] = (
    Everyone("everyone"),
    IsAlive("is_alive"),
    IsActive("is_active"),
    GenderIs("gender", ("female",)),
    CityIs("city", ("L'Aquila",)),
    LanguageIs("language", ("en", "es")),
    OneOfThese("one_of_these", NAMED),
    *(BirthdayWithin("birthday", days) for days in SPANS),
    *(
        AgeBetween("age", least, most)
        for least, most in ((None, 0), (1, None), (2, 18), (18, 18), (None, 18), (19, None), (3, 20), (6, 21))
    ),
)
"""Rules by the sort, so that each sort can be asked of everybody at once."""
