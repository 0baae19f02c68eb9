"""What changed in Cosmos DB, for hosts that have no trigger of their own to tell them (D5, D14)."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from azure.core.exceptions import AzureError

from shared.adapters.cosmos_account import CosmosAccount, FeedRange, Item
from shared.adapters.cosmos_faults import fault, faults, is_absent
from shared.kernel.refusals import TransientFault

POLL_EVERY = 0.1
"""Seconds between two looks."""
_NO_PLACE = "the feed did not say where it has come to"

Place = tuple[FeedRange, str | None]
"""A range of partition keys, and where its reader has come to; None at its beginning."""


class CosmosChangeFeed:
    """Keeps `ChangeFeed`'s promises over the documents' container. A new reader begins at the first change.

    Changes are raw items, as the trigger on Azure gives them. How far a reader has come is an item of the
    leases' container: among the documents it would itself be a change, for ever. The oldest change is first
    within a partition. A document that a commit only rested on is seen again.
    """

    def __init__(self, account: CosmosAccount) -> None:
        self._account = account
        self._lock = threading.Lock()
        self._marks: dict[str, str] = {}
        self._pause = threading.Event()

    def read(self, reader: str, *, limit: int) -> tuple[Sequence[Mapping[str, Any]], str]:
        mark = self._mark(reader)
        with self._lock, faults():
            changes, places = self._changes(self._places(mark), limit)
        after = orjson.dumps(places).decode()
        if not changes and after != mark:
            self.advance(reader, after)  # past tombstones alone, with which nobody need deal
        return changes, after

    def advance(self, reader: str, mark: str) -> None:
        with faults():
            self._account.leases.upsert_item({"id": _named(reader), "mark": mark})
        self._marks[reader] = mark

    def wait_for_change(self, timeout: float) -> bool:
        """Come back when it is time to look again; nothing rings here."""
        self._pause.wait(min(timeout, POLL_EVERY))
        return False

    def _changes(self, places: Sequence[Place], limit: int) -> tuple[list[Item], list[Place]]:
        """Read on in each range; those that gave something come last next time, so that none waits."""
        changes: list[Item] = []
        quiet: list[Place] = []
        busy: list[Place] = []
        for place in places:
            left = limit - len(changes)
            found, after = self._next_that_are_there(place, left) if left > 0 else ([], place)
            changes += found
            (busy if found else quiet).append(after)
        return changes, quiet + busy

    def _next_that_are_there(self, place: Place, limit: int) -> tuple[list[Item], Place]:
        """Give the next changes of one range that are no tombstones, and where they end."""
        while True:
            page, place = self._page(place, limit)
            there = [change for change in page if change.get("deleted_at") is None]
            if there or not page:
                return there, place

    def _page(self, place: Place, limit: int) -> tuple[list[Item], Place]:
        """Give some changes after a place and where they end; the same place where there are none."""
        feed_range, continuation = place
        feed = self._account.feed
        if continuation is None:
            found = feed.query_items_change_feed(
                max_item_count=limit, feed_range=feed_range, start_time="Beginning"
            )
        else:
            found = feed.query_items_change_feed(max_item_count=limit, continuation=continuation)
        pages = found.by_page()
        page = list(next(pages, ()))
        if not page:
            return [], place
        if not pages.continuation_token:
            raise TransientFault(_NO_PLACE)
        return page, (feed_range, pages.continuation_token)

    def _places(self, mark: str) -> Sequence[Place]:
        """Read a mark of ours, or begin.

        Each range is followed for itself: of several together the SDK gives a place that it cannot read
        again, as long as one of them has not been read at all.
        """
        if not mark:
            return [(feed_range, None) for feed_range in self._account.feed.read_feed_ranges()]
        return [(feed_range, continuation) for feed_range, continuation in orjson.loads(mark)]

    def _mark(self, reader: str) -> str:
        if reader not in self._marks:
            self._marks[reader] = self._kept_mark(reader)
        return self._marks[reader]

    def _kept_mark(self, reader: str) -> str:
        try:
            return self._account.leases.read_item(_named(reader), _named(reader))["mark"]
        except AzureError as error:
            if is_absent(error):
                return ""
            raise fault(error) from None


def _named(reader: str) -> str:
    return f"feed~{reader}"
