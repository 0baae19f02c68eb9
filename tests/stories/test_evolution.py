"""What the version before has written this one reads, and what a newer one writes (docs/evolution.md)."""

import ast
import json
import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any, cast

import pytest

from local.own_host import ROOT
from shared.adapters.codec import UnknownChoice, from_json, to_plain
from shared.journeys.model import Journey
from shared.kernel.refusals import Nonsense
from shared.messaging.model import SendMessage
from shared.wiring.indexes import INDEXES
from shared.wiring.queues import BY_TYPE
from tests.support.evolution import DOCUMENTS, FOLDER, announced, samples, with_strangers

STORED = [(kind, DOCUMENTS.get(kind), body) for kind, held in samples("documents").items() for body in held]
SENT = [(name, announced(name), one["body"]) for name, held in samples("messages").items() for one in held]
EVERYTHING = [*STORED, *SENT]
NAMES = [f"{kind} {number}" for number, (kind, *_) in enumerate(EVERYTHING)]
ELSEWHERE = {"patient"}
"""First words of names that are no document's."""
RETIRED: frozenset[str] = frozenset()
"""Fields (`patient.message: asked.round`) that samples hold and this version has given up on purpose."""
each = pytest.mark.parametrize(("kind", "of", "sample"), EVERYTHING, ids=NAMES)


class TestEverySample:
    @each
    def test_can_be_read_and_nothing_in_it_is_lost(self, kind: str, of: type[object], sample: Any) -> None:
        read: object = from_json(json.dumps(sample), of)

        assert set(lost(kind, sample, to_plain(read))) <= RETIRED

    @each
    def test_means_the_same_with_fields_that_nobody_here_knows(
        self, kind: str, of: type[object], sample: Any
    ) -> None:
        newer = with_strangers(sample, of)

        assert "of_a_newer_version" in newer, kind
        assert from_json(json.dumps(newer), of) == from_json(json.dumps(sample), of)


class TestSamples:
    def test_are_there_of_every_kind_of_document_and_of_no_other(self) -> None:
        assert samples("documents").keys() == DOCUMENTS.keys(), "python -m tests.support.evolution_notes"

    def test_are_there_of_every_kind_that_the_code_names(self) -> None:
        known = {kind.rpartition(".")[2] for kind in DOCUMENTS}
        named = {kind for file in code() for kind in kinds_in(file)} | {index.kind for index in INDEXES}

        assert named - known - ELSEWHERE == {"announcement"}, "python -m tests.support.evolution_notes"

    def test_are_there_of_every_type_that_a_queue_carries(self) -> None:
        assert samples("messages").keys() == BY_TYPE.keys(), "python -m tests.support.evolution_notes"

    def test_are_of_made_up_people(self) -> None:
        text = "".join(path.read_text() for path in FOLDER.glob("*/*.json"))

        assert set(re.findall(r"patient/(\w+)", text)) <= {"maria", "john"}


class TestAKindThatNobodyHereKnows:
    """A step, a rule, a cause of a newer version: an instance of that can read it, so it is waited for."""

    @pytest.mark.parametrize(("of", "sample"), [one[1:] for one in EVERYTHING], ids=NAMES)
    def test_is_told_from_what_nobody_could_ever_read(self, of: type[object], sample: Any) -> None:
        for newer in with_newer_kinds(sample):
            with pytest.raises(UnknownChoice):
                from_json(json.dumps(newer), of)

    def test_stands_in_many_samples(self) -> None:
        assert sum(len(list(with_newer_kinds(sample))) for *_, sample in EVERYTHING) > 100

    def test_does_not_excuse_what_is_wrong_beside_it(self) -> None:
        (sample, *_) = samples("documents")["journey.journey"]
        strange = {"kind": "of_a_newer_version", "and": ["what belongs to it"]}
        future = {**sample, "steps": [strange, *sample["steps"]]}

        with pytest.raises(UnknownChoice):
            from_json(json.dumps(future), Journey)
        for broken in (future | {"version": "many"}, {k: v for k, v in future.items() if k != "name"}):
            with pytest.raises(Nonsense) as refused:
                from_json(json.dumps(broken), Journey)
            assert not isinstance(refused.value, UnknownChoice)

    def test_is_none_where_a_known_one_lacks_something(self) -> None:
        (sample, *_) = samples("documents")["journey.journey"]
        broken = {**sample, "steps": [{"kind": "send_message", "id": "write"}]}

        with pytest.raises(Nonsense) as refused:
            from_json(json.dumps(broken), Journey)

        assert not isinstance(refused.value, UnknownChoice)


class TestAWordThatNobodyHereKnows:
    """A new value of a choice is taught a version before it is written: until then nobody can read it."""

    def test_is_no_other_word(self) -> None:
        (sample, *_) = samples("messages")["SendMessage"]

        with pytest.raises(UnknownChoice) as refused:
            from_json(json.dumps(sample["body"] | {"channel": "pigeon"}), SendMessage)

        assert [field for field, _ in refused.value.fields] == ["channel"]


def with_newer_kinds(sample: Any) -> Iterator[Any]:
    """Give the sample anew for each thing of some kind in it, of which it then says one not known here."""
    if isinstance(sample, dict):
        parts = cast("dict[str, Any]", sample)
        if isinstance(parts.get("kind"), str):
            yield parts | {"kind": "of_a_newer_version"}
        for name, held in parts.items():
            yield from ({**parts, name: newer} for newer in with_newer_kinds(held))
    elif isinstance(sample, list):
        items = cast("list[Any]", sample)
        for place, held in enumerate(items):
            yield from ([*items[:place], newer, *items[place + 1 :]] for newer in with_newer_kinds(held))


def lost(place: str, before: Any, after: Any) -> Iterator[str]:
    """Give the fields whose values are no longer there."""
    if isinstance(before, dict) and isinstance(after, dict):
        now = cast("dict[str, Any]", after)
        for name, held in cast("dict[str, Any]", before).items():
            yield from lost(
                f"{place}: {name}" if ":" not in place else f"{place}.{name}", held, now.get(name)
            )
    elif isinstance(before, list) and isinstance(after, list):
        for held, now in zip_longest(cast("list[Any]", before), cast("list[Any]", after)):
            yield from lost(place, held, now)
    elif before != after:
        yield place


def code() -> Iterator[Path]:
    """Give the files in which documents are named: adapters keep accounts of their own."""
    for folder in ("shared", "functions"):
        yield from (file for file in (ROOT / folder).rglob("*.py") if "adapters" not in file.parts)


def kinds_in(file: Path) -> Iterator[str]:
    """Give the first words of the names of documents, `kind~…`, that a file spells."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from re.findall(r"^([a-z-]+)~", node.value)
