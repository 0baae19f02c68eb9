"""JSON Patch as RFC 6902 has it."""

from typing import Any

import pytest

from shared.fhir.json_patch import PatchTestFailed, patched
from shared.fhir.refusals import NotPatchable
from shared.kernel.refusals import Nonsense

SLOT: dict[str, Any] = {"status": "free", "specialty": [{"text": "a"}, {"text": "b"}], "a/b": {"m~n": 1}}


class TestAPatch:
    @pytest.mark.parametrize(
        ("operation", "changed"),
        [
            ({"op": "add", "path": "/comment", "value": "x"}, {"comment": "x"}),
            (
                {"op": "add", "path": "/specialty/1", "value": "c"},
                {"specialty": [{"text": "a"}, "c", {"text": "b"}]},
            ),
            (
                {"op": "add", "path": "/specialty/-", "value": "c"},
                {"specialty": [{"text": "a"}, {"text": "b"}, "c"]},
            ),
            ({"op": "remove", "path": "/specialty/0"}, {"specialty": [{"text": "b"}]}),
            ({"op": "replace", "path": "/status", "value": "busy"}, {"status": "busy"}),
            ({"op": "replace", "path": "/a~1b/m~0n", "value": 2}, {"a/b": {"m~n": 2}}),
            ({"op": "copy", "from": "/specialty/0", "path": "/copy"}, {"copy": {"text": "a"}}),
            ({"op": "test", "path": "/status", "value": "free"}, {}),
        ],
    )
    def test_does_what_its_operation_says(self, operation: dict[str, Any], changed: dict[str, Any]) -> None:
        assert patched(SLOT, [operation]) == {**SLOT, **changed}

    def test_moves(self) -> None:
        moved = patched(SLOT, [{"op": "move", "from": "/specialty/1", "path": "/first"}])

        assert (moved["first"], moved["specialty"]) == ({"text": "b"}, [{"text": "a"}])

    def test_leaves_the_original_as_it_was(self) -> None:
        patched(SLOT, [{"op": "remove", "path": "/specialty/0"}])

        assert len(SLOT["specialty"]) == 2

    def test_whose_test_fails_is_refused(self) -> None:
        with pytest.raises(PatchTestFailed):
            patched(SLOT, [{"op": "test", "path": "/status", "value": "busy"}])

    def test_does_not_take_one_for_true(self) -> None:
        with pytest.raises(PatchTestFailed):
            patched({"active": True}, [{"op": "test", "path": "/active", "value": 1}])

    @pytest.mark.parametrize(
        "operation",
        [
            {"op": "remove", "path": "/nothing"},
            {"op": "replace", "path": "/nothing", "value": 1},
            {"op": "add", "path": "/specialty/9", "value": 1},
            {"op": "add", "path": "/status/deep", "value": 1},
            {"op": "remove", "path": "/specialty/01x"},
        ],
    )
    def test_of_what_is_not_there_is_refused(self, operation: dict[str, Any]) -> None:
        with pytest.raises(NotPatchable):
            patched(SLOT, [operation])

    @pytest.mark.parametrize(
        "operations",
        [
            {},
            ["x"],
            [{"op": "dance", "path": "/a"}],
            [{"op": "add", "path": "a", "value": 1}],
            [{"op": "add", "path": "/a"}],
        ],
    )
    def test_that_is_none_is_nonsense(self, operations: Any) -> None:
        with pytest.raises(Nonsense):
            patched(SLOT, operations)


class TestCopies:
    def test_are_few_enough_not_to_fill_the_memory(self) -> None:
        doubling = [{"op": "copy", "from": "", "path": f"/c{number}"} for number in range(9)]

        with pytest.raises(Nonsense) as refused:
            patched({"resourceType": "Basic"}, doubling)

        assert refused.value.fields == (("[8].op", "more than 8 copies"),)
