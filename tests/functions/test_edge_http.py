"""Every row of architecture §7, as HTTP sees it."""

import json
import logging
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path

import azure.functions as func
import pytest

from functions.edge import callers, http, problems
from functions.edge.doors import (
    CONVERSATION_TOKEN,
    PATIENT,
    PUBLIC,
    SIGNED_IN,
    Door,
    roles,
    webhook_code,
    webhook_proof,
)
from shared.fhir.ports import VersionMismatch
from shared.kernel.documents import Unreadable, WrittenAhead
from shared.kernel.identity import PatientId
from shared.kernel.refusals import (
    AlreadyExists,
    Conflict,
    Gone,
    LostRace,
    Nonsense,
    NotAllowed,
    NotFound,
    NotYetVisible,
    Refusal,
    Stale,
    Throttled,
    TransientFault,
)
from tests.support.edge_app import PLANTED, Answer, EdgeApplication, an_application, ask, everything_in
from tests.support.issuer import NOON, Issuer, an_issuer
from tests.support.portal import let_in


class SlotAlreadyTaken(Conflict):
    """Somebody else has taken this slot."""


@pytest.fixture(scope="module")
def issuer() -> Generator[Issuer]:
    with an_issuer() as one:
        yield one


@pytest.fixture
def app(tmp_path: Path, issuer: Issuer) -> Generator[EdgeApplication]:
    with an_application(tmp_path, issuer) as one:
        yield one


@http.answers_to(roles("care_coordinator", "outreach_specialist"), does="take_note", status=201)
def take_note(req: func.HttpRequest) -> func.HttpResponse:
    """Take a note."""
    app = _serving()
    asked = http.read(req, app.take_note)
    note = app.take_note(asked, caller=http.caller(req), now=app.clock.now())
    return http.created(note, location=f"/api/notes/{note.id}", etag="1")


@http.answers_to(PUBLIC)
def find_notes(req: func.HttpRequest) -> func.HttpResponse:
    app = _serving()
    return http.ok(app.find_notes(http.query(req, app.find_notes)))


@http.answers_to(PATIENT)
def read_own(req: func.HttpRequest) -> func.HttpResponse:
    note_id, etag = http.path(req, "note_id"), http.if_match(req)
    return http.ok(_serving().read_note(note_id=note_id, patient_id=http.patient(req), if_match=etag))


def _serving() -> EdgeApplication:
    app = http.application()
    assert isinstance(app, EdgeApplication)
    return app


def behind(door: Door) -> Answer:
    """Knock at a door with nothing in hand."""
    return ask(http.answers_to(door)(lambda req: http.no_content()), method="GET")  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]  # noqa: ARG005  # the binding's name


GOOD = {"text": "Call back on Monday", "copies": 2}


