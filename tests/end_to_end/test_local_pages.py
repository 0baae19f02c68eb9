"""The pages of the local host, in its own process, with the real app: they show, and their forms work."""

import re
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.own_host import OwnHost, own_host
from shared.adapters.local_messages import LocalMessages
from shared.adapters.sqlite import SqliteFile
from shared.adapters.sqlite_queues import SqliteQueues
from shared.kernel.clock import SystemClock
from shared.kernel.identity import PatientId
from shared.kernel.queues import OutgoingMessage
from shared.kernel.sensitive import Sensitive
from shared.messaging.model import Channel, Purpose, Rendered
from shared.messaging.ports import Outgoing
from shared.wiring.queues import SESSION_QUEUES
from tests.support.page import Page

PAGES = ("", "/sign-in", "/messages", "/queues", "/parked", "/time", "/functions")
ADA = {
    "resourceType": "Patient",
    "id": "ada",
    "active": True,
    "name": [{"family": "O'Neill", "given": ["Ada"]}],
    "birthDate": "1960-02-29",
}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Generator[OwnHost]:
    """Have one host of the real app for all tests of this module."""
    with own_host(tmp_path_factory.mktemp("pages")) as running:
        yield running


def page(host: OwnHost, path: str) -> Page:
    answer = host.http.get(f"/local{path}")
    assert answer.status_code == 200
    return Page(answer.text)


def submit(host: OwnHost, path: str, fields: dict[str, Any], **asked: Any) -> httpx.Response:
    """Send a form as the page at `path` would."""
    (token, *_) = re.findall(r'name="token" value="([^"]+)"', host.http.get("/local/time").text)
    return host.http.post(f"/local{path}", data={"token": token, **fields}, **asked)


class TestEveryPage:
    @pytest.mark.parametrize("path", PAGES)
    def test_is_built_for_everybody(self, host: OwnHost, path: str) -> None:
        shown = page(host, path)

        assert shown.attributes("html")["lang"] == "en-GB"
        assert [shown.count(tag) for tag in ("header", "nav", "main", "footer", "h1")] == [1, 1, 1, 1, 1]
        assert "width=device-width" in str(shown.text)
        assert shown.unlabelled == []
        assert shown.count("script") == 0

    @pytest.mark.parametrize("path", PAGES)
    def test_may_load_and_run_nothing(self, host: OwnHost, path: str) -> None:
        policy = host.http.get(f"/local{path}").headers["content-security-policy"]

        assert "default-src 'none'" in policy
        assert "script-src" not in policy


def bearer(host: OwnHost, asked: dict[str, Any]) -> dict[str, str]:
    """Sign somebody in as a program does."""
    answer = host.http.post("/local/oidc/token", json=asked).raise_for_status()
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


class TestForms:
    @pytest.mark.parametrize(
        "headers", [{"Origin": "https://evil.example"}, {"Referer": "https://evil.example/x"}]
    )
    def test_of_other_origins_are_refused(self, host: OwnHost, headers: dict[str, str]) -> None:
        assert submit(host, "/time", {"hours": "1"}, headers=headers).status_code == 403

    def test_without_the_token_are_refused(self, host: OwnHost) -> None:
        answer = submit(host, "/time", {"hours": "1", "token": "guessed"})

        assert answer.status_code == 403
        assert answer.headers["content-type"] == "application/problem+json"

    def test_programs_of_other_origins_get_no_token(self, host: OwnHost) -> None:
        answer = host.http.post(
            "/local/oidc/token",
            json={"who": "patient", "patient_id": "ada"},
            headers={"Origin": "https://evil.example"},
        )

        assert answer.status_code == 403


