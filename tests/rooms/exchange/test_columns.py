"""Columns: what is written into a row's columns is what is read out of them, whatever lay there before."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.exchange.columns import ColumnValue, columns_of, with_columns
from shared.exchange.element_paths import path_of
from shared.exchange.model import AttributeMap, CodeableConcept, ColumnType, EntityMap
from shared.fhir.ports import Resource
from shared.kernel.refusals import Nonsense

CONCEPTS = tuple(
    CodeableConcept(name, text, "http://loinc.org", code, kind)
    for name, text, code, kind in (
        ("sbp", "Systolic", "8480-6", "vital sign"),
        ("dbp", "Diastolic", "8462-4", "vital sign"),
        ("hba1c", "HbA1c", "4548-4", "laboratory"),
    )
)


def column(name: str, path: str, type_: ColumnType = "text", **more: Any) -> AttributeMap:
    return AttributeMap(name, path, type_, **more)


def mapped(*attributes: AttributeMap) -> EntityMap:
    return EntityMap(
        "Observation",
        is_enabled=True,
        write_back=False,
        messages=("read",),
        concepts=CONCEPTS,
        attributes=attributes,
    )


COLUMNS = mapped(
    column("status", "status"),
    column("test", "code", "concept_name"),
    column("method", "method", "concept_text", concepts="laboratory"),
    column("site", "bodySite", "concept_code", concepts="vital sign"),
    column("on", "effectiveDateTime", "date_time"),
    column("value", "valueQuantity.value", "decimal"),
    column("unit", "valueQuantity.unit"),
    column("sbp", "component.where(code.coding[0].code='8480-6').valueQuantity.value", "decimal"),
    column("dbp", "component.where(code.coding[0].code='8462-4').valueQuantity.value", "decimal"),
    column("case", "identifier.where(system='urn:case' and use='official').value"),
    column("note", "note[0].text"),
    column("second_note", "note[1].text"),
)
TEXTS = st.text(min_size=1, max_size=8).filter(str.strip)
DECIMALS = st.one_of(st.integers(-999, 999), st.floats(-1e6, 1e6))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "status": TEXTS,
    "test": st.sampled_from(["sbp", "dbp", "hba1c"]),
    "method": st.just("HbA1c"),
    "site": st.sampled_from(["8480-6", "8462-4"]),
    "on": st.sampled_from(["2026", "2026-11", "2026-11-02", "2026-11-02T08:15:00.1234567Z"]),
    "value": DECIMALS,
    "unit": TEXTS,
    "sbp": DECIMALS,
    "dbp": DECIMALS,
    "case": TEXTS,
    "note": TEXTS,
}
ROWS = st.fixed_dictionaries({}, optional={n: st.one_of(st.none(), s) for n, s in VALUES.items()})
LYING = st.fixed_dictionaries(
    {"resourceType": st.just("Observation"), "id": st.just("o")},
    optional={
        "valueQuantity": st.sampled_from([{"code": "mm[Hg]"}, {"value": 3, "unit": "x"}]),
        "component": st.permutations(["8480-6", "8462-4", "x"]).map(
            lambda codes: [{"code": {"coding": [{"code": one}]}} for one in codes[:2]]
        ),
        "identifier": st.just([{"system": "urn:case", "use": "old", "value": "1"}]),
        "method": st.just({"text": "By hand"}),
        "note": st.just([{"text": "Fasting", "time": "2026"}]),
        "_status": st.just({"extension": [{"url": "urn:x", "valueBoolean": True}]}),
    },
)


class TestARow:
    @given(LYING, ROWS)
    def test_is_read_as_it_was_written(self, lying: Resource, row: dict[str, ColumnValue]) -> None:
        before = columns_of(lying, COLUMNS).values

        made = with_columns(lying, row, COLUMNS)

        assert columns_of(made, COLUMNS).values == {**before, **row}
        assert with_columns(made, row, COLUMNS) == made
        assert with_columns(made, columns_of(made, COLUMNS).values, COLUMNS) == made

    @given(ROWS)
    def test_that_is_taken_back_leaves_nothing_behind(self, row: dict[str, ColumnValue]) -> None:
        bare: Resource = {"resourceType": "Observation", "id": "o"}

        made = with_columns(bare, row, COLUMNS)

        assert with_columns(made, dict.fromkeys(row), COLUMNS) == bare

    def test_leaves_what_it_was_made_from_as_it_was(self) -> None:
        lying: Resource = {"resourceType": "Observation", "id": "o", "note": [{"text": "Fasting"}]}

        with_columns(lying, {"note": "Not fasting", "second_note": "Twice"}, COLUMNS)

        assert lying["note"] == [{"text": "Fasting"}]


class TestNo:
    @pytest.mark.parametrize(
        ("row", "guilty"),
        [
            ({"second_note": "Twice"}, "second_note"),
            ({"note": None}, "note"),
            ({"method": "Systolic"}, "method"),
            ({"unknown": 1}, "?"),
            ({"value": float("inf")}, "value"),
            ({"on": "2026-02-30"}, "on"),
        ],
    )
    def test_is_said_by_the_column(self, row: dict[str, ColumnValue], guilty: str) -> None:
        lying: Resource = {"resourceType": "Observation", "id": "o"}
        if row == {"note": None}:
            lying["note"] = [{"text": "first"}, {"text": "second"}]

        with pytest.raises(Nonsense) as refused:
            with_columns(lying, row, COLUMNS)

        assert [name for name, _ in refused.value.fields] == [guilty]

    def test_is_said_where_one_column_undoes_another(self) -> None:
        same = mapped(column("first", "note[0].text"), column("any", "note.where(time='2026').text"))
        lying: Resource = {"resourceType": "Observation", "id": "o", "note": [{"time": "2026", "text": "a"}]}

        with pytest.raises(Nonsense) as refused:
            with_columns(lying, {"first": "b", "any": "c"}, same)

        assert ("first", "stands in the way of another column, or another in its way") in refused.value.fields

    def test_is_said_of_a_text_that_two_concepts_have(self) -> None:
        twice = EntityMap(
            "Observation",
            is_enabled=True,
            write_back=False,
            messages=(),
            concepts=tuple(CodeableConcept(name, "Same", "urn:x", name) for name in "ab"),
            attributes=(column("test", "code", "concept_text"),),
        )

        with pytest.raises(Nonsense) as refused:
            with_columns({"resourceType": "Observation"}, {"test": "Same"}, twice)

        assert refused.value.fields == (("test", "several codeable concepts are called so"),)


class TestAPath:
    @given(st.text(alphabet="ab[]0.()'=where ", max_size=30))
    def test_of_any_letters_is_read_or_refused(self, text: str) -> None:
        try:
            read = path_of(text)
        except Nonsense:
            return
        assert read.names
        assert ".".join(read.names).replace(".", "").isalnum()

    @pytest.mark.parametrize(
        "text", ["", ".", "a.", ".a", "a..b", "a[100]", "a[-1]", "a.where(b=c)", "A", "a" * 400]
    )
    def test_that_is_none_is_refused(self, text: str) -> None:
        with pytest.raises(Nonsense):
            path_of(text)
