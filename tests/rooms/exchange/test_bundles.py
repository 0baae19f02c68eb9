"""Bundles, read: whatever links they have, each resource is called by what the record will call it."""

import json
import uuid
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.adapters.fhir_reading import R4Reading
from shared.adapters.sqlite_record import SqliteRecord
from shared.exchange.bundles import bundle_in
from shared.exchange.settle_bundle import Sent, SettleBundle
from shared.kernel.clock import SystemClock
from shared.kernel.refusals import Nonsense

READING = R4Reading()
NOBODY = str(uuid.UUID(int=0))
WORDS = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8))
NAMES = st.sampled_from(["resource", "request", "url", "method", "fullUrl", "id", "?x"])
ANYTHING = st.recursive(
    WORDS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner)),
    max_leaves=8,
)
KINDS = st.sampled_from(["transaction", "batch", "collection"])
Drawn = tuple[list[str], list[list[int]]]


Settle = Callable[[bytes], Sequence[Sent]]


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Generator[Settle]:
    """Give what reads a bundle and settles it in a record that holds nothing."""
    with closing(SqliteRecord(tmp_path_factory.mktemp("r") / "record.db", clock=SystemClock())) as record:
        yield lambda body: SettleBundle(record, READING)(bundle_in(body, READING).entries)


def spelt(kind: object, entries: object) -> bytes:
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": entries}).encode()


def a_list(refers_to: list[str]) -> dict[str, Any]:
    items = [{"item": {"reference": one}} for one in refers_to]
    made: dict[str, Any] = {"resourceType": "List", "status": "current", "mode": "working"}
    return made | ({"entry": items} if items else {})


@st.composite
def linked(draw: st.DrawFn) -> Drawn:
    """Draw some things, and which of them each refers to: also to itself, in circles, and more than once."""
    names = draw(st.lists(st.uuids().map(str), min_size=1, max_size=6, unique=True))
    to = st.lists(st.integers(0, len(names) - 1), max_size=3)
    return names, draw(st.lists(to, min_size=len(names), max_size=len(names)))


def items(sent: Sent) -> list[str]:
    return [one["item"]["reference"] for one in (sent.resource or {}).get("entry", [])]


class TestLinks:
    @given(linked())
    def test_lead_to_where_it_will_be(self, settled: Settle, drawn: Drawn) -> None:
        names, links = drawn
        entries = [
            {
                "fullUrl": f"urn:uuid:{name.upper()}",
                "resource": a_list([f"urn:uuid:{names[to]}" for to in targets]),
                "request": {"method": "POST", "url": "List"},
            }
            for name, targets in zip(names, links, strict=True)
        ]

        read = settled(spelt("transaction", entries))

        assert [one.id for one in read] == names
        assert [items(one) for one in read] == [[f"List/{names[to]}" for to in row] for row in links]

    @given(linked())
    def test_come_to_the_same_from_a_collection(self, settled: Settle, drawn: Drawn) -> None:
        names, links = drawn
        entries = [
            {"fullUrl": f"urn:uuid:{name}", "resource": a_list([f"urn:uuid:{names[to]}" for to in targets])}
            for name, targets in zip(names, links, strict=True)
        ]
        asked = [one | {"request": {"method": "POST", "url": "List"}} for one in entries]

        as_collection = settled(spelt("collection", entries))

        assert as_collection == settled(spelt("transaction", asked))

    @given(linked(), st.data())
    def test_that_lead_out_of_the_bundle_are_named(
        self, settled: Settle, drawn: Drawn, data: st.DataObject
    ) -> None:
        names, _ = drawn
        assume(NOBODY not in names)
        guilty = data.draw(st.sampled_from(names))
        entries = [
            {
                "fullUrl": f"urn:uuid:{name}",
                "resource": a_list([f"urn:uuid:{NOBODY}"] if name == guilty else []),
            }
            for name in names
        ]

        with pytest.raises(Nonsense) as refused:
            settled(spelt("collection", entries))

        path = f"entry[{names.index(guilty)}].resource.entry[0].item.reference"
        assert (path, "names nothing in this bundle") in refused.value.fields


class TestAnything:
    @given(KINDS, st.lists(ANYTHING, max_size=3))
    def test_is_refused_by_paths(self, settled: Settle, kind: str, entries: list[Any]) -> None:
        with pytest.raises(Nonsense) as refused:
            settled(spelt(kind, entries))

        assert refused.value.fields
        assert all(path.startswith("entry") for path, _ in refused.value.fields)

    @given(st.text(min_size=12, max_size=20, alphabet="ÅÄÖåäö' "))
    def test_that_is_somebodys_name_is_repeated_nowhere(self, settled: Settle, name: str) -> None:
        patient = {"resourceType": "Patient", "id": name, "name": name, name: name, "gender": {name: name}}
        request = {"method": name, "url": name, "ifMatch": name}
        bodies = [
            spelt("batch", [{"resource": patient, "request": request, "fullUrl": name}]),
            spelt("collection", [{"resource": patient}]),
            spelt("collection", [{"resource": patient | {"id": "ok"}}]),
            spelt(name, [7]),
            spelt("batch", name),
        ]

        for body in bodies:
            with pytest.raises(Nonsense) as refused:
                settled(body)
            assert name not in str(refused.value)