class TestAnswersTo:
    def test_answers_with_what_was_made(self, app: EdgeApplication, issuer: Issuer) -> None:
        answer = ask(take_note, body=GOOD, token=issuer.token(roles=["care_coordinator"]))

        assert (answer.status, answer.json) == (201, {"id": "note-1", "by": "ada", "copies": 2})
        assert (answer.headers["location"], answer.headers["etag"]) == ("/api/notes/note-1", '"1"')
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert len(app.take_note.taken) == 1

    @pytest.mark.parametrize(
        ("raised", "status", "kind"),
        [
            (NotFound(), 404, "not-found"),
            (Gone(), 404, "gone"),
            (SlotAlreadyTaken(), 409, "slot-already-taken"),
            (AlreadyExists(), 409, "already-exists"),
            (Stale(), 412, "stale"),
            (VersionMismatch(), 412, "version-mismatch"),
            (NotAllowed(), 403, "not-allowed"),
            (Refusal(), 422, "refusal"),
            (Nonsense(("text", "too short")), 400, "nonsense"),
            (Throttled(retry_after=timedelta(seconds=7.2)), 429, "throttled"),
            (TransientFault(), 503, "transient-fault"),
            (NotYetVisible(), 503, "not-yet-visible"),
        ],
    )
    def test_tells_each_failure_as_a_problem(
        self, app: EdgeApplication, issuer: Issuer, raised: Exception, status: int, kind: str
    ) -> None:
        app.take_note.raises.append(raised)

        answer = ask(take_note, body=GOOD, token=issuer.token(roles=["care_coordinator"]))

        assert answer.status == status
        assert answer.json["type"] == f"/problems/{kind}"
        assert answer.json["title"] == problems.title_of(type(raised))
        assert answer.json["correlation_id"] == answer.headers["x-correlation-id"]

    @pytest.mark.parametrize(
        ("raised", "after"), [(Throttled(retry_after=timedelta(seconds=7.2)), "8"), (TransientFault(), "2")]
    )
    def test_says_when_to_try_again(
        self, app: EdgeApplication, issuer: Issuer, raised: Exception, after: str
    ) -> None:
        app.take_note.raises.append(raised)

        answer = ask(take_note, body=GOOD, token=issuer.token(roles=["care_coordinator"]))

        assert answer.headers["retry-after"] == after

    def test_tells_a_bug_without_its_text(
        self, app: EdgeApplication, issuer: Issuer, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        app.take_note.raises.append(KeyError(f"patient {PLANTED}"))

        answer = ask(take_note, body=GOOD, token=issuer.token(roles=["care_coordinator"]))

        assert (answer.status, answer.json["type"]) == (500, "about:blank")
        assert PLANTED not in str(answer)
        assert PLANTED not in everything_in(caplog.records)
        (failed,) = [record for record in caplog.records if record.message == "edge.request.failed"]
        assert vars(failed)["error"] == "KeyError"
        assert "edge_app.py" in vars(failed)["place"]

    def test_tells_of_a_document_that_cannot_be_read_as_of_any_bug(
        self, app: EdgeApplication, issuer: Issuer
    ) -> None:
        app.take_note.raises.append(Unreadable("note", "note~1"))

        answer = ask(take_note, body=GOOD, token=issuer.token(roles=["care_coordinator"]))

        assert (answer.status, answer.json["type"]) == (500, "about:blank")

    def test_asks_to_come_again_where_only_a_newer_instance_can_read_it(
        self, app: EdgeApplication, issuer: Issuer
    ) -> None:
        app.take_note.raises.append(WrittenAhead())

        answer = ask(take_note, body=GOOD, token=issuer.token(roles=["care_coordinator"]))

        assert (answer.status, "retry-after" in {name.lower() for name in answer.headers}) == (503, True)

    def test_runs_again_what_lost_a_race(self, app: EdgeApplication, issuer: Issuer) -> None:
        app.take_note.raises.extend([LostRace() for _ in range(4)])

        answer = ask(take_note, body=GOOD, token=issuer.token(roles=["care_coordinator"]))

        assert (answer.status, len(app.take_note.taken)) == (201, 5)

    def test_gives_up_on_the_fifth_lost_race(self, app: EdgeApplication, issuer: Issuer) -> None:
        app.take_note.raises.extend([LostRace() for _ in range(5)])

        answer = ask(take_note, body=GOOD, token=issuer.token(roles=["care_coordinator"]))

        assert (answer.status, len(app.take_note.taken)) == (409, 5)

    def test_tells_who_named_a_version_of_a_lost_race_at_once(
        self, app: EdgeApplication, issuer: Issuer
    ) -> None:
        app.take_note.raises.append(LostRace())

        answer = ask(
            take_note, body=GOOD, token=issuer.token(roles=["care_coordinator"]), headers={"If-Match": '"3"'}
        )

        assert (answer.status, len(app.take_note.taken)) == (412, 1)

    @pytest.mark.parametrize(
        ("body", "fields"),
        [
            (b'{"text": ', {"body"}),
            (b"\xff\xfe", {"body"}),
            (b"[" * 5000, {"body"}),
            ({"text": "x", "copys": 2}, {"copys"}),
            ({"text": 3, "copies": "two"}, {"text", "copies"}),
            ({}, {"text"}),
        ],
    )
    def test_refuses_what_cannot_be_read(
        self, app: EdgeApplication, issuer: Issuer, body: object, fields: set[str]
    ) -> None:
        answer = ask(take_note, body=body, token=issuer.token(roles=["care_coordinator"]))

        assert answer.status == 400
        assert {error["field"] for error in answer.json["errors"]} == fields
        assert app.take_note.taken == []

    def test_refuses_what_is_too_large(self, app: EdgeApplication, issuer: Issuer) -> None:
        answer = ask(
            take_note, body={"text": "x" * http.LARGEST}, token=issuer.token(roles=["care_coordinator"])
        )

        assert (answer.status, answer.json["type"]) == (413, "/problems/too-large")
        assert app.take_note.taken == []

    @pytest.mark.usefixtures("app")
    @pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
    def test_refuses_a_body_that_is_not_called_json(self, issuer: Issuer, media_type: str) -> None:
        answer = ask(
            take_note,
            body=GOOD,
            token=issuer.token(roles=["care_coordinator"]),
            headers={"Content-Type": media_type},
        )

        assert (answer.status, answer.json["type"]) == (415, "/problems/wrong-content-type")

    @pytest.mark.usefixtures("app")
    def test_takes_a_callers_trace_for_its_own(self) -> None:
        trace = "4bf92f3577b34da6a3ce929d0e0e4736"

        traced = ask(find_notes, method="GET", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
        named = ask(find_notes, method="GET", headers={"X-Correlation-Id": trace})

        assert {traced.headers["x-correlation-id"], named.headers["x-correlation-id"]} == {trace}

    @pytest.mark.usefixtures("app")
    def test_does_not_take_a_patients_number_for_a_correlation(self) -> None:
        answer = ask(find_notes, method="GET", headers={"X-Correlation-Id": PLANTED})

        assert PLANTED not in str(answer)

    @pytest.mark.usefixtures("app")
    def test_binds_the_correlation_to_what_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)

        answer = ask(take_note, body=GOOD)

        (refused,) = [record for record in caplog.records if record.message == "edge.request.refused"]
        assert vars(refused)["correlation"] == answer.headers["x-correlation-id"]


class TestReading:
    @pytest.mark.usefixtures("app")
    def test_reads_a_query_from_text(self) -> None:
        answer = ask(find_notes, method="GET", params={"since": "2026-10-01", "limit": "5"})

        assert answer.json == {"id": "found", "by": "2026-10-01", "copies": 5}

    @pytest.mark.usefixtures("app")
    @pytest.mark.parametrize(
        ("params", "field"),
        [({"limit": "many"}, "limit"), ({"limmit": "5"}, "limmit"), ({"since": "?"}, "since")],
    )
    def test_refuses_a_query_it_does_not_know(self, params: dict[str, str], field: str) -> None:
        answer = ask(find_notes, method="GET", params=params)

        assert (answer.status, [e["field"] for e in answer.json["errors"]]) == (400, [field])

    @pytest.mark.parametrize("note_id", ["", "a/b", "a\\b", "a?b", "a#b", "x" * 129, "a\nb"])
    def test_finds_nothing_under_what_cannot_be_an_id(
        self, app: EdgeApplication, issuer: Issuer, note_id: str
    ) -> None:
        del app

        answer = ask(
            read_own, method="GET", path={"note_id": note_id}, token=issuer.token("portal", patient_id="p1")
        )

        assert answer.status == 404

    @pytest.mark.usefixtures("app")
    @pytest.mark.parametrize(
        ("sent", "read"), [('"7"', "7"), ('W/"7"', "7"), ("7", "7"), ("*", "None"), (None, "None")]
    )
    def test_reads_the_version_that_was_seen(self, issuer: Issuer, sent: str | None, read: str) -> None:
        answer = ask(
            read_own,
            method="GET",
            path={"note_id": "n1"},
            token=issuer.token("portal", patient_id="p1"),
            headers={"If-Match": sent} if sent else {},
        )

        assert answer.json["by"] == f"p1 {read}"


class TestDoors:
    @pytest.mark.usefixtures("app")
    def test_asks_for_a_token(self) -> None:
        answer = ask(take_note, body=GOOD)

        assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")

    def test_refuses_who_has_none_of_the_roles(self, app: EdgeApplication, issuer: Issuer) -> None:
        answer = ask(take_note, body=GOOD, token=issuer.token(roles=["data_viewer"]))

        assert (answer.status, answer.json["type"]) == (403, "/problems/role-missing")
        assert app.take_note.taken == []

    @pytest.mark.usefixtures("app")
    def test_gives_a_patient_no_roles_whatever_the_token_says(self, issuer: Issuer) -> None:
        answer = ask(take_note, body=GOOD, token=issuer.token("patients", roles=["care_coordinator"]))

        assert answer.status == 403

    @pytest.mark.usefixtures("app")
    def test_keeps_staff_out_of_the_patients_door(self, issuer: Issuer) -> None:
        token = issuer.token(roles=["care_coordinator"], patient_id="p1")

        answer = ask(read_own, method="GET", path={"note_id": "n1"}, token=token)

        assert (answer.status, answer.json["type"]) == (403, "/problems/only-for-patients")

    def test_lets_a_patient_in_for_the_record_the_login_is_linked_to(
        self, app: EdgeApplication, issuer: Issuer
    ) -> None:
        let_in(app.documents, issuer.named("patients"), "ada", PatientId("p7"))

        answer = ask(
            read_own, method="GET", path={"note_id": "n1"}, token=issuer.token("patients", patient_id="p1")
        )

        assert answer.json["by"] == "p7 None"

    @pytest.mark.usefixtures("app")
    def test_keeps_out_a_patient_whose_login_is_linked_to_nothing(self, issuer: Issuer) -> None:
        answer = ask(read_own, method="GET", path={"note_id": "n1"}, token=issuer.token("patients"))

        assert answer.status == 403

    @pytest.mark.usefixtures("app")
    @pytest.mark.parametrize("door", [CONVERSATION_TOKEN, SIGNED_IN, PATIENT, roles("operator")])
    def test_stays_shut_without_a_key(self, door: Door) -> None:
        assert behind(door).status == 401


class TestWebhookProof:
    SECRET = "laptop-only-report-secret"  # noqa: S105  # the example file's

    def knock(self, door: Door, *, body: bytes = b"{}", **headers: str) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return ask(http.answers_to(door)(_done), body=body, headers=sent)

    @pytest.mark.usefixtures("app")
    @pytest.mark.parametrize(
        ("late", "signed", "status"),
        [(0, b"{}", 204), (299, b"{}", 204), (-299, b"{}", 204), (301, b"{}", 401), (0, b'{"x": 1}', 401)],
    )
    def test_lets_in_who_signs_now_what_is_sent(self, late: int, signed: bytes, status: int) -> None:
        timestamp = str(int(NOON.timestamp()) - late)
        signature = callers.signature(self.SECRET, timestamp, signed)

        answer = self.knock(
            webhook_proof("delivery_report_secret"),
            X_Webhook_Timestamp=timestamp,
            X_Webhook_Signature=signature,
        )

        assert answer.status == status

    @pytest.mark.usefixtures("app")
    @pytest.mark.parametrize("timestamp", ["", "soon", "-1", "٣", "9" * 40])
    def test_refuses_a_timestamp_that_is_none(self, timestamp: str) -> None:
        signature = callers.signature(self.SECRET, timestamp, b"{}")

        answer = self.knock(
            webhook_proof("delivery_report_secret"),
            X_Webhook_Timestamp=timestamp,
            X_Webhook_Signature=signature,
        )

        assert answer.status == 401

    @pytest.mark.usefixtures("app")
    @pytest.mark.parametrize(
        ("code", "status"), [("laptop-only-webhook-secret", 204), ("guess", 401), ("", 401)]
    )
    def test_lets_in_who_knows_the_code(self, code: str, status: int) -> None:
        in_header = self.knock(webhook_code("fhir_webhook_secret"), X_Webhook_Code=code)
        door = http.answers_to(webhook_code("fhir_webhook_secret"))(_done)
        in_query = ask(door, body=b"{}", params={"code": code})

        assert (in_header.status, in_query.status) == (status, status)


class TestCors:
    @pytest.mark.usefixtures("app")
    def test_lets_a_named_origin_read_the_answer(self) -> None:
        answer = ask(find_notes, method="GET", headers={"Origin": "https://portal.example"})

        assert answer.headers["access-control-allow-origin"] == "https://portal.example"
        assert "access-control-allow-credentials" not in answer.headers

    @pytest.mark.usefixtures("app")
    def test_lets_no_other_origin_read_it(self) -> None:
        answer = ask(find_notes, method="GET", headers={"Origin": "https://elsewhere.example"})

        assert "access-control-allow-origin" not in answer.headers
        assert answer.headers["vary"] == "Origin"

    @pytest.mark.usefixtures("app")
    @pytest.mark.parametrize(
        ("origin", "allowed"), [("https://portal.example", True), ("https://elsewhere.example", False)]
    )
    def test_tells_a_browser_beforehand(self, origin: str, *, allowed: bool) -> None:
        asking = http.answers_to(PUBLIC)(http.preflight)

        answer = ask(asking, method="OPTIONS", headers={"Origin": origin})

        assert answer.status == 204
        assert ("access-control-allow-headers" in answer.headers) is allowed


class TestSilence:
    @pytest.mark.parametrize(
        "body",
        [
            {"text": PLANTED},
            {"text": PLANTED, PLANTED: PLANTED},
            {"text": {"nhs": PLANTED}},
            {"copies": PLANTED},
            f'{{"text": "{PLANTED}'.encode(),
        ],
    )
    @pytest.mark.parametrize("raised", [None, ValueError(PLANTED), Refusal(PLANTED), TransientFault(PLANTED)])
    def test_emits_nothing_of_what_was_sent(
        self,
        app: EdgeApplication,
        issuer: Issuer,
        caplog: pytest.LogCaptureFixture,
        body: object,
        raised: Exception | None,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        app.take_note.raises.extend([raised] if raised else [])

        answer = ask(take_note, body=body, token=issuer.token(roles=["care_coordinator"]))

        assert answer.status in (201, 400, 422, 500, 503)
        assert PLANTED not in json.dumps([answer.headers, answer.body.decode()])
        assert PLANTED not in everything_in(caplog.records)

    def test_logs_no_token(
        self, app: EdgeApplication, issuer: Issuer, caplog: pytest.LogCaptureFixture
    ) -> None:
        del app
        caplog.set_level(logging.DEBUG)
        token = issuer.token(roles=["care_coordinator"], exp=NOON - timedelta(hours=1))

        ask(take_note, body=GOOD, token=token)

        assert "edge.token.refused" in everything_in(caplog.records)
        assert token not in everything_in(caplog.records)


def _done(req: func.HttpRequest) -> func.HttpResponse:
    del req
    return http.no_content()
