"""The change feed: the last state of what was written after a point, by range; what is gone is not in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from itertools import takewhile
from typing import Any

from tests.stand_ins.cosmos import charges
from tests.stand_ins.cosmos.container import Container, Item, Range
from tests.stand_ins.cosmos.refusals import Refused

MOST_ITEMS_IN_A_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose changes are asked for: a range's, or those of some hashes within it, such as one partition's."""

    home: Range
    low: str
    high: str

    def holds(self, container: Container, item: Item) -> bool:
        return self.low <= container.hash_of(item.partition) < self.high


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of the feed; nothing new is no items."""

    items: list[dict[str, Any]]
    etag: str
    charge: float


def changes_in(container: Container, scope: Scope, headers: Mapping[str, str], up_to: int) -> Changes:
    """Give the next page after the continuation in If-None-Match."""
    if headers.get("a-im", "").lower() != "incremental feed":
        raise Refused(400, "Of the change feed only the latest-version mode is known here.")
    since = _since(scope.home, headers)
    newest_first = takewhile(lambda item: item.lsn > since, reversed(scope.home.items.values()))
    news = [item for item in newest_first if item.lsn <= up_to and scope.holds(container, item)][::-1]
    news = [item for item in news if container.lives(item) and item.body["_ts"] > _written_after(headers)]
    page = _one_page(news, int(headers.get("x-ms-max-item-count", "-1")))
    seen = page[-1].lsn if len(page) < len(news) else max(since, up_to)
    charge = charges.FEED + sum(charges.of_feeding(item.size) for item in page)
    return Changes([{**item.body, "_lsn": item.lsn} for item in page], f'"{seen}"', charge)


def _one_page(news: list[Item], most: int) -> list[Item]:
    """Take as many as were asked for; what was written as one stays together, however many that is."""
    most = most if most > 0 else MOST_ITEMS_IN_A_PAGE
    while most < len(news) and news[most].lsn == news[most - 1].lsn:
        most += 1
    return news[:most]


def _since(home: Range, headers: Mapping[str, str]) -> int:
    asked = headers.get("if-none-match")
    if asked is None:
        return 0
    if asked == "*":
        return home.lsn
    if not asked.strip('"').isdigit():
        raise Refused(400, "The continuation in If-None-Match is none of ours.")
    return int(asked.strip('"'))


def _written_after(headers: Mapping[str, str]) -> float:
    """Read If-Modified-Since, which counts only where there is no continuation yet."""
    since = headers.get("if-modified-since")
    if since is None or "if-none-match" in headers:
        return 0.0
    return parsedate_to_datetime(since).timestamp()
