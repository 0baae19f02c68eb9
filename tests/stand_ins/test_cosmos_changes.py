"""Patches and batches of the stand-in for Cosmos DB, through the real SDK."""

from typing import Any

import pytest
from azure.cosmos import ContainerProxy
from azure.cosmos.exceptions import CosmosBatchOperationError

from tests.stand_ins.cosmos.asking import ASTRID, BENTO, Json, refused

STALE = '"00000000-0000-0000-0000-000000000000"'


def enrolment(name: str, partition: str = ASTRID, **rest: Any) -> Json:
    return {"id": f"enrolment~{name}", "partition": partition, "kind": "enrolment", **rest}


_SET: Json = {"op": "set", "path": "/note", "value": "new"}


class TestPatches:
    def test_change_what_they_name(self, container: ContainerProxy) -> None:
        container.create_item(enrolment("flu", counter=1, days=["mon", "wed"], step={"old": 1}))

        patched = container.patch_item(
            "enrolment~flu",
            ASTRID,
            [
                {"op": "add", "path": "/days/1", "value": "tue"},
                {"op": "add", "path": "/days/-", "value": "thu"},
                {"op": "set", "path": "/days/0", "value": "MON"},
                {"op": "incr", "path": "/counter", "value": 2},
                {"op": "incr", "path": "/tries", "value": 1},
                {"op": "move", "from": "/step/old", "path": "/step/new"},
                {"op": "replace", "path": "/kind", "value": "journey"},
                {"op": "set", "path": "/a~1b", "value": True},
            ],
        )

        assert patched["days"] == ["MON", "tue", "wed", "thu"]
        assert (patched["counter"], patched["tries"], patched["step"]) == (3, 1, {"new": 1})
        assert (patched["kind"], patched["a/b"]) == ("journey", True)

    @pytest.mark.parametrize(
        ("condition", "status"),
        [
            ("from c where c.stamp = '1-a' and c.kind = 'enrolment'", 200),
            ("FROM c WHERE c.stamp = '1-b'", 412),
            ("from c where c.expires_at > 5", 412),
            ("from c where not is_defined(c.deleted_at)", 200),
            ("from c where c.stamp ~ '1-a'", 400),
        ],
    )
    def test_need_their_condition(self, container: ContainerProxy, condition: str, status: int) -> None:
        container.create_item(enrolment("flu", stamp="1-a"))

        def patch() -> None:
            container.patch_item("enrolment~flu", ASTRID, [_SET], filter_predicate=condition)

        if status == 200:
            patch()
        else:
            assert refused(patch)[0] == status
        assert ("note" in container.read_item("enrolment~flu", ASTRID)) == (status == 200)

    @pytest.mark.parametrize(
        "operation",
        [
            {"op": "set", "path": "/id", "value": "another"},
            {"op": "set", "path": "/partition", "value": "another"},
            {"op": "set", "path": "/_ts", "value": 1},
            {"op": "replace", "path": "/missing", "value": 1},
            {"op": "remove", "path": "/missing"},
            {"op": "set", "path": "/missing/below", "value": 1},
            {"op": "incr", "path": "/kind", "value": 1},
            {"op": "copy", "from": "/kind", "path": "/note"},
        ],
    )
    def test_do_nothing_odd(self, container: ContainerProxy, operation: Json) -> None:
        container.create_item(enrolment("flu"))

        assert refused(lambda: container.patch_item("enrolment~flu", ASTRID, [operation]))[0] == 400

    def test_have_ten_operations_at_most(self, container: ContainerProxy) -> None:
        container.create_item(enrolment("flu"))

        container.patch_item("enrolment~flu", ASTRID, [_SET] * 10)

        assert refused(lambda: container.patch_item("enrolment~flu", ASTRID, [_SET] * 11))[0] == 400


class TestBatches:
    def test_do_several_things_as_one(self, container: ContainerProxy) -> None:
        flu = container.create_item(enrolment("flu", stamp="1-a"))
        container.create_item(enrolment("old"))

        results = container.execute_item_batch(
            [
                ("create", (enrolment("new"),)),
                (
                    "replace",
                    ("enrolment~flu", enrolment("flu", stamp="2-b")),
                    {"if_match_etag": flu["_etag"]},
                ),
                ("patch", ("enrolment~new", [_SET]), {"filter_predicate": "from c where c.kind='enrolment'"}),
                ("upsert", (enrolment("other"),)),
                ("delete", ("enrolment~old",)),
                ("read", ("enrolment~new",)),
            ],
            ASTRID,
        )

        assert [result["statusCode"] for result in results] == [201, 200, 200, 201, 204, 200]
        assert results[5]["resourceBody"]["note"] == "new"
        names = container.query_items("SELECT VALUE c.id FROM c ORDER BY c.id", partition_key=ASTRID)
        assert list(names) == ["enrolment~flu", "enrolment~new", "enrolment~other"]

    @pytest.mark.parametrize(
        ("last", "status"),
        [
            (("create", (enrolment("flu"),)), 409),
            (("replace", ("enrolment~flu", enrolment("flu")), {"if_match_etag": STALE}), 412),
            (("patch", ("enrolment~flu", [_SET]), {"filter_predicate": "from c where c.stamp='0'"}), 412),
            (("delete", ("enrolment~none",)), 404),
            (("create", (enrolment("his", BENTO),)), 400),
        ],
    )
    def test_stand_whole_or_not_at_all(
        self, container: ContainerProxy, last: tuple[Any, ...], status: int
    ) -> None:
        container.create_item(enrolment("flu", stamp="1-a"))
        operations: list[tuple[Any, ...]] = [
            ("create", (enrolment("new"),)),
            last,
            ("read", ("enrolment~flu",)),
        ]

        with pytest.raises(CosmosBatchOperationError) as caught:
            container.execute_item_batch(operations, ASTRID)

        error: Any = caught.value
        assert (error.error_index, error.status_code) == (1, status)
        assert [each["statusCode"] for each in error.operation_responses] == [424, status, 424]
        left = container.query_items("SELECT VALUE c.id FROM c", partition_key=ASTRID)
        assert list(left) == ["enrolment~flu"]

    def test_have_a_hundred_operations_at_most(self, container: ContainerProxy) -> None:
        creating = [("create", (enrolment(str(number)),)) for number in range(101)]

        container.execute_item_batch(creating[:100], ASTRID)

        assert refused(lambda: container.execute_item_batch(creating, ASTRID))[0] == 400

    def test_have_two_megabytes_at_most(self, container: ContainerProxy) -> None:
        large = [("create", (enrolment(name, note="x" * 1_100_000),)) for name in ("a", "b")]

        assert refused(lambda: container.execute_item_batch(large, ASTRID))[0] == 413
        assert refused(lambda: container.read_item("enrolment~a", ASTRID))[0] == 404
