"""What the stand-in for Cosmos DB makes of queries, asked by the real SDK."""

import random
from typing import Any

import pytest
from azure.cosmos import ContainerProxy
from azure.cosmos.exceptions import CosmosHttpResponseError

from tests.stand_ins.cosmos.asking import ASTRID, Cosmos, Json, ask

PARTITIONS = [f"patient/{number}" for number in range(12)]
ODD: list[Json] = [
    {"id": "absent"},
    {"id": "null", "v": None},
    {"id": "false", "v": False},
    {"id": "true", "v": True},
    {"id": "one", "v": 1},
    {"id": "one-and-a-half", "v": 1.5},
    {"id": "text", "v": "1"},
    {"id": "list", "v": ["a", 1, None]},
    {"id": "object", "v": {"w": {"x": "deep"}}},
]


def keep(container: ContainerProxy, *items: Json, partition: str = ASTRID) -> None:
    for item in items:
        container.create_item({"partition": partition, "kind": "task", **item})


def spread(container: ContainerProxy, number: int = 24) -> None:
    """Keep tasks due at 0, 1, 2 … over all partitions, in no order."""
    for due in random.Random(7).sample(range(number), number):  # noqa: S311  # an order, no secret
        task = {"id": f"task~{due:02}", "keys": {"due": due}}
        keep(container, task, partition=PARTITIONS[due % len(PARTITIONS)])


def why_not(container: ContainerProxy, query: str, **asked: Any) -> str:
    """Give the words a query is refused with."""
    with pytest.raises(CosmosHttpResponseError) as caught:
        ask(container, query, **asked)
    assert caught.value.status_code == 400
    return str(caught.value)


@pytest.fixture(scope="module")
def odd(cosmos_for_all: Cosmos) -> ContainerProxy:
    """Have values of every type in one partition."""
    container = cosmos_for_all.container(
        indexing_policy={"includedPaths": [{"path": "/*"}], "excludedPaths": []}
    )
    keep(container, *ODD)
    return container


@pytest.fixture(scope="module")
def tasks(cosmos_for_all: Cosmos) -> ContainerProxy:
    """Have tasks in many partitions and in both ranges."""
    container = cosmos_for_all.container()
    spread(container)
    return container


class TestConditions:
    @pytest.mark.parametrize(
        ("condition", "ids"),
        [
            ("c.v = 1", ["one"]),
            ("c.v != 1", ["false", "list", "null", "object", "one-and-a-half", "text", "true"]),
            ("NOT (c.v = 1)", ["false", "list", "null", "object", "one-and-a-half", "text", "true"]),
            ("c.v > 1", ["one-and-a-half"]),
            ("c.v >= '0'", ["text"]),
            ("c.v < true", ["false"]),
            ("c.v = null", ["null"]),
            ("c.v = true", ["true"]),
            ("IS_DEFINED(c.v) AND IS_NULL(c.v)", ["null"]),
            ("NOT IS_DEFINED(c.v)", ["absent"]),
            ("IS_NULL(c.v)", ["null"]),
            ("IS_STRING(c.v) OR IS_NUMBER(c.v)", ["one", "one-and-a-half", "text"]),
            ("IS_BOOL(c.v) OR IS_ARRAY(c.v) OR IS_OBJECT(c.v)", ["false", "list", "object", "true"]),
            ("c.v IN (1, '1', null)", ["null", "one", "text"]),
            ("c.v NOT IN (1, '1', null)", ["false", "list", "object", "one-and-a-half", "true"]),
            ("c.v BETWEEN 1 AND 2", ["one", "one-and-a-half"]),
            ("STARTSWITH(c.id, 'one-')", ["one-and-a-half"]),
            ("CONTAINS(c.id, 'll')", ["null"]),
            ("ARRAY_CONTAINS(c.v, 'a')", ["list"]),
            ("ARRAY_CONTAINS(@wanted, c.v)", ["one", "text"]),
            ("c.v.w.x = 'deep'", ["object"]),
            ("c['v']['w'][\"x\"] = 'deep'", ["object"]),
            ("c.v[0] = 'a'", ["list"]),
            ("c.v = 1 OR c.missing.below = 2", ["one"]),
            ("c.missing = 1 AND c.v = 1", []),
            ("c.v = -1 OR c.v = 1.5e0", ["one-and-a-half"]),
            ("c.v = @absent", []),
        ],
    )
    def test_hold_of_what_they_say(self, odd: ContainerProxy, condition: str, ids: list[str]) -> None:
        query = f"SELECT VALUE c.id FROM c WHERE {condition}"  # noqa: S608  # the test's own words

        assert sorted(ask(odd, query, wanted=[1, "1"], absent="nothing")) == ids

    def test_may_hold_a_quote(self, odd: ContainerProxy) -> None:
        assert ask(odd, r"SELECT * FROM c WHERE c.v = 'O\'Neill \u00e9'") == []

    @pytest.mark.parametrize(
        ("query", "near"),
        [
            ("SELECT * FROM c WHERE c.v LIKE 'a%'", "LIKE"),
            ("SELECT * FROM c WHERE LOWER(c.v) = 'a'", "LOWER"),
            ("SELECT * FROM c JOIN t IN c.v", "JOIN"),
            ("SELECT DISTINCT c.v FROM c", "DISTINCT"),
            ("SELECT * FROM c GROUP BY c.v", "GROUP"),
            ("SELECT * FROM c WHERE c.v + 1 = 2", "+ 1"),
            ("SELECT * FROM c WHERE v = 1", "v"),
            ("SELECT * FROM c WHERE c.value = 1", "VALUE"),
            ("SELECT * FROM c WHERE STARTSWITH(c.id, 'O', true)", "STARTSWITH"),
            ("SELECT * FROM c WHERE c.v = -c.w", "near 'c'"),
            ("SELECT * FROM c WHERE", "end"),
            ("SELECT FROM c", "FROM"),
            ("DELETE FROM c", "DELETE"),
        ],
    )
    def test_beyond_what_is_known_are_refused_by_name(
        self, odd: ContainerProxy, query: str, near: str
    ) -> None:
        assert near in why_not(odd, query)

    def test_need_their_parameters(self, odd: ContainerProxy) -> None:
        assert "@v" in why_not(odd, "SELECT * FROM c WHERE c.v = @v")


