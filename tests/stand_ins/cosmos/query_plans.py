"""How a client is told to ask several ranges and put their answers together itself."""

from typing import Any

from tests.stand_ins.cosmos import sql_tree as tree
from tests.stand_ins.cosmos.container import HIGHEST
from tests.stand_ins.cosmos.queries import amounts
from tests.stand_ins.cosmos.sql_meaning import Parameters
from tests.stand_ins.cosmos.sql_spelling import spelling_of


def must_be_put_together(query: tree.Query) -> bool:
    """Say whether answers of several ranges are more than one after the other."""
    return bool(query.sorting or query.counts or query.top or query.offset)


def query_plan(query: tree.Query, given: Parameters) -> dict[str, Any]:
    """Describe what each range is asked, and what is done with the answers."""
    top, offset, limit = amounts(query, given)
    info: dict[str, Any] = {
        "distinctType": "None",
        "top": top,
        "offset": offset,
        "limit": limit,
        "orderBy": ["Descending" if key.descending else "Ascending" for key in query.sorting],
        "orderByExpressions": [spelling_of(key.path) for key in query.sorting],
        "groupByExpressions": [],
        "groupByAliases": [],
        "aggregates": ["Count"] if query.counts else [],
        "groupByAliasToAggregateType": {},
        "rewrittenQuery": _for_each_range(query, top, offset, limit),
        "hasSelectValue": query.value is not None,
        "dCountInfo": None,
        "hasNonStreamingOrderBy": False,
    }
    everywhere = {"min": "", "max": HIGHEST, "isMinInclusive": True, "isMaxInclusive": False}
    return {"partitionedQueryExecutionInfoVersion": 2, "queryInfo": info, "queryRanges": [everywhere]}


def _for_each_range(query: tree.Query, top: int | None, offset: int | None, limit: int | None) -> str:
    """Ask each range for as many as could be needed of it, with the keys beside them."""
    most = top if limit is None else (offset or 0) + limit
    first = "" if most is None else f"TOP {most} "
    where = f" WHERE {spelling_of(query.where)}" if query.where else ""
    return " ".join(("SELECT", f"{first}{_what(query)}", f"FROM c{where}{_order(query)}"))


def _what(query: tree.Query) -> str:
    if query.counts and query.value:
        return f'VALUE [{{"item": {spelling_of(query.value)}}}]'
    if not query.sorting:
        return _as_asked(query)
    keys = ", ".join(f'{{"item": {spelling_of(key.path)}}}' for key in query.sorting)
    return f"c._rid, [{keys}] AS orderByItems, {_payload(query)} AS payload"


def _as_asked(query: tree.Query) -> str:
    if query.value:
        return f"VALUE {spelling_of(query.value)}"
    return ", ".join(f"{spelling_of(each)} AS {name}" for name, each in query.columns) or "*"


def _payload(query: tree.Query) -> str:
    if query.value:
        return spelling_of(query.value)
    return spelling_of(tree.ObjectOf(query.columns)) if query.columns else "c"


def _order(query: tree.Query) -> str:
    keys = ", ".join(spelling_of(key.path) + (" DESC" if key.descending else "") for key in query.sorting)
    return f" ORDER BY {keys}" if keys else ""