class TestSignIn:
    def test_as_staff_gives_a_token_that_opens_the_api(self, host: OwnHost) -> None:
        answer = submit(host, "/sign-in", {"who": "staff", "subject": "nurse-joy", "roles": ["operator"]})
        signed_in = page(host, "/sign-in")

        assert answer.status_code == 303
        assert "You are nurse-joy" in signed_in.text
        (token,) = re.findall(r"readonly[^>]*>([^<]+)</textarea>", signed_in.text)
        opened = host.http.get("/api/parked", headers={"Authorization": f"Bearer {token}"})
        assert opened.status_code == 200

    def test_finds_patients_by_name_and_lets_one_be_them(self, host: OwnHost) -> None:
        host.http.put("/fhir/Patient/ada", json=ADA).raise_for_status()

        found = page(host, "/sign-in?name=neil")
        submit(host, "/sign-in", {"who": "patient", "patient_id": "ada"})

        assert "Ada O&#39;Neill" in found.text
        assert "You are patient-ada" in page(host, "/sign-in").text

    def test_as_a_login_of_no_record_lets_an_invitation_be_redeemed(self, host: OwnHost) -> None:
        host.http.put("/fhir/Patient/ada", json=ADA | {"birthDate": "1975-12-10"}).raise_for_status()
        nurse = bearer(host, {"who": "staff", "subject": "nurse-joy", "roles": ["care_coordinator"]})
        phone = bearer(host, {"who": "login", "login": "adas-phone"})
        path = "/api/patients/ada/invitations"
        asked = nurse | {"X-Reason": "she asks for it at the desk"}
        made = host.http.post(path, json={"asks_birth_date": True}, headers=asked).raise_for_status()
        before = host.http.get("/api/me/messages", headers=phone)

        typed = {"code": made.json()["code"], "birth_date": "1975-12-10"}
        redeemed = host.http.post("/api/me/invitations/redeem", json=typed, headers=phone)

        after = host.http.get("/api/me/messages", headers=phone)
        assert (before.status_code, redeemed.status_code, after.status_code) == (403, 200, 200)

    @pytest.mark.parametrize(
        "asked",
        [
            {},
            {"who": "login"},
            {"who": "admin"},
            {"who": "staff"},
            {"who": "staff", "subject": "x", "roles": "operator"},
        ],
    )
    def test_refuses_programs_that_do_not_say_who(self, host: OwnHost, asked: dict[str, Any]) -> None:
        assert host.http.post("/local/oidc/token", json=asked).status_code == 400

    def test_is_described_as_openid_connect_has_it(self, host: OwnHost) -> None:
        described = host.http.get("/local/oidc/staff/.well-known/openid-configuration").json()
        keys = httpx.get(described["jwks_uri"], trust_env=False).json()["keys"]

        assert described["issuer"] == f"{host.url}/local/oidc/staff"
        assert [key["alg"] for key in keys] == ["RS256"]
        assert "d" not in keys[0]

    def test_keeps_its_key_from_others(self, host: OwnHost) -> None:
        assert (host.folder / "keys" / "signing.pem").stat().st_mode & 0o777 == 0o600


class TestTimeTravel:
    def test_moves_on_and_comes_home(self, host: OwnHost) -> None:
        answer = submit(host, "/time", {"days": "2", "hours": "3"})
        away = page(host, "/time?notice=moved").text
        submit(host, "/time", {"home": "yes"})

        assert answer.status_code == 303
        assert "Business time has been moved" in away
        assert "2 days" in away
        assert "none: business time is machine time" in page(host, "/time").text


class TestFunctions:
    def test_are_all_listed_and_timers_can_be_ticked(self, host: OwnHost) -> None:
        listed = page(host, "/functions").text
        answer = submit(host, "/functions/tick", {"function": "relay_left_behind"})

        assert "take_in_changes" in listed
        assert "GET /api/health/ready" in listed
        assert answer.status_code == 303


class TestSentMessages:
    def test_are_shown_as_people_would_see_them(self, host: OwnHost) -> None:
        html = "<p>Dear Ada</p><script>alert(1)</script>"
        outbox = LocalMessages(host.folder / "messages.db")
        outbox.send(_outgoing("1", Channel.SMS, "+447700900123", Rendered("en", "Your <results> are in")))
        outbox.send(
            _outgoing("2", Channel.EMAIL, "ada@example.org", Rendered("en", "Dear Ada", "News", html))
        )
        outbox.close()

        shown = page(host, "/messages")

        assert "+447700900123" in shown.text
        assert "Your &lt;results&gt; are in" in shown.text
        assert shown.attributes("iframe")["sandbox"] in {None, ""}
        assert shown.attributes("iframe")["srcdoc"] == html
        assert shown.count("script") == 0


class TestParked:
    def test_are_listed_explained_and_discarded(self, host: OwnHost) -> None:
        _send_nonsense(host.folder)
        host.until_idle()

        listed = page(host, "/parked")
        (address,) = set(re.findall(r'href="/local(/parked/[^"]+)"', listed.text))
        explained = page(host, address)
        (parked_id, *_) = re.findall(r'name="parked_id" value="([^"]+)"', listed.text)
        answer = submit(host, "/parked", {"parked_id": parked_id, "decision": "discard", "why": "a test"})
        host.until_idle()

        assert "Nonsense" in explained.text
        assert answer.status_code == 303
        assert "<dd>discarded</dd>" in page(host, "/parked").text
        assert "9434765919" not in explained.text

    def test_a_decision_that_is_none_is_refused(self, host: OwnHost) -> None:
        assert submit(host, "/parked", {"parked_id": "x", "decision": "burn"}).status_code == 400

    def test_a_message_that_is_not_there_is_not_found(self, host: OwnHost) -> None:
        assert host.http.get("/local/parked/none").status_code == 404


def _outgoing(name: str, channel: Channel, to: str, rendered: Rendered) -> Outgoing:
    return Outgoing(
        request_id=f"{channel.value}~{'0' * 40}~{name}",
        channel=channel,
        to=Sensitive(to),
        rendered=Sensitive(rendered),
        purpose=Purpose.TRANSACTIONAL,
        patient_id=PatientId("ada"),
        because="a test",
    )


def _send_nonsense(folder: Path) -> None:
    """Put a message into a queue of the running host that no function can read."""
    file = SqliteFile(folder / "store.db")
    queues = SqliteQueues(file, clock=SystemClock(), session_queues=SESSION_QUEUES)
    queues.send(
        "deliveries",
        [OutgoingMessage("bad", b'{"number": "9434765919"}', properties={"type": "DeliverMessage"})],
    )
    file.close()
