"""What can be done to items of one partition: alone, or several as one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.stand_ins.cosmos import charges, patching, rules
from tests.stand_ins.cosmos.container import Container
from tests.stand_ins.cosmos.refusals import Refused, no_such_item
from tests.stand_ins.cosmos.sql_tree import Path

_Change = tuple[dict[str, Any], int] | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an operation ended: its status, the item as it is now, and its charge."""

    status: int
    body: Mapping[str, Any] | None
    charge: float


@dataclass(slots=True)
class Draft:
    """Changes to a partition that nobody sees until they are kept."""

    container: Container
    partition: str
    changes: dict[str, _Change] = field(default_factory=dict[str, _Change])

    def get(self, name: str) -> tuple[dict[str, Any], int] | None:
        """Give an item and its size as the draft has it."""
        if name in self.changes:
            return self.changes[name]
        item = self.container.get((self.partition, name))
        return (item.body, item.size) if item else None

    def need(self, name: str) -> tuple[dict[str, Any], int]:
        found = self.get(name)
        if found is None:
            raise no_such_item()
        return found

    def put(self, item: dict[str, Any], size: int, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Write an item with its system properties."""
        written = item | _system_properties(self.container, before)
        self.changes[item["id"]] = written, size
        return written

    def remove(self, name: str) -> None:
        self.changes[name] = None

    def keep(self) -> None:
        """Let what was drafted stand."""
        if self.changes:
            self.container.keep(self.partition, self.changes)


def _system_properties(home: Container, before: Mapping[str, Any] | None) -> dict[str, Any]:
    """Give what the service adds to a write: a new etag, and the address the item had or gets."""
    now = int(home.clock.now())
    home.writes += 1
    rid = before["_rid"] if before else f"{home.rid}{home.writes:012x}"
    return {
        "_rid": rid,
        "_self": f"dbs/{home.rid[:4]}/colls/{home.rid}/docs/{rid}/",
        "_etag": f'"{home.writes:08x}-0000-0d00-0000-{now:08x}0000"',
        "_attachments": "attachments/",
        "_ts": now,
    }


def create(draft: Draft, wish: Mapping[str, Any]) -> Outcome:
    draft.container.allow("create")
    item, size = rules.checked(draft.container, draft.partition, wish.get("resourceBody"))
    if draft.get(item["id"]):
        raise Refused(409, "An item with this id already stands in this partition.")
    return Outcome(
        201, draft.put(item, size), charges.of_writing(size, _indexed_values(draft.container, item))
    )


def read(draft: Draft, wish: Mapping[str, Any]) -> Outcome:
    draft.container.allow("read")
    body, size = draft.need(wish["id"])
    return Outcome(200, body, charges.of_reading(size))


def upsert(draft: Draft, wish: Mapping[str, Any]) -> Outcome:
    draft.container.allow("upsert")
    item, size = rules.checked(draft.container, draft.partition, wish.get("resourceBody"))
    found = draft.get(item["id"])
    if found is None:
        return Outcome(
            201, draft.put(item, size), charges.of_writing(size, _indexed_values(draft.container, item))
        )
    _check_match(wish, found[0])
    return Outcome(200, draft.put(item, size, found[0]), charges.of_overwriting(size))


def replace(draft: Draft, wish: Mapping[str, Any]) -> Outcome:
    draft.container.allow("replace")
    before, _ = draft.need(wish["id"])
    _check_match(wish, before)
    return _overwritten(draft, wish, before, wish.get("resourceBody"))


def patch(draft: Draft, wish: Mapping[str, Any]) -> Outcome:
    draft.container.allow("patch")
    before, _ = draft.need(wish["id"])
    _check_match(wish, before)
    spec: Mapping[str, Any] = wish.get("resourceBody") or {}
    patching.check_condition(spec, before)
    return _overwritten(draft, wish, before, patching.patched(spec, before, draft.container.partition_path))


def delete(draft: Draft, wish: Mapping[str, Any]) -> Outcome:
    draft.container.allow("delete")
    before, size = draft.need(wish["id"])
    _check_match(wish, before)
    draft.remove(wish["id"])
    return Outcome(204, None, charges.of_writing(size, _indexed_values(draft.container, before)))


OPERATIONS: Mapping[str, Callable[[Draft, Mapping[str, Any]], Outcome]] = {
    "Create": create,
    "Read": read,
    "Upsert": upsert,
    "Replace": replace,
    "Patch": patch,
    "Delete": delete,
}


def _overwritten(draft: Draft, wish: Mapping[str, Any], before: Mapping[str, Any], body: Any) -> Outcome:
    item, size = rules.checked(draft.container, draft.partition, body)
    if item["id"] != wish["id"]:
        raise Refused(400, "The id in the item is not the one in the address.")
    return Outcome(200, draft.put(item, size, before), charges.of_overwriting(size))


def _check_match(wish: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    if wish.get("ifMatch", "*") not in ("*", before["_etag"]):
        raise Refused(412, "The item is not in the state that If-Match names.")


def _indexed_values(home: Container, body: Mapping[str, Any]) -> int:
    """Count the top-level members that an index holds: an estimate of an estimate."""
    return sum(home.indexing.serves(Path((name,))) for name in body if name not in rules.SYSTEM_NAMES)
