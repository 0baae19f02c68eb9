"""Timers, the change feed and Event Grid at the edge; and that the doors know every role."""

import json
import logging
from collections.abc import Generator
from pathlib import Path
from typing import Any, get_args

import azure.functions as func
import pytest
from azure.functions.timer import TimerRequest

from functions.edge import change_feed, event_grid, http, timer
from functions.edge.doors import PUBLIC, FamilyScopeName, RoleName
from functions.edge.faults import Failed
from shared.access.model import Role
from shared.access.portal_access import FamilyScope
from shared.kernel.refusals import LostRace, Refusal, TransientFault
from tests.support.edge_app import PLANTED, Answer, EdgeApplication, an_application, ask, everything_in


@pytest.fixture
def app(tmp_path: Path) -> Generator[EdgeApplication]:
    with an_application(tmp_path) as one:
        yield one


def a_run(raises: list[Exception], runs: list[int]) -> Any:
    def run(tick: object) -> None:
        del tick
        runs.append(1)
        if raises:
            raise raises.pop(0)

    return run


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("kind", [timer.ticks, change_feed.reads])
class TestRuns:
    def test_runs_again_what_lost_a_race(self, kind: Any) -> None:
        runs: list[int] = []

        kind(a_run([LostRace(), LostRace()], runs))(tick=TimerRequest())

        assert len(runs) == 3

    def test_goes_on_after_a_refusal(self, kind: Any, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)

        kind(a_run([Refusal(PLANTED)], []))(tick=TimerRequest())

        assert [record.message for record in caplog.records] == ["edge.run.refused"]

    @pytest.mark.parametrize(
        ("raised", "told"), [(TransientFault(PLANTED), TransientFault), (KeyError(PLANTED), Failed)]
    )
    def test_fails_without_saying_what_it_saw(
        self, kind: Any, caplog: pytest.LogCaptureFixture, raised: Exception, told: type[Exception]
    ) -> None:
        caplog.set_level(logging.DEBUG)

        with pytest.raises(told) as failed:
            kind(a_run([raised], []))(tick=TimerRequest())

        assert PLANTED not in str(failed.value) + everything_in(caplog.records)
        assert (failed.value.__cause__, failed.value.__context__) == (None, None)


class TestChanges:
    def test_gives_documents_as_dicts(self) -> None:
        documents = func.DocumentList([func.Document({"id": "a~1", "kind": "a"})])

        assert change_feed.changes(documents) == [{"id": "a~1", "kind": "a"}]


@http.answers_to(PUBLIC)
def take_events(req: func.HttpRequest) -> func.HttpResponse:
    return event_grid.handshake(req) or http.ok({"taken": len(event_grid.events(req))})


VALIDATION = {"eventType": event_grid.VALIDATION, "data": {"validationCode": "512d38b6"}}


@pytest.mark.usefixtures("app")
class TestEventGrid:
    def sent(self, body: object, **headers: str) -> Answer:
        return ask(take_events, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def test_answers_the_validation_event(self) -> None:
        assert self.sent([VALIDATION]).json == {"validationResponse": "512d38b6"}

    def test_answers_the_cloud_events_question(self) -> None:
        asked = {"WebHook-Request-Origin": "eventgrid.azure.net"}

        answer = ask(take_events, method="OPTIONS", headers=asked)

        assert (answer.status, answer.headers["webhook-allowed-origin"]) == (200, "eventgrid.azure.net")

    def test_repeats_no_origin_that_is_none(self) -> None:
        answer = ask(take_events, method="OPTIONS", headers={"WebHook-Request-Origin": f"{PLANTED}\r\nX: y"})

        assert answer.status == 400
        assert PLANTED not in json.dumps(answer.headers)

    @pytest.mark.parametrize(
        ("body", "taken"), [([{"id": "1"}, {"id": "2"}], 2), ({"specversion": "1.0"}, 1)]
    )
    def test_takes_events_one_or_many(self, body: object, taken: int) -> None:
        assert self.sent(body).json == {"taken": taken}

    def test_takes_cloud_events_by_their_media_type(self) -> None:
        answer = self.sent([{"specversion": "1.0"}], Content_Type="application/cloudevents-batch+json")

        assert answer.json == {"taken": 1}

    @pytest.mark.parametrize(
        "body", [b"{", b"3", b'["x"]', [{"eventType": event_grid.VALIDATION, "data": "x"}], b"[" * 100_000]
    )
    def test_refuses_what_is_no_event(self, body: object) -> None:
        assert self.sent(body).status == 400


class TestRoleNames:
    def test_are_the_roles_of_room_access(self) -> None:
        assert get_args(RoleName) == tuple(role.value for role in Role)

    def test_are_those_of_the_room_for_what_family_may_do_too(self) -> None:
        assert set(get_args(FamilyScopeName)) == {scope.value for scope in FamilyScope}
