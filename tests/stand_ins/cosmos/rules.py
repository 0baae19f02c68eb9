"""What an item must be like, wherever it comes in."""

from collections.abc import Mapping
from typing import Any, cast

import orjson

from tests.stand_ins.cosmos.container import Container
from tests.stand_ins.cosmos.refusals import PARTITION_KEY_MISMATCH, Refused
from tests.stand_ins.cosmos.values import UNDEFINED, at

MOST_BYTES = 2 * 1024 * 1024
MOST_CHARACTERS_IN_AN_ID = 255
MOST_BYTES_IN_A_PARTITION_KEY = 2048
MOST_OPERATIONS_IN_A_BATCH = 100
MOST_OPERATIONS_IN_A_PATCH = 10
NOT_IN_AN_ID = frozenset("/\\?#")
SYSTEM_NAMES = ("_rid", "_self", "_etag", "_attachments", "_ts", "_lsn")


def partition_named(header: str | None) -> str:
    """Read a partition key from its header, a JSON array of one value."""
    try:
        values: Any = orjson.loads(header or "")
    except orjson.JSONDecodeError:
        values = None
    if not isinstance(values, list) or len(cast("list[Any]", values)) != 1:
        raise Refused(400, "x-ms-documentdb-partitionkey must name one value.", PARTITION_KEY_MISMATCH)
    return spelled(cast("list[Any]", values)[0])


def partition_of(container: Container, body: Mapping[str, Any]) -> str:
    """Find the partition key in an item; where it has none, that is its key."""
    value = at(body, container.partition_path)
    return spelled({} if value is UNDEFINED else value)


def spelled(value: Any) -> str:
    """Spell a partition key one way."""
    said = orjson.dumps([value])
    if len(said) > MOST_BYTES_IN_A_PARTITION_KEY + len('[""]'):
        raise Refused(400, f"A partition key has at most {MOST_BYTES_IN_A_PARTITION_KEY} bytes.")
    return said.decode()


def checked(container: Container, partition: str, body: Any) -> tuple[dict[str, Any], int]:
    """Give an item without system properties, and its size. Refuses what no item may be."""
    if not isinstance(body, dict):
        raise Refused(400, "An item is a JSON object.")
    item = {name: value for name, value in cast("dict[str, Any]", body).items() if name not in SYSTEM_NAMES}
    check_id(item.get("id"))
    _check_ttl(item)
    if partition_of(container, item) != partition:
        why = "The partition key in the item is not the one in x-ms-documentdb-partitionkey."
        raise Refused(400, why, PARTITION_KEY_MISMATCH)
    size = len(orjson.dumps(item))
    if size > MOST_BYTES:
        raise Refused(413, f"An item has at most {MOST_BYTES} bytes.")
    return item, size


def check_id(name: Any) -> None:
    """Refuse an id that cannot stand in an address."""
    if not isinstance(name, str) or not name:
        raise Refused(400, "The required property id is missing or is no text.")
    if len(name) > MOST_CHARACTERS_IN_AN_ID or NOT_IN_AN_ID.intersection(name) or name.endswith((" ", "\n")):
        raise Refused(400, "An id has at most 255 characters, none of / \\ ? #, and no blank at its end.")


def _check_ttl(item: Mapping[str, Any]) -> None:
    lasts = item.get("ttl", -1)
    if isinstance(lasts, bool) or not isinstance(lasts, int) or (lasts <= 0 and lasts != -1):
        raise Refused(400, "ttl is -1 or a whole number of seconds above 0.")
