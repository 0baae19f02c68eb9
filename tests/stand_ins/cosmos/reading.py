"""Reading many items: queries and the change feed, as far as the replica that answers has come."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from tests.stand_ins.cosmos import rules
from tests.stand_ins.cosmos.container import Container, Item, Range
from tests.stand_ins.cosmos.feed import Scope, changes_in
from tests.stand_ins.cosmos.queries import MOST_ITEMS_IN_A_PAGE, Plan, answered, plan_of
from tests.stand_ins.cosmos.query_plans import must_be_put_together, query_plan
from tests.stand_ins.cosmos.refusals import NOT_SERVABLE, SESSION_NOT_AVAILABLE, Refused
from tests.stand_ins.cosmos.said import Said
from tests.stand_ins.cosmos.wire import Request

MOST_PLANS = 1000
RANGE_IS_GONE = 1002


def answer_query(container: Container, request: Request) -> Said:
    """Answer one page of a query over a partition, a range, or all."""
    container.allow("read")
    text, given = _asked(request)
    plan = _plan(container, text)
    partition, ranges = _scope_of_query(container, plan, request)
    most = int(request.headers.get("x-ms-max-item-count", "-1"))
    seen = {each.id: seen_by(container, each, request) for each in ranges}
    items = _items(container, ranges, partition, seen, request)
    after = request.headers.get("x-ms-continuation")
    page = answered(plan, items, given, after, most if most > 0 else MOST_ITEMS_IN_A_PAGE)
    headers = _headers(container, ranges, seen) | {"x-ms-item-count": str(len(page.values))}
    if page.next:
        headers["x-ms-continuation"] = page.next
    body = {"_rid": container.rid, "Documents": page.values, "_count": len(page.values)}
    return Said(200, body, headers, page.charge, len(page.values), page.looked_at)


def answer_query_plan(container: Container, request: Request) -> Said:
    """Tell a client how to ask the ranges."""
    text, given = _asked(request)
    return Said(200, query_plan(_plan(container, text).query, given))


def feed_page(container: Container, request: Request) -> Said:
    """Give one page of the change feed of a range."""
    container.allow("read")
    scope = _scope_of_feed(container, request)
    seen = seen_by(container, scope.home, request)
    changes = changes_in(container, scope, request.headers, seen)
    headers = _headers(container, [scope.home], {scope.home.id: seen}) | {"etag": changes.etag}
    headers["x-ms-item-count"] = str(len(changes.items))
    if not changes.items:
        return Said(304, None, headers, changes.charge)
    body = {"_rid": container.rid, "Documents": changes.items, "_count": len(changes.items)}
    return Said(200, body, headers, changes.charge, len(changes.items))


def seen_by(container: Container, home: Range, request: Request) -> int:
    """Give the last write of a range that this request sees. Refuses a session that is ahead of the range."""
    asked_for = _session(request).get(home.id, 0)
    if asked_for > home.lsn:
        raise Refused(404, "The read session is not available for the session token.", SESSION_NOT_AVAILABLE)
    return home.seen_with(container.lag, asked_for)


def _session(request: Request) -> dict[str, int]:
    """Read a session token: for each range, the last write its holder has seen."""
    found: dict[str, int] = {}
    for part in request.headers.get("x-ms-session-token", "").split(","):
        name, _, seen = part.partition(":")
        if seen:
            found[name] = int(seen.split("#")[1])
    return found


def _asked(request: Request) -> tuple[str, Mapping[str, Any]]:
    try:
        asked: Any = orjson.loads(request.body)
        text: str = asked["query"]
        given = {each["name"]: each["value"] for each in asked.get("parameters") or ()}
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Refused(400, "A query comes as its text and its parameters.") from None
    return text, given


def _plan(container: Container, text: str) -> Plan:
    found = container.plans.get(text)
    if found is None:
        if len(container.plans) >= MOST_PLANS:
            container.plans.clear()
        found = container.plans[text] = plan_of(text, container.indexing)
    return found


def _scope_of_query(container: Container, plan: Plan, request: Request) -> tuple[str | None, Sequence[Range]]:
    """Give the partition or the ranges that are asked."""
    headers = request.headers
    if "x-ms-documentdb-partitionkey" in headers:
        partition = rules.partition_named(headers["x-ms-documentdb-partitionkey"])
        return partition, [container.range_of(partition)]
    if "x-ms-documentdb-partitionkeyrangeid" in headers:
        return None, [_range_named(container, headers["x-ms-documentdb-partitionkeyrangeid"])]
    if headers.get("x-ms-documentdb-query-enablecrosspartition", "").lower() != "true":
        raise Refused(400, "The query names no partition, and crossing partitions was not enabled.")
    if len(container.ranges) > 1 and must_be_put_together(plan.query):
        why = "The query crosses ranges; ask for its plan and put the answers together."
        raise Refused(400, why, NOT_SERVABLE)
    return None, container.ranges


def _scope_of_feed(container: Container, request: Request) -> Scope:
    headers = request.headers
    if "x-ms-documentdb-partitionkey" in headers:
        partition = rules.partition_named(headers["x-ms-documentdb-partitionkey"])
        hashed = container.hash_of(partition)
        return Scope(container.range_of(partition), hashed, f"{hashed}0")
    if "x-ms-documentdb-partitionkeyrangeid" not in headers:
        raise Refused(400, "A change feed is read range by range, or for one partition.")
    home = _range_named(container, headers["x-ms-documentdb-partitionkeyrangeid"])
    return Scope(home, headers.get("x-ms-start-epk", home.low), headers.get("x-ms-end-epk", home.high))


def _range_named(container: Container, name: str) -> Range:
    for each in container.ranges:
        if each.id == name:
            return each
    raise Refused(410, f"There is no range {name} any more.", RANGE_IS_GONE)


def _items(
    container: Container,
    ranges: Sequence[Range],
    partition: str | None,
    seen: Mapping[str, int],
    request: Request,
) -> Iterator[Item]:
    found = container.among(ranges, seen, partition)
    low, high = request.headers.get("x-ms-start-epk"), request.headers.get("x-ms-end-epk")
    if low is None or high is None or partition is not None:
        return found
    return (item for item in found if low <= container.hash_of(item.partition) < high)


def _headers(container: Container, ranges: Sequence[Range], seen: Mapping[str, int]) -> dict[str, str]:
    headers = {
        "x-ms-session-token": ",".join(each.session(seen[each.id]) for each in ranges),
        "x-ms-alt-content-path": container.link,
    }
    if len(ranges) == 1:
        headers["x-ms-documentdb-partitionkeyrangeid"] = ranges[0].id
    return headers
