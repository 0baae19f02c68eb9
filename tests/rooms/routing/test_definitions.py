"""Workstreams and queues as they are kept, and what ships as the example."""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.codec import from_json
from shared.kernel.refusals import Nonsense
from shared.routing.definitions import drafted_queue, drafted_workstream
from shared.routing.documents import workstream_at
from shared.routing.list_queues import ListQueues, WhichQueues
from shared.routing.list_workstreams import ListWorkstreams, WhichWorkstreams
from shared.routing.model import AssignWork
from shared.routing.put_workstream import KeptWorkstream
from shared.routing.queues import NoSuchQueue, QueueChangedMeanwhile, QueueIsThere, WorkQueueDraft
from shared.routing.read_queue import ReadQueue
from shared.routing.read_workstream import ReadWorkstream
from shared.routing.workstreams import (
    NoSuchWorkstream,
    WorkstreamChangedMeanwhile,
    WorkstreamDraft,
    WorkstreamIsThere,
)
from tests.rooms.routing.builders import GENERAL, MAKER, REFILLS, a_queue, a_route, a_workstream
from tests.rooms.routing.service_centre import ServiceCentre, a_service_centre

SHIPPED = Path(__file__).parents[3] / "local" / "story_definitions"


@pytest.fixture
def centre(tmp_path: Path) -> Generator[ServiceCentre]:
    with a_service_centre(tmp_path) as centre:
        centre.has_queue(GENERAL)
        yield centre


def put(centre: ServiceCentre, draft: WorkstreamDraft, if_match: str | None = None) -> KeptWorkstream:
    return centre.put_workstream(
        draft, workstream_id="live-chat", caller=MAKER, now=centre.now, if_match=if_match
    )


class TestPutWorkstream:
    def test_keeps_it_to_be_read_again(self, centre: ServiceCentre) -> None:
        kept = put(centre, a_workstream(units=2))

        assert ReadWorkstream(centre.house.documents)(workstream_id="live-chat") == kept
        assert workstream_at(centre.house.documents, "live-chat").units == 2
        found = ListWorkstreams(centre.house.documents)(WhichWorkstreams())
        assert [each.id for each in found.workstreams] == ["live-chat"]

    def test_refuses_a_route_to_a_queue_that_is_not_there(self, centre: ServiceCentre) -> None:
        with pytest.raises(Nonsense) as refused:
            put(centre, a_workstream(a_route(GENERAL), a_route(REFILLS), fallback="nowhere"))

        assert [path for path, _ in refused.value.fields] == ["fallback_queue_id", "routes.1.queue_id"]

    def test_changes_only_what_the_caller_has_seen(self, centre: ServiceCentre) -> None:
        seen = put(centre, a_workstream()).etag
        changed = put(centre, a_workstream(units=2), seen)

        assert changed.workstream.version == 2
        with pytest.raises(WorkstreamIsThere):
            put(centre, a_workstream())
        with pytest.raises(WorkstreamChangedMeanwhile):
            put(centre, a_workstream(), seen)

    def test_is_audited(self, centre: ServiceCentre) -> None:
        put(centre, a_workstream())

        changes, _ = centre.house.change_feed.read("a test", limit=100)
        audited = [each["body"]["content"] for each in changes if each["body"].get("type") == "RecordAudit"]
        assert ("put_workstream", "workstream/live-chat", MAKER.who) in {
            (each["what"], each["subject"], each["who"]) for each in audited
        }

    def test_is_not_there_before(self, centre: ServiceCentre) -> None:
        with pytest.raises(NoSuchWorkstream):
            workstream_at(centre.house.documents, "live-chat")


class TestPutQueue:
    def test_changes_only_what_the_caller_has_seen(self, centre: ServiceCentre) -> None:
        seen = ReadQueue(centre.house.documents)(queue_id=GENERAL)

        changed = centre.put_queue(
            a_queue("amira"), queue_id=GENERAL, caller=MAKER, now=centre.now, if_match=seen.etag
        )

        assert changed.queue.members == ("amira",)
        with pytest.raises(QueueIsThere):
            centre.has_queue(GENERAL)
        with pytest.raises(QueueChangedMeanwhile):
            centre.put_queue(a_queue(), queue_id=GENERAL, caller=MAKER, now=centre.now, if_match=seen.etag)

    def test_asks_who_is_new_among_the_members(self, centre: ServiceCentre) -> None:
        assert centre.told() == [AssignWork(GENERAL)]

    def test_is_listed_by_priority(self, centre: ServiceCentre) -> None:
        centre.has_queue(REFILLS, priority=5)

        found = ListQueues(centre.house.documents)(WhichQueues())

        assert [each.id for each in found.queues] == [REFILLS, GENERAL]

    def test_is_not_there_before(self, centre: ServiceCentre) -> None:
        with pytest.raises(NoSuchQueue):
            ReadQueue(centre.house.documents)(queue_id=REFILLS)


class TestShippedDefinitions:
    def test_can_be_kept(self) -> None:
        queues = {path.stem: path.read_bytes() for path in (SHIPPED / "queues").glob("*.json")}
        workstreams = {path.stem: path.read_bytes() for path in (SHIPPED / "workstreams").glob("*.json")}

        for name, text in queues.items():
            drafted_queue(name, from_json(text, WorkQueueDraft, strangers=False), None)
        drafts = {
            name: from_json(text, WorkstreamDraft, strangers=False) for name, text in workstreams.items()
        }

        assert drafts
        for name, draft in drafts.items():
            drafted_workstream(name, draft, None)
            assert {draft.fallback_queue_id, *(route.queue_id for route in draft.routes)} <= set(queues)

    def test_route_by_a_word_that_the_bot_says(self) -> None:
        scenario = (SHIPPED / "scenarios" / "patient-service-welcome.json").read_text()
        workstream: Any = json.loads((SHIPPED / "workstreams" / "live-chat.json").read_text())

        said = {step["context"].get("Topic") for step in json.loads(scenario)["steps"] if step.get("context")}

        assert workstream["routes"][0]["conditions"][0]["value"] in said
