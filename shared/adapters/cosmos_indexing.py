"""How the declared indexes are kept in Cosmos DB: a sort key in each document, and the container's policy."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.adapters.sort_keys import Sortable, values_of
from shared.kernel.documents import Index

LONGEST_KEY = 512
"""Characters of a text that are indexed; a body's long text would else count twice against 2 MB."""

JsonObject = dict[str, Any]


def key_name(index: Index) -> str:
    """Name the property under `keys` that holds an index's value.

    It holds the kind, so that a question about one kind reads no other kind's part of the index.
    """
    return f"{index.kind}__{index.field.replace('.', '__')}"


def sort_keys(kind: str, body: Mapping[str, Any], indexes: Iterable[Index]) -> dict[str, Sortable]:
    """Give the sort keys of a body of a kind; what has no value has no key."""
    own = {index.field: key_name(index) for index in indexes if index.kind == kind}
    return {own[field]: shortened(value) for field, value in values_of(body, own) if value is not None}


def shortened(value: Sortable) -> Sortable:
    """Cut a text to what is indexed of it."""
    return value[:LONGEST_KEY] if isinstance(value, str) else value


def indexing_policy(indexes: Sequence[Index]) -> JsonObject:
    """Give the policy of the documents' container, which each `ORDER BY` of the adapter needs.

    Bodies are not indexed: nobody asks for them otherwise, and each path costs at every write.
    """
    orders = [("/kind", "/id"), *((f"/keys/{key_name(index)}", "/partition", "/id") for index in indexes)]
    return {
        "indexingMode": "consistent",
        "automatic": True,
        "includedPaths": [{"path": "/kind/?"}, {"path": "/partition/?"}, {"path": "/keys/*"}],
        "excludedPaths": [{"path": "/*"}, {"path": '/"_etag"/?'}],
        "compositeIndexes": [[{"path": path, "order": "ascending"} for path in paths] for paths in orders],
    }