class TestColumns:
    def test_leave_out_what_is_not_there(self, odd: ContainerProxy) -> None:
        query = "SELECT c.id, c.v AS what, c.missing FROM c WHERE c.id IN ('one', 'absent') ORDER BY c.id"

        assert ask(odd, query) == [{"id": "absent"}, {"id": "one", "what": 1}]

    def test_give_values_alone(self, odd: ContainerProxy) -> None:
        assert ask(odd, "SELECT VALUE c.v FROM c WHERE c.id IN ('one', 'absent')") == [1]

    def test_give_the_whole_item(self, odd: ContainerProxy) -> None:
        (item,) = ask(odd, "SELECT * FROM c WHERE c.id = 'one'")

        assert (item["v"], item["partition"]) == (1, ASTRID)
        assert "_etag" in item
        assert "_lsn" not in item


class TestOrder:
    def test_goes_by_type_and_leaves_out_what_is_undefined(self, odd: ContainerProxy) -> None:
        query = "SELECT VALUE c.id FROM c WHERE NOT IS_ARRAY(c.v) AND NOT IS_OBJECT(c.v) ORDER BY c.v"

        upwards = ["null", "false", "true", "one", "one-and-a-half", "text"]
        assert ask(odd, query) == upwards
        assert ask(odd, f"{query} DESC") == upwards[::-1]

    def test_of_text_goes_by_code_point(self, container: ContainerProxy) -> None:
        words = ["Zoë", "ab", "a", "ä", "B", "a-b", "😀", "\uffff"]
        keep(container, *({"id": str(place), "keys": {"name": word}} for place, word in enumerate(words)))

        assert ask(container, "SELECT VALUE c.keys.name FROM c ORDER BY c.keys.name") == sorted(words)

    def test_by_several_keys_follows_a_composite_index(self, container: ContainerProxy) -> None:
        for due, name in ((1, "a"), (2, "a"), (1, "b"), (2, "b")):
            keep(container, {"id": f"{due}{name}", "keys": {"due": due, "name": name}})

        order = "SELECT VALUE c.id FROM c ORDER BY c.keys.due ASC, c.keys.name DESC"
        backwards = "SELECT VALUE c.id FROM c ORDER BY c.keys.due DESC, c.keys.name ASC"
        assert ask(container, order) == ["1b", "1a", "2b", "2a"]
        assert ask(container, backwards) == ["2a", "2b", "1a", "1b"]

    @pytest.mark.parametrize(
        "order",
        [
            "c.keys.due, c.keys.name",
            "c.keys.name DESC, c.keys.due",
            "c.keys.due, c.id, c.partition",
            "c.keys.due, c.id DESC",
            "c.kind, c.id",
        ],
    )
    def test_that_no_composite_index_gives_is_refused(self, container: ContainerProxy, order: str) -> None:
        query = f"SELECT * FROM c ORDER BY {order}"  # noqa: S608  # the test's own words

        assert "composite" in why_not(container, query)
        assert "composite" in why_not(container, query, partition=None)

    @pytest.mark.parametrize("path", ["c.body", "c.body.note", "c.kindness", "c.stamp"])
    def test_by_a_path_that_is_not_indexed_is_refused(self, container: ContainerProxy, path: str) -> None:
        assert "range index" in why_not(container, f"SELECT * FROM c ORDER BY {path}")  # noqa: S608  # as above

    def test_by_a_path_included_by_itself_holds_what_is_undefined(self, cosmos: Cosmos) -> None:
        only = {"includedPaths": [{"path": "/v/?"}], "excludedPaths": [{"path": "/*"}]}
        container = cosmos.container(indexing_policy=only)
        keep(container, *ODD[:4])

        assert ask(container, "SELECT VALUE c.id FROM c ORDER BY c.v") == ["absent", "null", "false", "true"]

    def test_by_several_keys_is_refused_where_one_is_undefined(self, container: ContainerProxy) -> None:
        keep(container, {"id": "a", "keys": {"due": 1}}, {"id": "b"})
        query = "SELECT VALUE c.id FROM c WHERE c.kind = 'task' ORDER BY c.keys.due, c.id"
        with_keys = query.replace("WHERE", "WHERE IS_DEFINED(c.keys.due) AND")

        assert "IS_DEFINED" in why_not(container, query)
        assert ask(container, with_keys) == ["a"]


