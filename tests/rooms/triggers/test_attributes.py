"""Whether two versions say the same at a path (FH-10)."""

import re
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given
from hypothesis import strategies as st

from shared.fhir.elements import ELEMENTS, is_path_in
from shared.fhir.exact_json import read_exactly
from shared.triggers.attributes import changed_between
from shared.triggers.definitions import WATCHED
from tests.rooms.triggers.builders import concept, quantity

SNOMED = "http://snomed.info/sct"
OF_NO_INTEREST = {"fhir_comments", "resource_type", "id", "extension", "modifierExtension"}
OF_A_RESOURCE = {"implicitRules", "language", "meta", "contained", "text"}


def differ(path: str, before: Any, after: Any) -> bool:
    """Say whether two values of the path's last word differ to a trigger."""
    return bool(changed_between(before, after, [path]))


class TestChangedBetween:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ({"value": 8.1}, {"value": 8.10}),
            ({"value": 8}, {"value": 8.0}),
            (quantity(8.1), {**quantity(8.1), "unit": "percent"}),
            (quantity(8.1), {**quantity(8.1), "id": "q1"}),
        ],
    )
    def test_takes_a_quantity_for_the_same_however_it_is_written(self, before: Any, after: Any) -> None:
        assert not differ("valueQuantity", {"valueQuantity": before}, {"valueQuantity": after})

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (quantity(8.1), quantity(8.11)),
            (quantity(8.1), quantity(8.1, "mmol/mol")),
            (quantity(8.1), quantity(8.1, comparator=">")),
            ({"value": 8.1, "unit": "mg"}, {"value": 8.1, "unit": "g"}),
            ({"value": 1}, {"value": True}),
        ],
    )
    def test_tells_apart_what_is_another_measurement(self, before: Any, after: Any) -> None:
        assert differ("valueQuantity", {"valueQuantity": before}, {"valueQuantity": after})

    def test_compares_decimals_as_they_are_written_and_not_as_floats(self) -> None:
        one, other, longer = (
            read_exactly(f'{{"valueQuantity": {{"value": {text}}}}}')
            for text in ("0.1", "0.10000000000000000001", "0.100")
        )

        assert differ("valueQuantity", one, other)
        assert not differ("valueQuantity", one, longer)

    @pytest.mark.parametrize(
        ("before", "after", "is_changed"),
        [
            ("2026-03-02T08:30:00Z", "2026-03-02T09:30:00+01:00", False),
            ("2026-03-02T08:30:00Z", "2026-03-02T08:30:00.000Z", False),
            ("2026-03-29T00:59:00Z", "2026-03-29T03:59:00+02:00", True),
            ("2026-03-02", "2026-03-02T00:00:00Z", True),
            ("2026", "2026-01-01", True),
        ],
    )
    def test_compares_times_as_instants_and_a_day_as_a_day(
        self, before: str, after: str, *, is_changed: bool
    ) -> None:
        assert differ("start", {"start": before}, {"start": after}) is is_changed

    def test_gives_codings_no_order_and_displays_no_weight(self) -> None:
        before = {"code": concept((SNOMED, "44054006"), ("urn:local", "DM2"))}
        after = {"code": concept(("urn:local", "DM2"), (SNOMED, "44054006"))}
        after["code"]["coding"][0]["display"] = "Diabetes, type\u200b 2"

        assert not differ("code", before, after)
        assert differ("code", before, {"code": concept((SNOMED, "44054006"))})
        assert differ("code", {"code": {"text": "pain"}}, {"code": {"text": "severe pain"}})

    def test_gives_lists_of_objects_no_order_and_given_names_theirs(self) -> None:
        phones = [{"system": "phone", "value": "1"}, {"system": "phone", "value": "2"}]
        assert not differ("telecom", {"telecom": phones}, {"telecom": phones[::-1]})
        assert differ("telecom", {"telecom": phones}, {"telecom": [phones[0]] * 2})

        siobhan, turned = (
            {"name": [{"given": ["Siobhán", "Mary"]}]},
            {"name": [{"given": ["Mary", "Siobhán"]}]},
        )
        assert differ("name", siobhan, turned)
        assert differ("name.given", siobhan, turned)

    @pytest.mark.parametrize(
        "said", ["{}", *(f'{{"participant": {nothing}}}' for nothing in ("[]", "[{}]", "null"))]
    )
    def test_counts_what_comes_or_goes_and_takes_nothing_for_absent(self, said: str) -> None:
        nothing: Any = read_exactly(said)
        there = {"participant": [{"status": "accepted"}]}

        assert differ("participant", nothing, there)
        assert differ("participant.status", there, nothing)
        assert not differ("participant", nothing, {})

    def test_follows_the_stem_of_a_choice_to_whatever_type_is_there(self) -> None:
        assert differ("value", {"valueQuantity": quantity(8.1)}, {"valueString": "high"})
        assert differ("value", {"valueQuantity": quantity(8.1)}, {"valueQuantity": quantity(8.2)})
        assert not differ("value", {"valueSet": "a"}, {"valueSet": "b"})

    def test_points_at_the_same_with_a_version_or_without(self) -> None:
        plain, versioned = (
            {"subject": {"reference": text}} for text in ("Patient/a", "Patient/a/_history/3")
        )

        assert not differ("subject", plain, versioned)
        assert differ("subject", plain, {"subject": {"reference": "Patient/b"}})

    @given(
        st.recursive(
            st.none() | st.booleans() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        )
    )
    def test_finds_whatever_json_there_is_to_be_the_same_as_itself(self, value: Any) -> None:
        assert not differ("value", {"value": value}, {"value": value})


class TestIsPathIn:
    @pytest.mark.parametrize(
        ("type_", "path"),
        [
            ("Appointment", "start"),
            ("Appointment", "participant.actor"),
            ("Encounter", "class.code"),
            ("Observation", "value"),
            ("Observation", "valueQuantity.value"),
            ("Observation", "component.code.coding.code"),
            ("Patient", "deceased"),
        ],
    )
    def test_knows_the_fields_of_a_type(self, type_: str, path: str) -> None:
        assert is_path_in(type_, path)

    @pytest.mark.parametrize(
        "path", ["", "strat", "start.code", "Appointment.start", "meta.lastUpdated", "text", "val", "id", "."]
    )
    def test_knows_no_others(self, path: str) -> None:
        assert not is_path_in("Appointment", path)

    def test_knows_them_as_an_outside_library_does(self) -> None:
        """What `fhir.resources` has as R4B has the same names as R4 (fhir.md §0.4)."""
        for type_, elements in ELEMENTS.items():
            left_out = OF_NO_INTEREST | (OF_A_RESOURCE if type_ in WATCHED else set[str]())
            fields = get_fhir_model_class(type_).model_fields
            expected = {
                field.alias or name: of[1]
                if (of := re.search(r"abc\.(\w+)Type\b", str(field.annotation)))
                else ""
                for name, field in fields.items()
                if name not in left_out and not name.endswith("__ext")
            }
            assert elements == expected, type_
        assert ELEMENTS.keys() >= WATCHED
