"""The questions put to Cosmos DB, and where a page of answers ended."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from shared.adapters.cosmos_account import Item
from shared.adapters.cosmos_indexing import key_name, shortened
from shared.adapters.sort_keys import instant_spelt, sortable
from shared.kernel.documents import Index
from shared.kernel.refusals import Nonsense

Values = dict[str, object]

_THERE = "is_null(c.deleted_at) and (is_null(c.expires_at) or c.expires_at > @now)"
_LIST = f"select * from c where c.kind = @kind and c.id > @after and {_THERE} order by c.kind, c.id"  # noqa: S608  # constants
NAMED = "select c.id, c.version, c.stamp, c.deleted_at, c.expires_at from c where array_contains(@ids, c.id)"


def listing(kind: str, *, after: str | None, now: datetime) -> tuple[str, Values]:
    """Ask for a kind's documents in order of their ids."""
    return _LIST, {"kind": kind, "after": after or "", "now": instant_spelt(now)}


def finding(
    index: Index, *, equal_to: Any, up_to: Any, after: str | None, now: datetime
) -> tuple[str, Values]:
    """Ask for documents in order of an index. Raises `Nonsense` for a mark that no page ended with."""
    key = f"c.keys.{key_name(index)}"
    conditions = [f"is_defined({key})", _THERE]
    values: Values = {"now": instant_spelt(now)}
    for comparison, name, wished in (("=", "equal_to", equal_to), ("<=", "up_to", up_to)):
        if wished is not None:
            conditions.append(f"{key} {comparison} @{name}")
            values[name] = _wished(wished)
    if after is not None:
        conditions.append(
            f"{key} >= @value and ({key} > @value or c.partition > @partition"
            " or (c.partition = @partition and c.id > @id))"
        )
        values |= _place(after)
    return f"select * from c where {' and '.join(conditions)} order by {key}, c.partition, c.id", values  # noqa: S608  # declared names


def mark(index: Index, item: Item) -> str:
    """Say where a page ended that ended with this item."""
    return orjson.dumps([item["keys"][key_name(index)], item["partition"], item["id"]]).hex()


def _wished(value: Any) -> object:
    spelt = sortable(value)
    return None if spelt is None else shortened(spelt)


def _place(after: str) -> Mapping[str, Any]:
    """Read a mark, which has been in other people's hands."""
    try:
        read = orjson.loads(bytes.fromhex(after))
    except ValueError:
        read = None
    match read:
        case [str() | int() | float() as value, str() as partition, str() as document_id]:
            return {"value": value, "partition": partition, "id": document_id}
        case _:
            raise Nonsense(("after", "is not where a page ended"))
