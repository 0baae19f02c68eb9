"""The SQL of a segment: data never becomes words of it, and it is read by more than one engine."""

from collections.abc import Iterator

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from shared.fhir.criteria import Code, ComponentIs
from shared.segments.facts import COLUMNS, PATIENT_COLUMNS, PatientFacts, ProfileFacts, gone, row_of
from shared.segments.nesting import NestedSegmentMissing
from shared.segments.population import sql_for
from shared.segments.rules import (
    AgeBetween,
    AllOf,
    AnyOf,
    AnyTest,
    BirthdayWithin,
    ButNot,
    CityIs,
    CodedValueIs,
    FieldIs,
    HasRecords,
    InSegment,
    IsMeasured,
    LanguageIs,
    MoreThanDaysAgo,
    Rule,
    Upcoming,
    WithinDays,
)
from tests.rooms.segments.people import ADA, ALIVE, NOON, a_segment, above, ada, hba1c, measured
from tests.support.segment_lake import empty_lake, holding_only, members

NASTY = (
    "O'Brien",
    "'; DROP TABLE patient; --",
    "' OR '1'='1",
    "/* */ -- \\",
    "\\' OR 1=1 --",
    '"patient"',
    "$as_of",
    "?; {curly} %s :name",
    "' || (SELECT 'Boston') || '",
    "a|b",
    "\u202e\U0001d518",
)
EVERYTHING = AllOf(
    "all_of",
    (
        ALIVE,
        AgeBetween("age", 18, 75),
        BirthdayWithin("birthday", 30),
        LanguageIs("language", ("en", "es")),
        hba1c(above(7.0), when=WithinDays("within_days", 180), pick="latest"),
        hba1c(IsMeasured("measured"), when=MoreThanDaysAgo("more_than_days_ago", 3), at_most=0),
        HasRecords(
            "has_records",
            "Observation",
            tests=(
                AnyTest(
                    "any_test", (ComponentIs("component", (Code("s", "c"),), "at_least", 140.5, "mm[Hg]"),)
                ),
                CodedValueIs("coded_value", (Code("s", "v"),)),
            ),
        ),
        ButNot(
            "but_not",
            HasRecords("has_records", "MedicationRequest", at_least=5, distinct_by="code"),
            HasRecords("has_records", "Appointment", when=Upcoming("upcoming", 7), dated_by="end"),
        ),
    ),
)


@pytest.fixture
def lake() -> Iterator[duckdb.DuckDBPyConnection]:
    with empty_lake() as connection:
        yield connection


def everywhere(text: str) -> tuple[Rule, ...]:
    """Put a text wherever a definition may hold one."""
    code = Code(text, text)
    return (
        CityIs("city", (text,)),
        LanguageIs("language", (text,)),
        HasRecords("has_records", "Observation", (code,)),
        hba1c(above(7.0, unit=text)),
        hba1c(ComponentIs("component", (code,), "above", 7.0, text)),
        hba1c(CodedValueIs("coded_value", (code,))),
        hba1c(FieldIs("field", "status", (text,))),
    )


class TestTexts:
    @pytest.mark.parametrize("text", NASTY)
    def test_of_a_definition_match_only_themselves(self, text: str, lake: duckdb.DuckDBPyConnection) -> None:
        namesake = ada(city=text)
        other = PatientFacts(ProfileFacts(patient_id=type(ADA)("boston"), city="Boston"))
        holding_only(lake, [namesake, other])

        assert members(lake, a_segment(CityIs("city", (text,))), {}, NOON) == ["ada"]

    @pytest.mark.parametrize("text", NASTY)
    @pytest.mark.parametrize("dialect", ["duckdb", "spark"])
    def test_stay_literals_in_every_place(self, text: str, dialect: str) -> None:
        for rule in everywhere(text):
            read = sqlglot.parse(sql_for(a_segment(rule), nested={}, dialect=dialect), read=dialect)

            assert len(read) == 1
            assert isinstance(read[0], exp.Select)
            assert any(text in literal.name for literal in read[0].find_all(exp.Literal))
            assert shape(read[0]) == shape(
                sqlglot.parse_one(
                    sql_for(a_segment(as_plain(rule, text)), nested={}, dialect=dialect), read=dialect
                )
            )

    @pytest.mark.parametrize("text", NASTY)
    def test_change_nothing_in_the_lake(self, text: str, lake: duckdb.DuckDBPyConnection) -> None:
        holding_only(lake, [ada(measured(8.0))])

        for rule in everywhere(text):
            assert members(lake, a_segment(rule), {}, NOON) == []

        assert lake.execute("SELECT COUNT(*) FROM patient").fetchone() == (1,)

    def test_of_a_time_zone_stay_literals(self) -> None:
        segment = a_segment(AgeBetween("age", 18), time_zone="UTC') OR ('1'='1")

        assert len(sqlglot.parse(sql_for(segment, nested={}), read="duckdb")) == 1


