"""What one document is in Cosmos DB, and the operations of a batch that write it under its guards (D4).

A guard is a condition on our own `stamp`, not on `_etag`: resting on a document changes its `_etag`, and must
spoil nobody's read. Announcements alone are guarded by `_etag`, which is all that the feed's reader has.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from shared.adapters.codec import announcement_body
from shared.adapters.commit_limits import ANNOUNCEMENT, kind_of
from shared.adapters.cosmos_indexing import sort_keys
from shared.adapters.sort_keys import instant_spelt
from shared.kernel.announcements import Announcement
from shared.kernel.documents import TOMBSTONES_LAST, Create, Index, Replace

FOR_EVER = -1
"""Cosmos DB's word for an item that does not end by itself."""
CLEANED_UP_AFTER = timedelta(hours=1)
"""How long an item outlasts its end: clocks differ, and readers go by business time."""
_LONGEST_TTL = 2**31 - 1

JsonObject = dict[str, Any]
Operation = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of an item that stands where one is to be created."""

    version: int
    stamp: str
    is_dead: bool


@dataclass(frozen=True, slots=True)
class Spelling:
    """What all items of one commit have in common."""

    partition: str
    token: str
    now: datetime
    indexes: Sequence[Index]

    def stamp(self, version: int) -> str:
        return f"{version}-{self.token}"

    def new(self, change: Create, text: bytes, *, version: int) -> JsonObject:
        return {
            **self._named(change.id),
            **self._written(change, text, version=version),
            "deleted_at": None,
        }

    def announced(self, announcement: Announcement, *, made_at: str) -> JsonObject:
        body = announcement_body(announcement, made_at=made_at)
        return {
            **self._named(announcement.id),
            "version": 1,
            "stamp": self.stamp(1),
            "body": body,
            "keys": sort_keys(ANNOUNCEMENT, body, self.indexes),
            "expires_at": None,
            "deleted_at": None,
            "ttl": FOR_EVER,
        }

    def replacing(self, change: Replace, text: bytes) -> Operation:
        written = self._written(change, text, version=change.version)
        return self._patch(change.id, written, self._while_it_is(change.id, change.etag), change.etag)

    def reviving(self, change: Create, text: bytes, standing: Standing) -> Operation:
        """Write over what has expired or was deleted, as it was seen to be; versions go on from there."""
        version = max(change.version, standing.version + 1)
        written = self._written(change, text, version=version) | {"deleted_at": None}
        return self._patch(change.id, written, f"from c where c.stamp = {_quoted(standing.stamp)}")

    def burying(self, document_id: str, etag: str) -> Operation:
        """Leave a tombstone, or nothing of an announcement."""
        if kind_of(document_id) == ANNOUNCEMENT:
            return ("delete", (document_id,), {"if_match_etag": etag})
        buried: JsonObject = {
            "version": version_of(etag) + 1,
            "stamp": self.stamp(version_of(etag) + 1),
            "body": None,
            "keys": {},
            "expires_at": None,
            "deleted_at": instant_spelt(self.now),
            "ttl": _seconds(TOMBSTONES_LAST),
        }
        return self._patch(document_id, buried, self._while_it_is(document_id, etag))

    def resting_on(self, document_id: str, etag: str) -> Operation:
        """Write nothing new, and only if nothing is new."""
        kind = {"kind": kind_of(document_id)}
        return self._patch(document_id, kind, self._while_it_is(document_id, etag), etag)

    def _named(self, document_id: str) -> JsonObject:
        return {"id": document_id, "partition": self.partition, "kind": kind_of(document_id)}

    def _written(self, change: Create | Replace, text: bytes, *, version: int) -> JsonObject:
        body = orjson.loads(text)
        ends = change.expires_at
        return {
            "version": version,
            "stamp": self.stamp(version),
            "body": body,
            "keys": sort_keys(kind_of(change.id), body, self.indexes),
            "expires_at": None if ends is None else instant_spelt(ends),
            "ttl": FOR_EVER if ends is None else _seconds(ends - self.now),
        }

    def _while_it_is(self, document_id: str, etag: str) -> str | None:
        """Spell the condition that a document is what was read and still there; None for an announcement."""
        if kind_of(document_id) == ANNOUNCEMENT:
            return None
        now = _quoted(instant_spelt(self.now))
        return (
            f"from c where c.stamp = {_quoted(etag)} and is_null(c.deleted_at) "
            f"and (is_null(c.expires_at) or c.expires_at > {now})"
        )

    @staticmethod
    def _patch(document_id: str, values: JsonObject, condition: str | None, etag: str = "") -> Operation:
        operations = [{"op": "set", "path": f"/{name}", "value": value} for name, value in values.items()]
        guard = {"filter_predicate": condition} if condition else {"if_match_etag": etag}
        return ("patch", (document_id, operations), guard)


def filling_in(item: Mapping[str, Any], keys: Mapping[str, Any]) -> Operation:
    """Give a document other sort keys and leave all else, its stamp included, as it is."""
    operations = [{"op": "set", "path": "/keys", "value": dict(keys)}]
    return ("patch", (item["id"], operations), {"if_match_etag": item["_etag"]})


def is_dead(item: Mapping[str, Any], now: datetime) -> bool:
    """Say whether an item is a tombstone or has expired in business time."""
    ends = item["expires_at"]
    return item["deleted_at"] is not None or (ends is not None and ends <= instant_spelt(now))


def version_of(stamp: str) -> int:
    """Give the version that a stamp of ours was made for; what is none of ours was made for none."""
    version, dash, token = stamp.partition("-")
    is_ours = dash and token.isalnum() and version.isascii() and version.isdigit() and len(version) < 16
    return int(version) if is_ours else 0


def _seconds(left: timedelta) -> int:
    seconds = math.ceil((max(left, timedelta()) + CLEANED_UP_AFTER).total_seconds())
    return min(seconds, _LONGEST_TTL)


def _quoted(text: str) -> str:
    return json.dumps(text)
