"""The change feed and the lagging replicas of the stand-in for Cosmos DB, read by the real SDK."""

from typing import Any

import pytest
from azure.cosmos import ContainerProxy
from azure.cosmos.exceptions import (
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)

from tests.stand_ins.cosmos.asking import ASTRID, BENTO, Cosmos, Json, a_client, ask


def keep(container: ContainerProxy, *names: str, partition: str = ASTRID, **rest: Any) -> None:
    for name in names:
        container.create_item({"id": name, "partition": partition, "kind": "announcement", **rest})


def continuation_of(container: ContainerProxy) -> str:
    """Give where the feed was last read to."""
    headers: Any = container.client_connection.last_response_headers
    return headers["etag"]


class Reader:
    """Reads the feed of a container, goes on where it was, and keeps what it needs for that."""

    def __init__(self, container: ContainerProxy, **options: Any) -> None:
        self.container = container
        self.options = options
        self.continuation: str | None = None

    def page(self) -> list[Json]:
        """Give what the next request gives; a request asks one range."""
        where: Json = (
            {"continuation": self.continuation} if self.continuation else {"start_time": "Beginning"}
        )
        pages: Any = self.container.query_items_change_feed(**where, **self.options).by_page()
        items: list[Json] = list(next(pages, ()))
        self.continuation = continuation_of(self.container)
        return items

    def news(self) -> list[Json]:
        """Give everything up to now."""
        where: Json = (
            {"continuation": self.continuation} if self.continuation else {"start_time": "Beginning"}
        )
        items = list(self.container.query_items_change_feed(**where, **self.options))
        self.continuation = continuation_of(self.container)
        return items

    def names(self) -> list[str]:
        return [item["id"] for item in self.news()]


class TestTheFeed:
    def test_shows_what_was_written_in_its_order(self, container: ContainerProxy) -> None:
        keep(container, "c", "a", "b")

        items = Reader(container).news()

        assert [item["id"] for item in items] == ["c", "a", "b"]
        assert [item["_lsn"] for item in items] == [1, 2, 3]
        assert all(item.keys() > {"_ts", "_etag", "_rid", "_self", "kind"} for item in items)

    def test_goes_on_from_where_it_was(self, container: ContainerProxy) -> None:
        reader = Reader(container)
        keep(container, "a", partition=ASTRID)
        keep(container, "b", partition=BENTO)
        assert sorted(reader.names()) == ["a", "b"]

        assert reader.names() == []
        keep(container, "c", partition=BENTO)

        assert reader.names() == ["c"]
        assert reader.names() == []

    def test_says_that_there_is_nothing_new(self, cosmos: Cosmos, container: ContainerProxy) -> None:
        assert Reader(container).names() == []

        assert cosmos.asked(container)["feed"]["statuses"].keys() == {"304"}

    def test_shows_only_the_last_state(self, container: ContainerProxy) -> None:
        keep(container, "a", "b")
        container.patch_item("a", ASTRID, [{"op": "set", "path": "/note", "value": "new"}])

        items = Reader(container).news()

        assert [(item["id"], item.get("note")) for item in items] == [("b", None), ("a", "new")]

    def test_does_not_show_deletions(self, container: ContainerProxy) -> None:
        reader = Reader(container)
        keep(container, "a", "b")
        reader.news()

        container.delete_item("a", ASTRID)

        assert reader.names() == []
        assert Reader(container).names() == ["b"]

    def test_does_not_show_what_has_ended(self, cosmos: Cosmos, container: ContainerProxy) -> None:
        keep(container, "a", ttl=60)
        keep(container, "b")

        cosmos.gateway.tell("clock", ahead_by_seconds=61)

        assert Reader(container).names() == ["b"]

    def test_gives_as_many_as_were_asked_for(self, container: ContainerProxy) -> None:
        keep(container, "a", "b", "c")

        reader = Reader(container, partition_key=ASTRID, max_item_count=2)

        assert [item["id"] for item in reader.page()] == ["a", "b"]
        assert [item["id"] for item in reader.page()] == ["c"]

    def test_keeps_a_batch_together(self, container: ContainerProxy) -> None:
        keep(container, "a")
        batch = [("create", ({"id": name, "partition": ASTRID},)) for name in ("b", "c", "d")]
        container.execute_item_batch(batch, ASTRID)

        reader = Reader(container, partition_key=ASTRID, max_item_count=2)

        page = reader.page()
        assert [item["id"] for item in page] == ["a", "b", "c", "d"]
        assert len({item["_lsn"] for item in page}) == 2

    def test_may_be_one_partitions(self, container: ContainerProxy) -> None:
        keep(container, "a", partition=ASTRID)
        keep(container, "b", partition=BENTO)

        assert Reader(container, partition_key=BENTO).names() == ["b"]

    def test_may_begin_now(self, container: ContainerProxy) -> None:
        keep(container, "a")
        reader = Reader(container)
        began: Any = container.query_items_change_feed(start_time="Now")
        assert list(began) == []
        reader.continuation = continuation_of(container)

        keep(container, "b")

        assert reader.names() == ["b"]


