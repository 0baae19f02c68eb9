"""One table of announcements and queues (architecture §2), and what Azure is asked to create for it."""

import ast
import json
from collections import Counter
from typing import Any

import pytest

from shared.kernel.queues import MOST_DELIVERIES, MOST_DELIVERIES_IN_A_SESSION
from shared.wiring.queues import BY_TYPE, QUEUES, Queue
from tests.support.tree import ROOT, parsed, rooms

CREATED: dict[str, dict[str, Any]] = {
    queue["name"]: queue for queue in json.loads((ROOT / "infra/queues.json").read_text())
}


def dataclasses_in_models() -> list[tuple[str, ast.ClassDef]]:
    return [
        (room, node)
        for room in rooms()
        if (model := ROOT / "shared" / room / "model.py").exists()
        for node in parsed(model).body
        if isinstance(node, ast.ClassDef) and any("dataclass" in ast.unparse(d) for d in node.decorator_list)
    ]


class TestQueues:
    def test_are_created_as_the_table_has_them(self) -> None:
        assert list(CREATED) == [queue.name for queue in QUEUES]

    @pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.name)
    def test_are_created_as_they_are_used(self, queue: Queue) -> None:
        created = CREATED[queue.name]

        assert created["setting"] == queue.setting
        assert created["requiresSession"] == queue.in_sessions
        assert created["maxDeliveryCount"] == (
            MOST_DELIVERIES_IN_A_SESSION if queue.in_sessions else MOST_DELIVERIES
        )
        assert created["lockDuration"] in {"PT1M", "PT5M"}, "Service Bus locks for five minutes at most"
        assert isinstance(created["requiresDuplicateDetection"], bool)

    def test_have_names_and_settings_of_their_own(self) -> None:
        counted = Counter(name for queue in QUEUES for name in (queue.name, queue.setting))

        assert set(counted.values()) == {1}

    @pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.name)
    def test_are_named_in_the_example_settings(self, queue: Queue) -> None:
        example = json.loads((ROOT / "local.settings.example.json").read_text())["Values"]

        assert example[queue.setting] == queue.name


class TestAnnouncements:
    @pytest.mark.parametrize("carried", BY_TYPE)
    def test_are_dataclasses_of_one_room(self, carried: str) -> None:
        places = [room for room, node in dataclasses_in_models() if node.name == carried]

        assert len(places) == 1

    @pytest.mark.parametrize(
        "queue", [queue for queue in QUEUES if queue.in_sessions], ids=lambda queue: queue.name
    )
    def test_have_the_field_that_is_their_session(self, queue: Queue) -> None:
        fields = {
            node.name: {
                member.target.id
                for member in node.body
                if isinstance(member, ast.AnnAssign) and isinstance(member.target, ast.Name)
            }
            for _, node in dataclasses_in_models()
        }

        without = [carried for carried in queue.carries if queue.session_key not in fields[carried]]

        assert not without


class TestTheEmulator:
    def test_is_given_the_same_queues(self) -> None:
        emulator = json.loads((ROOT / "infra/service-bus-emulator.json").read_text())
        (namespace,) = emulator["UserConfig"]["Namespaces"]

        given = {queue["Name"]: queue["Properties"]["RequiresSession"] for queue in namespace["Queues"]}

        assert given == {queue.name: queue.in_sessions for queue in QUEUES}
