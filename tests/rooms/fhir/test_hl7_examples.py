"""HL7's own R4 examples are stored and read back as they were, to the last digit."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.fhir_bodies import resource_in
from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.ports import Write
from shared.kernel.refusals import Nonsense
from tests.support.reference_data import reference_data

INVALID = {"Questionnaire/qs1": ("linkId", "missing, and R4 requires it")}
"""Its items have no `linkId` (Questionnaire.item.linkId is 1..1): nobody could say what they answer."""


def examples(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.glob("*/*.json")):
        yield path.read_bytes()


def to_the_digit(body: bytes) -> Any:
    """Read JSON, its numbers as they are spelt, without what a server sets."""
    resource = json.loads(body, parse_float=spelt, parse_int=spelt)
    meta = {name: value for name, value in resource.pop("meta", {}).items() if name not in SET_BY_SERVERS}
    return {**resource, **({"meta": meta} if meta else {})}


SET_BY_SERVERS = ("versionId", "lastUpdated")


def spelt(text: str) -> tuple[str, str]:
    return "number", text


class TestEveryExample:
    def test_comes_back_as_it_was(self, record: SqliteRecord) -> None:
        refused: dict[str, set[tuple[str, str]]] = {}
        changed: set[str] = set()
        stored = 0

        for body in examples(reference_data() / "hl7-examples" / "r4"):
            resource = resource_in(body)
            type_, id_ = resource["resourceType"], resource["id"]
            try:
                record.transaction([Write("PUT", type_, id_, resource)])
            except Nonsense as no:
                refused[f"{type_}/{id_}"] = {
                    (path.rpartition(".")[2], problem) for path, problem in no.fields
                }
                continue
            stored += 1
            if to_the_digit(record.stored(type_, id_).body) != to_the_digit(body):
                changed.add(f"{type_}/{id_}")

        assert changed == set()
        assert stored == 335
        assert refused == {name: {rule} for name, rule in INVALID.items()}

    def test_with_other_digits_would_be_another(self) -> None:
        assert to_the_digit(b'{"value": 1.50}') != to_the_digit(b'{"value": 1.5}')
        assert to_the_digit(b'{"value": 1E-22}') != to_the_digit(b'{"value": 0.0000000000000000000001}')


@pytest.mark.parametrize(
    "number", ["1.50", "0.0000000000000000000001", "1E-22", "-0.0", "100000000000000000000000", "-7", "0"]
)
def test_a_number_is_written_as_it_was_read(record: SqliteRecord, number: str) -> None:
    body = f'{{"resourceType":"Basic","id":"b","code":{{"text":"x"}},"extension":[{{"url":"https://x.example","valueDecimal":{number}}}]}}'
    record.transaction([Write("PUT", "Basic", "b", resource_in(body.encode()))])
    again = record.transaction([Write("PUT", "Basic", "b", resource_in(body.encode()))])

    assert f'"valueDecimal":{number}'.encode() in record.stored("Basic", "b").body
    assert again[0] is not None
    assert again[0]["meta"]["versionId"] == "1"
