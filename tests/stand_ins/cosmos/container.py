"""A container: items in partitions, the partitions in ranges, and every write numbered within its range."""

import json
import time
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from azure.cosmos.partition_key import PartitionKey

from tests.stand_ins.cosmos.clock import GatewayClock
from tests.stand_ins.cosmos.indexing import Indexing
from tests.stand_ins.cosmos.refusals import NOT_IN_THE_ROLE, Refused

Key = tuple[str, str]
"""A partition key as JSON, and an id."""
HIGHEST = "FF"
_HASHES_BELOW = 0x40
_HASH = PartitionKey(path="/partition", kind="Hash", version=2)


@dataclass(slots=True, eq=False)
class Item:
    """One state of one item; `before` is the state it followed, where that is remembered."""

    partition: str
    body: dict[str, Any]
    size: int
    number: int
    lsn: int
    ends_at: float | None
    gone: bool = False
    before: "Item | None" = None

    @property
    def key(self) -> Key:
        return self.partition, self.body["id"]


@dataclass(slots=True)
class Lag:
    """How far a replica may be behind for whoever brings no session token: writes, and seconds."""

    writes: int = 0
    seconds: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.writes or self.seconds)


@dataclass(slots=True)
class Range:
    """A physical partition: the hashes from `low` up to `high`, its items in the order of last writes."""

    id: str
    low: str
    high: str
    lsn: int = 0
    items: dict[Key, Item] = field(default_factory=dict[Key, Item])
    gone: dict[Key, Item] = field(default_factory=dict[Key, Item])
    moments: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])

    def session(self, seen: int) -> str:
        """Give the token of a session that has seen a write."""
        return f"{self.id}:-1#{seen}"

    def remember(self) -> None:
        """Begin to lag from here: what was before cannot be seen any more."""
        self.moments = [(time.monotonic(), self.lsn)]
        self.gone.clear()

    def seen_with(self, lag: Lag, asked_for: int) -> int:
        """Give the number of the last write that a lagging replica shows."""
        if not lag or not self.moments:
            return self.lsn
        by_writes = self.lsn - lag.writes
        place = bisect_right(self.moments, (time.monotonic() - lag.seconds, self.lsn))
        by_time = self.moments[max(0, place - 1)][1]
        bounds = [seen for seen, wanted in ((by_writes, lag.writes), (by_time, lag.seconds)) if wanted]
        return min(self.lsn, max(*bounds, asked_for, self.moments[0][1]))


