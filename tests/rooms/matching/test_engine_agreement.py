"""Splink over DuckDB finds what a slow reading of the rules finds (UN-3…UN-7)."""

from dataclasses import replace
from pathlib import Path

import sqlglot
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from shared.adapters.splink_matching import SplinkMatching
from shared.matching.comparing import Preparer, SourceRecord, plan_of
from shared.matching.definitions import Condition, Level, MatchingDraft, Rule, Source
from shared.matching.model import RecordRef
from shared.matching.ports import Linked
from shared.matching.rules_in_sql import apart_sql, pair_sql
from tests.rooms.matching.people import COLUMNS, slowly_linked

SOURCES = ("hospital", "clinic", "portal")
VALUES = {
    "first_name": st.sampled_from(["Ada", "Adda", "Ida", "Anna", "Bob", "Robert", "Zoë", "李小龙", "李小虎"]),
    "last_name": st.sampled_from(["O'Brien", "OBrian", "Osei", "d'Arcy"]),
    "birth_date": st.sampled_from(["1990-01-02", "19900102", "1990-02-01", "1990-01-12"]),
    "phone": st.sampled_from(["0113 496 0001", "01134960001", "07700 900123"]),
    "email": st.sampled_from(["family@example.org", "Family@example.org"]),
    "postcode": st.sampled_from(["LS1 4AP", "ls14ap"]),
    "identifier": st.sampled_from(["943 476 5919", "9434765919", "9434765870"]),
}
RECORDS = st.lists(
    st.tuples(st.sampled_from(SOURCES), st.fixed_dictionaries({}, optional=VALUES)), max_size=9
)
FIELDS = st.sampled_from(sorted(VALUES))
PRECISIONS: st.SearchStrategy[Level | int] = st.sampled_from(["exact", "high", "medium", "low", 34, 90])
CONDITIONS = st.builds(Condition, FIELDS, PRECISIONS)


def a_rule(name: str, exact: str, others: list[Condition]) -> Rule:
    return Rule(name, (Condition(exact), *others))


def an_exception(field: str, precision: Level | int, missing: bool, slip: bool, shared: str) -> Rule:  # noqa: FBT001  # drawn one by one
    differing = Condition(field, precision, differs=True, or_missing=missing, unless_slip=slip)
    return Rule("apart", (differing, Condition(shared)))


def a_draft(rules: list[tuple[list[Rule], list[Rule]]], exceptions: list[Rule]) -> MatchingDraft:
    sources = tuple(
        Source(name, COLUMNS, dedupe=tuple(dedupe), match=tuple(match))
        for name, (dedupe, match) in zip(SOURCES, rules, strict=True)
    )
    return MatchingDraft("Everybody", sources, exceptions=tuple(exceptions))


RULES = st.lists(
    st.builds(a_rule, st.sampled_from(["one", "two"]), FIELDS, st.lists(CONDITIONS, max_size=2)), max_size=2
)
EXCEPTIONS = st.lists(
    st.builds(an_exception, FIELDS, PRECISIONS, st.booleans(), st.booleans(), FIELDS), max_size=2
)
DRAFTS = st.builds(a_draft, st.lists(st.tuples(RULES, RULES), min_size=3, max_size=3), EXCEPTIONS)
USUAL = MatchingDraft("Everybody", tuple(Source(name, COLUMNS) for name in SOURCES))
SLIP = ("hospital", {"first_name": "Adda", "last_name": "Osei", "birth_date": "19900102", "phone": "1"})
WELL_KNOWN = ("hospital", {**SLIP[1], "first_name": "Ada"})


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(DRAFTS, RECORDS, st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=2))
@example(USUAL, [SLIP, *[WELL_KNOWN] * 20], set())
@example(USUAL, [SLIP, *[WELL_KNOWN] * 19], set())
def test_the_engine_agrees_with_the_rules_as_they_are_worded(
    tmp_path: Path,
    draft: MatchingDraft,
    rows: list[tuple[str, dict[str, str]]],
    also: set[tuple[int, int]],
) -> None:
    plan = plan_of(draft)
    records = [SourceRecord(RecordRef(source, str(n)), values) for n, (source, values) in enumerate(rows)]
    compared = list(Preparer(draft, plan).all(records))
    given_pairs = sorted(pair for pair in also if pair[0] < pair[1] < len(records))

    found = SplinkMatching(tmp_path).link(plan, reversed(compared), also=given_pairs, largest=100)

    assert as_lists(found) == as_lists(slowly_linked(plan, compared, given_pairs))


def test_groups_that_are_too_large_are_not_looked_into(tmp_path: Path) -> None:
    draft = replace(
        USUAL, exceptions=(Rule("apart", (Condition("identifier", differs=True, or_missing=True),)),)
    )
    records = [SourceRecord(RecordRef("hospital", str(n)), SLIP[1] | {"postcode": "x"}) for n in range(4)]
    plan = plan_of(draft)
    compared = list(Preparer(draft, plan).all(records))

    def apart(largest: int) -> int:
        return len(SplinkMatching(tmp_path).link(plan, compared, also=(), largest=largest).apart)

    assert (apart(3), apart(4)) == (0, 6)


def as_lists(found: Linked) -> tuple[list[object], ...]:
    return list(found.pairs), [list(group) for group in found.groups], [tuple(pair) for pair in found.apart]


def test_what_a_rule_compiles_to_is_spelt_in_spark_as_in_duckdb() -> None:
    plan = plan_of(USUAL)
    written = [pair_sql(step, plan.sources) for step in plan.steps] + [
        apart_sql(one) for one in plan.exceptions
    ]

    in_spark = [sqlglot.transpile(sql, read="duckdb", write="spark")[0] for sql in written]

    assert [without_signs(sql) for sql in in_spark] == [without_signs(sql) for sql in written]


def without_signs(sql: str) -> str:
    """Give the words in their order: brackets may be written or not, and *is not null* in two ways."""
    words = sql.upper().replace("!=", "<>").replace("(", " ").replace(")", " ").replace(",", " ").split()
    return " ".join(sorted(words))