class TestSeveralRanges:
    def test_are_put_in_one_order(self, tasks: ContainerProxy) -> None:
        query = "SELECT * FROM c WHERE c.kind = @kind ORDER BY c.keys.due, c.id"

        found = ask(tasks, query, partition=None, kind="task")

        assert [task["keys"]["due"] for task in found] == [*range(24)]

    def test_are_put_in_one_descending_order(self, tasks: ContainerProxy) -> None:
        query = "SELECT VALUE c.keys.due FROM c ORDER BY c.keys.due DESC"

        assert ask(tasks, query, partition=None) == [*reversed(range(24))]

    def test_are_cut_together(self, tasks: ContainerProxy) -> None:
        top = "SELECT TOP @most c.id FROM c ORDER BY c.keys.due"
        cut = "SELECT VALUE c.keys.due FROM c ORDER BY c.keys.due OFFSET 3 LIMIT 2"

        assert [each["id"] for each in ask(tasks, top, partition=None, most=3)] == [
            "task~00",
            "task~01",
            "task~02",
        ]
        assert ask(tasks, cut, partition=None) == [3, 4]

    def test_are_counted_together(self, tasks: ContainerProxy) -> None:
        query = "SELECT VALUE COUNT(1) FROM c WHERE c.keys.due >= @due"

        assert ask(tasks, query, partition=None, due=4) == [20]
        assert ask(tasks, query, partition=PARTITIONS[5], due=6) == [1]

    def test_are_put_together_by_the_client(self, cosmos: Cosmos, tasks: ContainerProxy) -> None:
        """Turned away once, it asks for the plan, then each range: four requests where a filter is one."""
        cosmos.gateway.tell("counts")

        ask(tasks, "SELECT VALUE COUNT(1) FROM c", partition=None)

        asked = cosmos.asked(tasks)
        assert asked["query"]["statuses"] == {"200": 2, "400": 1}
        assert asked["query-plan"]["requests"] == 1

    def test_are_filtered_in_one_request(self, cosmos: Cosmos, tasks: ContainerProxy) -> None:
        cosmos.gateway.tell("counts")

        assert len(ask(tasks, "SELECT * FROM c WHERE c.keys.due < 7", partition=None)) == 7
        assert cosmos.asked(tasks)["query"]["requests"] == 1

    def test_are_not_crossed_unless_it_was_enabled(self, cosmos: Cosmos, tasks: ContainerProxy) -> None:
        headers = {"x-ms-documentdb-isquery": "True", "content-type": "application/query+json"}

        answer = cosmos.raw(tasks, "POST", "docs", headers=headers, json={"query": "SELECT * FROM c"})

        assert (answer.status_code, answer.json()["code"]) == (400, "BadRequest")

    def test_stay_out_of_a_partitions_answer(self, tasks: ContainerProxy) -> None:
        found = ask(tasks, "SELECT VALUE c.keys.due FROM c", partition=PARTITIONS[5])

        assert sorted(found) == [5, 17]

    def test_may_be_one(self, cosmos: Cosmos) -> None:
        container = cosmos.container(ranges=1)
        spread(container, 5)
        cosmos.gateway.tell("counts")

        found = ask(container, "SELECT VALUE c.keys.due FROM c ORDER BY c.keys.due", partition=None)

        assert found == [0, 1, 2, 3, 4]
        assert cosmos.asked(container)["query"]["requests"] == 1


