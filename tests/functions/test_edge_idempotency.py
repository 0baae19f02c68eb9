"""The same POST twice under one Idempotency-Key."""

from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from functions.edge import http, idempotency
from functions.edge.doors import PUBLIC, SIGNED_IN
from shared.kernel.refusals import AlreadyExists, Conflict, NotAllowed, NotFound, TransientFault
from tests.support.edge_app import Answer, EdgeApplication, an_application, ask
from tests.support.issuer import Issuer, an_issuer


class Killed(BaseException):
    """Stands for SIGKILL: nothing that catches exceptions sees it."""


@pytest.fixture(scope="module")
def issuer() -> Generator[Issuer]:
    with an_issuer() as one:
        yield one


@pytest.fixture
def app(tmp_path: Path, issuer: Issuer) -> Generator[EdgeApplication]:
    with an_application(tmp_path, issuer) as one:
        yield one


def _take_note(req: func.HttpRequest) -> func.HttpResponse:
    app: Any = http.application()
    note = app.take_note(http.read(req, app.take_note), now=app.clock.now())
    return http.created(note, location=http.request_id(req))


take_note = http.answers_to(SIGNED_IN, does="take_note", status=201)(_take_note)
take_fresh_note = http.answers_to(SIGNED_IN, does="take_note", status=201, fresh=True)(_take_note)
take_note_from_anyone = http.answers_to(PUBLIC, does="take_note", status=201)(_take_note)


def posted(issuer: Issuer, *, key: str = "k1", text: str = "Call back", subject: str = "ada") -> Answer:
    return ask(
        take_note, body={"text": text}, token=issuer.token(sub=subject), headers={"Idempotency-Key": key}
    )


class TestOnlyOnce:
    def test_gives_the_first_answer_again(self, app: EdgeApplication, issuer: Issuer) -> None:
        first, second = posted(issuer), posted(issuer)

        assert (second.status, second.body) == (first.status, first.body)
        assert second.headers["location"] == first.headers["location"]
        assert second.headers["idempotency-replayed"] == "true"
        assert "idempotency-replayed" not in first.headers
        assert len(app.take_note.taken) == 1

    def test_never_gives_again_what_must_be_fresh(self, app: EdgeApplication, issuer: Issuer) -> None:
        token, headers = issuer.token(sub="ada"), {"Idempotency-Key": "k1"}
        first = ask(take_fresh_note, body={"text": "Call back"}, token=token, headers=headers)

        second = ask(take_fresh_note, body={"text": "Something else"}, token=token, headers=headers)

        assert (first.status, second.status) == (201, 201)
        assert "idempotency-replayed" not in second.headers
        assert first.headers["location"] != second.headers["location"]
        assert len(app.take_note.taken) == 2

    def test_refuses_the_key_for_another_body(self, app: EdgeApplication, issuer: Issuer) -> None:
        posted(issuer)

        other = posted(issuer, text="Something else")

        assert (other.status, other.json["type"]) == (422, "/problems/key-used-for-another")
        assert len(app.take_note.taken) == 1

    def test_says_so_where_the_answer_was_too_large_to_keep(
        self, app: EdgeApplication, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(idempotency, "LARGEST_ANSWER", 10)

        first, second = posted(issuer), posted(issuer)

        assert (first.status, second.status) == (201, 409)
        assert second.json["type"] == "/problems/answer-not-kept"
        assert len(app.take_note.taken) == 1

    def test_keeps_callers_apart(self, app: EdgeApplication, issuer: Issuer) -> None:
        posted(issuer)

        other = posted(issuer, subject="grace")

        assert "idempotency-replayed" not in other.headers
        assert len(app.take_note.taken) == 2

    def test_keeps_a_refusal_as_an_answer(self, app: EdgeApplication, issuer: Issuer) -> None:
        app.take_note.raises.append(NotFound())

        first, second = posted(issuer), posted(issuer)

        assert (first.status, second.status) == (404, 404)
        assert second.headers["idempotency-replayed"] == "true"
        assert len(app.take_note.taken) == 1

    @pytest.mark.parametrize(
        ("raised", "status"),
        [
            (TransientFault(), 503),
            (NotAllowed(), 403),
            (KeyError("x"), 500),
            (Conflict(), 409),
            (AlreadyExists(), 409),
        ],
    )
    def test_frees_the_key_where_there_was_no_answer(
        self, app: EdgeApplication, issuer: Issuer, raised: Exception, status: int
    ) -> None:
        app.take_note.raises.append(raised)

        first, second = posted(issuer), posted(issuer)

        assert (first.status, second.status) == (status, 201)

    def test_holds_off_while_the_first_is_at_work(self, app: EdgeApplication, issuer: Issuer) -> None:
        app.take_note.raises.append(Killed())
        with pytest.raises(Killed):
            posted(issuer)

        second = posted(issuer)

        assert (second.status, second.json["type"]) == (409, "/problems/still-in-progress")
        assert second.headers["retry-after"] == "60"
        assert len(app.take_note.taken) == 1

    def test_tries_again_after_a_crash_once_the_lease_has_lapsed(
        self, app: EdgeApplication, issuer: Issuer
    ) -> None:
        app.take_note.raises.append(Killed())
        with pytest.raises(Killed):
            posted(issuer)
        app.stopped.machine += idempotency.LEASE_LASTS

        second, third = posted(issuer), posted(issuer)

        assert (second.status, third.headers["idempotency-replayed"]) == (201, "true")
        assert second.headers["location"] == third.headers["location"]

    def test_measures_the_lease_in_machine_time(self, app: EdgeApplication, issuer: Issuer) -> None:
        app.take_note.raises.append(Killed())
        with pytest.raises(Killed):
            posted(issuer)
        app.stopped.instant += timedelta(hours=1)

        assert posted(issuer).status == 409

    def test_forgets_after_a_day(self, app: EdgeApplication, issuer: Issuer) -> None:
        posted(issuer)
        app.stopped.instant += idempotency.ANSWER_LASTS

        again = posted(issuer)

        assert "idempotency-replayed" not in again.headers
        assert len(app.take_note.taken) == 2

    def test_gives_repetitions_one_id_for_what_they_make(self, app: EdgeApplication, issuer: Issuer) -> None:
        app.take_note.raises.append(TransientFault())
        posted(issuer)

        made = [posted(issuer).headers["location"], posted(issuer, key="k2").headers["location"]]

        assert len(set(made)) == 2
        app.take_note.raises.append(TransientFault())
        app.stopped.instant += idempotency.ANSWER_LASTS
        posted(issuer)
        assert posted(issuer).headers["location"] == made[0]

    def test_does_nothing_for_strangers(self, app: EdgeApplication) -> None:
        asked = [
            ask(take_note_from_anyone, body={"text": "x"}, headers={"Idempotency-Key": "k1"})
            for _ in range(2)
        ]

        assert [answer.status for answer in asked] == [201, 201]
        assert len(app.take_note.taken) == 2

    @pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
    def test_refuses_a_key_that_is_none(self, app: EdgeApplication, issuer: Issuer, key: str) -> None:
        answer = posted(issuer, key=key)

        assert (answer.status, answer.json["errors"][0]["field"]) == (400, "Idempotency-Key")
        assert app.take_note.taken == []

    def test_lets_the_second_of_two_at_once_wait(
        self, app: EdgeApplication, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Both looked before either had begun: the store decides."""
        posted(issuer)
        monkeypatch.setattr(type(app.documents), "look", _sees_nothing)

        assert posted(issuer).status == 409
        assert len(app.take_note.taken) == 1


def _sees_nothing(*_: object) -> None:
    return None
