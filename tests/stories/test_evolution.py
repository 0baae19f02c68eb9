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
from shared.adapters.codec import from_json, to_plain
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


class TestAWordThatNobodyHereKnows:
    """A new value of a choice is taught a version before it is written: until then nobody can read it."""

    def test_is_no_other_word(self) -> None:
        (sample, *_) = samples("messages")["SendMessage"]

        with pytest.raises(Nonsense) as refused:
            from_json(json.dumps(sample["body"] | {"channel": "pigeon"}), SendMessage)

        assert [field for field, _ in refused.value.fields] == ["channel"]


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
