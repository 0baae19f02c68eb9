"""What Cosmos DB is told to index is what the rooms ask for, and what it can do."""

import itertools
import json
import re

from shared.adapters.cosmos_indexing import JsonObject, indexing_policy, key_name
from shared.wiring.indexes import INDEXES
from tests.support.cosmos_indexing import printed
from tests.support.tree import ROOT

MOST_COMPOSITE_INDEXES = 100
"""A container of Cosmos DB takes no more (generally known, not checked)."""
DEPLOYED: JsonObject = json.loads((ROOT / "infra/cosmos-indexing.json").read_text())


class TestTheIndexingPolicy:
    def test_is_the_one_that_is_deployed(self) -> None:
        assert indexing_policy(INDEXES) == DEPLOYED, "run .venv/bin/python -m tests.support.cosmos_indexing"

    def test_is_printed_as_it_is_kept(self) -> None:
        assert printed() == (ROOT / "infra/cosmos-indexing.json").read_text()

    def test_has_an_order_for_every_declared_index(self) -> None:
        orders = {tuple(path["path"] for path in paths) for paths in DEPLOYED["compositeIndexes"]}

        assert {(f"/keys/{key_name(index)}", "/partition", "/id") for index in INDEXES} <= orders
        assert ("/kind", "/id") in orders

    def test_is_not_larger_than_a_container_takes(self) -> None:
        assert len(DEPLOYED["compositeIndexes"]) <= MOST_COMPOSITE_INDEXES

    def test_leaves_bodies_out(self) -> None:
        included = [path["path"] for path in DEPLOYED["includedPaths"]]

        assert {"path": "/*"} in DEPLOYED["excludedPaths"]
        assert not [path for path in included if path.startswith("/body")]


class TestKeyNames:
    def test_are_plain_words_that_need_no_quotes(self) -> None:
        assert all(re.fullmatch("[a-z][a-z0-9_]*", key_name(index)) for index in INDEXES)

    def test_are_no_two_indexes_own(self) -> None:
        pairs = itertools.combinations(dict.fromkeys(INDEXES), 2)

        assert [(one, other) for one, other in pairs if key_name(one) == key_name(other)] == []