class TestALaggingReplica:
    def test_shows_an_older_state_to_whom_brings_no_token(
        self, cosmos: Cosmos, container: ContainerProxy
    ) -> None:
        cosmos.lags(container, writes=2)
        keep(container, "a", "b", "c")
        container.patch_item("a", ASTRID, [{"op": "set", "path": "/note", "value": "new"}])
        container.delete_item("b", ASTRID)

        with a_client(cosmos.gateway, cosmos.folder, cosmos.credential) as another:
            reading = cosmos.as_seen_by(another, container)

            assert ask(reading, "SELECT VALUE c.id FROM c") == ["a", "b", "c"]
            assert "note" not in reading.read_item("a", ASTRID)
            assert reading.read_item("b", ASTRID)["id"] == "b"

    def test_shows_everyone_their_own_writes(self, cosmos: Cosmos, container: ContainerProxy) -> None:
        cosmos.lags(container, writes=100)
        keep(container, "a")

        assert container.read_item("a", ASTRID)["id"] == "a"
        assert ask(container, "SELECT VALUE c.id FROM c") == ["a"]

    def test_shows_a_batch_only_to_whom_brings_its_token(
        self, cosmos: Cosmos, container: ContainerProxy
    ) -> None:
        """Version 4.17 keeps no session of its batches: what the adapter must know."""
        cosmos.lags(container, writes=100)
        keep(container, "a")
        batch = [("create", ({"id": "b", "partition": ASTRID},))]
        token = container.execute_item_batch(batch, ASTRID).get_response_headers()["x-ms-session-token"]

        with pytest.raises(CosmosResourceNotFoundError):
            container.read_item("b", ASTRID)
        assert container.read_item("b", ASTRID, session_token=token)["id"] == "b"

    def test_turns_away_who_has_seen_more_than_there_is(
        self, cosmos: Cosmos, container: ContainerProxy
    ) -> None:
        keep(container, "a")
        headers = {"x-ms-documentdb-partitionkey": f'["{ASTRID}"]', "x-ms-session-token": "0:-1#99,1:-1#99"}

        answer = cosmos.raw(container, "GET", "docs/a", headers=headers)

        assert (answer.status_code, answer.headers["x-ms-substatus"]) == (404, "1002")

    def test_may_be_behind_in_time(self, cosmos: Cosmos, container: ContainerProxy) -> None:
        cosmos.lags(container, seconds=3600)
        keep(container, "a")

        with a_client(cosmos.gateway, cosmos.folder, cosmos.credential) as another:
            reading = cosmos.as_seen_by(another, container)

            assert ask(reading, "SELECT VALUE c.id FROM c") == []
            assert Reader(reading, partition_key=ASTRID).names() == []
            cosmos.lags(container)
            assert ask(reading, "SELECT VALUE c.id FROM c") == ["a"]

    def test_lets_nobody_write_over_what_it_does_not_show(
        self, cosmos: Cosmos, container: ContainerProxy
    ) -> None:
        cosmos.lags(container, writes=100)
        keep(container, "a")

        with a_client(cosmos.gateway, cosmos.folder, cosmos.credential) as another:
            writing = cosmos.as_seen_by(another, container)

            with pytest.raises(CosmosResourceExistsError):
                keep(writing, "a")
