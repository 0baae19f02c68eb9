"""What the embedded record can be searched by, beside what HL7 defines."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import orjson
import pytest

from shared.adapters.fhir_search_kinds import Kind, Parameter
from shared.adapters.fhir_search_parameters import NOT_SEARCHABLE, parameters_of
from shared.adapters.fhir_search_values import Found, found_by
from tests.support.judges import judge
from tests.support.medplum import NAME, found_in, is_installed, search_parameters
from tests.support.reference_data import reference_data

TYPES = (
    *("AllergyIntolerance", "Appointment", "CarePlan", "CareTeam", "Communication", "Condition", "Consent"),
    *("Coverage", "DiagnosticReport", "Encounter", "Goal", "Immunization", "Location", "MedicationRequest"),
    *("Observation", "Organization", "Patient", "Practitioner", "PractitionerRole", "Procedure"),
    *("Questionnaire", "QuestionnaireResponse", "RelatedPerson", "Schedule", "Slot", "Task"),
)
CONTROL = {"_id", "_lastUpdated"}
Definitions = Mapping[tuple[str, str], dict[str, Any]]


def by_type_and_name(definitions: Iterator[dict[str, Any]] | list[dict[str, Any]]) -> Definitions:
    return {(type_, one["code"]): one for one in definitions for type_ in one["base"] if type_ in TYPES}


def on_the_shelf(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("SearchParameter-*.json")):
        yield orjson.loads(path.read_bytes())


@pytest.fixture(scope="module", params=["the shelf", "medplum"])
def defined(request: pytest.FixtureRequest) -> Definitions:
    """Take HL7's definitions from the shelf, which has some, and from a library that has them all."""
    if request.param == "the shelf":
        return by_type_and_name(on_the_shelf(reference_data() / "hl7-examples" / "r4-definitions"))
    judge(NAME, available=is_installed())
    return by_type_and_name(search_parameters())


class TestWhatHl7Defines:
    def test_is_supported_or_listed_with_a_reason(self, defined: Definitions) -> None:
        neither = [
            key for key in defined if key[1] not in parameters_of(key[0]) and not NOT_SEARCHABLE.get(key)
        ]

        assert len(defined) > 90
        assert neither == []

    def test_has_the_same_kind_with_us(self, defined: Definitions) -> None:
        kinds = {
            key: (one["type"], parameters_of(key[0])[key[1]].kind.in_fhir)
            for key, one in defined.items()
            if key[1] in parameters_of(key[0])
        }

        assert {key: both for key, both in kinds.items() if both[0] != both[1]} == {}

    def test_is_all_that_we_offer(self) -> None:
        judge(NAME, available=is_installed())
        every = by_type_and_name(search_parameters())

        ours = {(type_, name) for type_ in TYPES for name in parameters_of(type_) if name[0] != "_"}

        assert ours - set(every) == set()


class TestTheListOfWhatWeDoNotSearch:
    def test_names_nothing_that_we_do(self) -> None:
        assert [key for key in NOT_SEARCHABLE if key[1] in parameters_of(key[0])] == []

    def test_holds_little_else_than_what_has_no_value_of_its_own(self) -> None:
        judge(NAME, available=is_installed())
        every = by_type_and_name(search_parameters())

        kinds = {every[key]["type"] for key in NOT_SEARCHABLE if key in every and key[1] != "phonetic"}

        assert kinds == {"composite", "special"}


OF_A_TYPE = re.compile(r"\.where\(resolve\(\) is \w+\)")
AS_A_TYPE = re.compile(r"\(?([\w.]+)(?: as |\.as\()(\w)(\w+)\)")


def path_of(definition: dict[str, Any], type_: str) -> str:
    """Give the part of HL7's expression that is about the type, its choices spelt out.

    Whether a reference goes to a type cannot be asked of a resource alone.
    """
    parts = [part.strip() for part in definition["expression"].split(" | ")]
    own = [part for part in parts if re.match(rf"\(?{type_}\.", part)]
    plain = OF_A_TYPE.sub("", " | ".join(own))
    return AS_A_TYPE.sub(lambda found: f"{found[1]}{found[2].upper()}{found[3]}", plain)


def parts_of(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def has_a_code(value: Any) -> bool:
    codings: list[dict[str, Any]] = parts_of(value).get("coding", [parts_of(value)])
    return isinstance(value, str | bool) or any("code" in coding or "value" in coding for coding in codings)


def points_somewhere(value: Any) -> bool:
    return not parts_of(value).get("reference", "#").startswith("#")


def has_a_time(value: Any) -> bool:
    parts = parts_of(value)
    if isinstance(value, str):
        return value[:4].isdecimal()
    return any(name in parts for name in ("start", "end", "event")) or "boundsPeriod" in parts.get(
        "repeat", {}
    )


def has_an_amount(value: Any) -> bool:
    return any(name in parts_of(value) for name in ("value", "low", "high"))


FINDABLE: Mapping[Kind, Callable[[Any], bool]] = {
    Kind.CODE: has_a_code,
    Kind.TOKEN: has_a_code,
    Kind.REFERENCE: points_somewhere,
    Kind.DATE: has_a_time,
    Kind.DATES: has_a_time,
    Kind.QUANTITY: has_an_amount,
}


def is_kept(parameter: Parameter, found: Found) -> bool:
    keys = {one.key for one in parameter.joined} or {parameter.key}
    rows = [row for row in (*found.terms, *found.stretches) if row[0] in keys]
    if not parameter.only:
        return bool(rows)
    return any(row[2] == parameter.only or f"/{parameter.only}/" in str(row[1]) for row in rows)


def type_named_by(value: Any) -> str:
    return f"/{parts_of(value).get('reference', '')}".split("/")[-2]


class TestEveryExampleOfHl7:
    def test_is_found_by_what_their_own_expressions_find_in_it(self) -> None:
        folder = reference_data() / "hl7-examples" / "r4"
        judge(NAME, available=is_installed())
        asked: dict[str, list[tuple[Parameter, str]]] = defaultdict(list)
        for (type_, name), definition in by_type_and_name(search_parameters()).items():
            if parameter := parameters_of(type_).get(name):
                asked[type_].append((parameter, path_of(definition, type_)))
        examples = [
            orjson.loads(path.read_bytes()) for type_ in TYPES for path in sorted(folder.glob(f"{type_}/*"))
        ]

        answers = found_in((one, [path for _, path in asked[one["resourceType"]]]) for one in examples)

        differing, kept = list[str](), 0
        for resource, values in zip(examples, answers, strict=True):
            type_, found = resource["resourceType"], found_by(resource)
            for (parameter, _), some in zip(asked[type_], values, strict=True):
                expected = any(
                    FINDABLE.get(parameter.kind, bool)(one) and parameter.only in ("", type_named_by(one))
                    for one in some
                )
                kept += expected
                if expected != is_kept(parameter, found):
                    differing.append(f"{type_}/{resource['id']} {parameter.name}")
        assert kept > 1000
        assert differing == []