class TestPages:
    QUERY = "SELECT VALUE c.keys.due FROM c WHERE c.kind = 'task' ORDER BY c.keys.due DESC"

    def pages(self, container: ContainerProxy, query: str, after: str | None = None) -> Any:
        found: Any = container.query_items(query, partition_key=ASTRID, max_item_count=2)
        return found.by_page(after)

    def due(self, container: ContainerProxy, *due: int) -> None:
        keep(container, *({"id": f"task~{each}", "keys": {"due": each}} for each in due))

    def test_follow_each_other(self, container: ContainerProxy) -> None:
        self.due(container, 1, 2, 3, 4, 5)

        pages = [list(page) for page in self.pages(container, self.QUERY)]

        assert pages == [[5, 4], [3, 2], [1]]

    def test_go_on_where_one_ended_whatever_came_meanwhile(self, container: ContainerProxy) -> None:
        self.due(container, 1, 3, 5, 7)
        first = self.pages(container, self.QUERY)
        assert list(next(first)) == [7, 5]

        self.due(container, 6, 4)

        rest = [list(page) for page in self.pages(container, self.QUERY, first.continuation_token)]
        assert rest == [[4, 3], [1]]

    def test_end_where_the_query_does(self, container: ContainerProxy) -> None:
        self.due(container, 1, 2, 3, 4, 5, 6, 7)

        cut = "SELECT VALUE c.keys.due FROM c ORDER BY c.keys.due OFFSET 1 LIMIT 5"

        assert [list(page) for page in self.pages(container, cut)] == [[2, 3], [4, 5], [6]]

    def test_without_an_order_give_each_once(self, container: ContainerProxy) -> None:
        self.due(container, 3, 1, 2)

        pages = self.pages(container, "SELECT VALUE c.keys.due FROM c")

        assert sorted(due for page in pages for due in page) == [1, 2, 3]

    @pytest.mark.parametrize("token", ["bm9uc2Vuc2U=", "nonsense", "W1tdLCBudWxsXQ==", "W1siYSJdLCAxXQ=="])
    def test_begin_at_no_nonsense(self, container: ContainerProxy, token: str) -> None:
        with pytest.raises(CosmosHttpResponseError) as caught:
            next(self.pages(container, self.QUERY, token))

        assert caught.value.status_code == 400


class TestCharges:
    def asked(self, cosmos: Cosmos, container: ContainerProxy, query: str) -> Json:
        cosmos.gateway.tell("counts")
        ask(container, query, partition=PARTITIONS[5])
        return cosmos.asked(container)["query"]

    def test_are_for_what_the_index_leaves(self, cosmos: Cosmos, tasks: ContainerProxy) -> None:
        count = self.asked(cosmos, tasks, "SELECT * FROM c WHERE c.keys.due = 5 AND c.kind = 'task'")

        assert (count["documents"], count["looked_at"], count["charge"]) == (1, 1, 2.6)

    def test_are_for_all_that_is_scanned(self, cosmos: Cosmos, tasks: ContainerProxy) -> None:
        count = self.asked(cosmos, tasks, "SELECT * FROM c WHERE c.body.note = 'x' AND c.kind = 'task'")

        assert (count["documents"], count["looked_at"], count["charge"]) == (0, 2, 2.9)

    def test_of_a_point_read_go_by_size(self, cosmos: Cosmos, container: ContainerProxy) -> None:
        keep(container, {"id": "small"}, {"id": "large", "note": "x" * 2900})
        cosmos.gateway.tell("counts")

        container.read_item("small", ASTRID)
        container.read_item("large", ASTRID)

        assert cosmos.asked(container)["read"]["charge"] == 1 + 3