@dataclass(slots=True)
class Container:
    """What the control port made: its policy, its role, its items."""

    database: str
    name: str
    rid: str
    partition_path: tuple[str, ...]
    policy: Mapping[str, Any]
    indexing: Indexing
    default_ttl: int | None
    append_only: bool
    ranges: Sequence[Range]
    clock: GatewayClock
    lag: Lag = field(default_factory=Lag)
    partitions: dict[str, dict[str, Item]] = field(default_factory=dict[str, dict[str, Item]])
    plans: dict[str, Any] = field(default_factory=dict[str, Any])
    numbers: int = 0
    writes: int = 0
    _hashes: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def link(self) -> str:
        return f"dbs/{self.database}/colls/{self.name}"

    def properties(self) -> dict[str, Any]:
        """Describe the container as the service does."""
        path = "/" + "/".join(self.partition_path)
        described = {
            "id": self.name,
            "partitionKey": {"paths": [path], "kind": "Hash", "version": 2},
            "indexingPolicy": {"indexingMode": "consistent", "automatic": True, **self.policy},
            "_rid": self.rid,
            "_self": f"dbs/{self.rid[:4]}/colls/{self.rid}/",
            "_etag": '"00000000-0000-0000-0000-000000000001"',
            "_docs": "docs/",
            "_ts": int(self.clock.now()),
        }
        return described if self.default_ttl is None else described | {"defaultTtl": self.default_ttl}

    def described_ranges(self) -> dict[str, Any]:
        """Describe the ranges as the service does."""
        found: list[dict[str, Any]] = [
            {
                "_rid": self.rid,
                "id": each.id,
                "_etag": '"1"',
                "minInclusive": each.low,
                "maxExclusive": each.high,
                "ridPrefix": 0,
                "_self": f"{self.link}/pkranges/{each.id}/",
                "throughputFraction": 1 / len(self.ranges),
                "status": "online",
                "parents": [],
                "_ts": 1,
            }
            for each in self.ranges
        ]
        return {"_rid": self.rid, "PartitionKeyRanges": found, "_count": len(found)}

    def allow(self, kind: str) -> None:
        """Refuse what the caller's role on this container does not hold."""
        if self.append_only and kind not in ("create", "read"):
            raise Refused(
                403, f"The principal's role on {self.name} does not allow to {kind} items.", NOT_IN_THE_ROLE
            )

    def range_of(self, partition: str) -> Range:
        hashed = self.hash_of(partition)
        return next(each for each in self.ranges if each.low <= hashed < each.high)

    def hash_of(self, partition: str) -> str:
        """Give the place of a partition among the hashes."""
        found = self._hashes.get(partition)
        if found is None:
            values = json.loads(partition)
            hashed = _HASH._get_effective_partition_key_string(values)  # pyright: ignore[reportPrivateUsage]  # how the service hashes is offered nowhere else
            found = self._hashes[partition] = str(hashed)
        return found

    def get(self, key: Key, as_of: int | None = None) -> Item | None:
        """Give an item that has not ended, in its last state or in that of an earlier write."""
        item = self.partitions.get(key[0], {}).get(key[1])
        if as_of is not None:
            home = self.range_of(key[0])
            item = _back_to(item or home.gone.get(key), as_of)
        return item if item and self.lives(item) else None

    def among(
        self, ranges: Iterable[Range], seen: Mapping[str, int], partition: str | None
    ) -> Iterator[Item]:
        """Go through what lives in a partition or in whole ranges, in the states that were `seen`."""
        now = self.clock.now()
        for each in ranges:
            items = self.partitions.get(partition, {}) if partition is not None else each.items
            found: Iterable[Item] = items.values()
            if seen[each.id] != each.lsn:
                found = _as_of(items.values(), each, seen[each.id], partition)
            yield from (item for item in found if item.ends_at is None or item.ends_at > now)

    def lives(self, item: Item) -> bool:
        return item.ends_at is None or item.ends_at > self.clock.now()

    def keep(self, partition: str, changes: Mapping[str, tuple[dict[str, Any], int] | None]) -> None:
        """Let changes stand together under one number; None takes away."""
        home = self.range_of(partition)
        home.lsn += 1
        if self.lag:
            home.moments.append((time.monotonic(), home.lsn))
        here = self.partitions.setdefault(partition, {})
        for name, change in changes.items():
            before = here.get(name)
            if change is None:
                self._take_away(home, before)
            else:
                here[name] = self._put(home, partition, change, before)

    def _put(
        self, home: Range, partition: str, change: tuple[dict[str, Any], int], before: Item | None
    ) -> Item:
        body, size = change
        self.numbers += before is None
        number = before.number if before else self.numbers
        item = Item(partition, body, size, number, home.lsn, self._end_of(body))
        home.items.pop(item.key, None)
        home.items[item.key] = item
        if self.lag:
            item.before = before or home.gone.pop(item.key, None)
        return item

    def _take_away(self, home: Range, before: Item | None) -> None:
        if before is None:
            return
        del self.partitions[before.partition][before.body["id"]], home.items[before.key]
        if self.lag:
            gone = Item(
                before.partition, before.body, 0, before.number, home.lsn, None, gone=True, before=before
            )
            home.gone[before.key] = gone

    def _end_of(self, body: Mapping[str, Any]) -> float | None:
        """Say when an item ends; an item's own wish counts only where the container has any time to live."""
        if self.default_ttl is None:
            return None
        lasts = body.get("ttl", self.default_ttl)
        return None if lasts == -1 else body["_ts"] + lasts

    def behind(self, lag: Lag) -> None:
        """From now on show those without a session token an older state."""
        self.lag = lag
        for each in self.ranges:
            each.remember()


def ranges_of(count: int) -> tuple[Range, ...]:
    """Divide the hashes evenly."""
    bounds = ["", *(f"{_HASHES_BELOW * number // count:02X}" for number in range(1, count)), HIGHEST]
    return tuple(Range(str(number), bounds[number], bounds[number + 1]) for number in range(count))


def _back_to(item: Item | None, lsn: int) -> Item | None:
    while item and item.lsn > lsn:
        item = item.before
    return None if item is None or item.gone else item


def _as_of(items: Iterable[Item], home: Range, lsn: int, partition: str | None) -> Iterator[Item]:
    gone = (item for item in home.gone.values() if partition in (None, item.partition))
    for item in (*items, *gone):
        if earlier := _back_to(item, lsn):
            yield earlier