def as_plain(rule: Rule, text: str) -> Rule:
    """Give the same rule about something harmless."""
    return everywhere("plain")[everywhere(text).index(rule)]


def shape(tree: exp.Expr) -> list[str]:
    """Give the kinds of all nodes: what a text must not be able to change."""
    return [type(node).__name__ for node in tree.walk()]


class TestStatement:
    @pytest.mark.parametrize("dialect", ["duckdb", "spark"])
    def test_can_be_read_in_its_dialect(self, dialect: str) -> None:
        sql = sql_for(a_segment(EVERYTHING, time_zone="Europe/Stockholm"), nested={}, dialect=dialect)

        read = sqlglot.parse_one(sql, read=dialect)

        assert isinstance(read, exp.Select)
        assert {marker.name for marker in read.find_all(exp.Placeholder)} == {"as_of"}

    def test_of_spark_speaks_no_duckdb(self) -> None:
        sql = sql_for(a_segment(EVERYTHING), nested={}, dialect="spark")

        assert all(word not in sql for word in ("LIST_", "LAMBDA", "&&", "$", "ARG_MAX", "STARTS_WITH"))

    def test_asks_every_table_once_and_once_more_for_what_names_its_patient_otherwise(self) -> None:
        read = sqlglot.parse_one(sql_for(a_segment(EVERYTHING), nested={}), read="duckdb")
        otherwise = [join for join in read.find_all(exp.Join) if join.this.alias == "owner"]
        again = [str(join.parent and join.parent.args["where"]) for join in otherwise]
        for join in otherwise:
            join.pop()

        tables = sorted(table.name for table in read.find_all(exp.Table))
        records = ["appointment", "medication_request", "observation"]
        assert tables == sorted([*records, *records, "patient"])
        assert all(join.side == "LEFT" for join in read.find_all(exp.Join))
        assert again == ['WHERE NOT ("row"."whose" IS NULL)'] * 3

    def test_is_planned_as_joins_by_hash(self, lake: duckdb.DuckDBPyConnection) -> None:
        holding_only(lake, [ada(measured(8.0))])

        sql = sql_for(a_segment(EVERYTHING), nested={}).replace("$as_of", "TIMESTAMP '2026-03-02 12:00:00'")
        plan = str(lake.execute(f"EXPLAIN {sql}").fetchall())

        assert "Hash Join" in plan
        assert "Nested" not in plan
        assert "Cross" not in plan

    def test_bears_as_many_conditions_as_are_allowed(self, lake: duckdb.DuckDBPyConnection) -> None:
        holding_only(lake, [ada(measured(8.0))])
        many = tuple(hba1c(above(float(number))) for number in range(100))

        assert members(lake, a_segment(AnyOf("any_of", many)), {}, NOON) == ["ada"]
        assert members(lake, a_segment(AllOf("all_of", many)), {}, NOON) == []

    def test_refuses_to_build_on_what_is_not_there(self) -> None:
        with pytest.raises(NestedSegmentMissing):
            sql_for(a_segment(InSegment("in_segment", "nowhere")), nested={})


class TestRows:
    def test_have_the_columns_of_their_table(self) -> None:
        assert list(row_of(measured(8.0))) == list(COLUMNS)
        assert list(row_of(ada().profile)) == list(PATIENT_COLUMNS)

    def test_of_what_is_gone_count_for_nobody(self, lake: duckdb.DuckDBPyConnection) -> None:
        holding_only(lake, [ada(gone("Observation", "march", ADA, 2))])

        assert members(lake, a_segment(HasRecords("has_records", "Observation")), {}, NOON) == []
