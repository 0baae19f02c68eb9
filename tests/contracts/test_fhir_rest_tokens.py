"""Who we are to a FHIR server: tokens by Azure's own library, of a stand-in of Entra (fhir.md §2.7)."""

import json
from collections.abc import Generator
from pathlib import Path

import pytest

from shared.adapters.fhir_rest_answers import NotLetIn
from shared.adapters.fhir_rest_tokens import NoTokenGiven, Tokens
from shared.kernel.clock import SystemClock
from shared.kernel.refusals import TransientFault
from shared.wiring.composition import build
from shared.wiring.fhir_place import tokens_of
from shared.wiring.settings import Settings
from tests.stand_ins.entra import Entra, a_clients_certificate, an_entra
from tests.stand_ins.identity import Tokens as Verified
from tests.stand_ins.identity import an_identity
from tests.support.fhir_people import a_patient
from tests.support.rest_record import Waits, a_rest_record
from tests.support.scripted_server import a_server_of_parts, http_answer
from tests.support.tree import ROOT

EXAMPLE: dict[str, str] = json.loads((ROOT / "local.settings.example.json").read_text())["Values"]
HOSPITAL = "https://hospital-fhir.fhir.azurehealthcareapis.com"
WRONG, MADE_UP = "another secret", "made.up"
CLIENT = {"RECORD": "fhir", "FHIR_BASE_URL": HOSPITAL, "FHIR_AUTH": "client_credentials"}


def settings(**said: str) -> Settings:
    return Settings.read_from(EXAMPLE | said)


@pytest.fixture
def entra(tmp_path: Path) -> Generator[Entra]:
    with an_entra(tmp_path / "entra") as one:
        yield one


def of_client(entra: Entra, **said: str) -> Settings:
    return settings(
        **CLIENT,
        FHIR_AUTHORITY=entra.url,
        FHIR_TENANT_ID=entra.tenant,
        FHIR_CLIENT_ID=entra.client_id,
        TRUSTED_CA_FILE=str(entra.ca),
        **said,
    )


def with_secret(entra: Entra) -> Tokens:
    return tokens_of(of_client(entra, FHIR_CLIENT_SECRET=entra.secret), SystemClock())


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class TestAClient:
    def test_is_known_by_its_secret_and_asks_for_the_server(self, entra: Entra) -> None:
        assert with_secret(entra).headers() == bearer("token-1")
        assert entra.given == [f"{HOSPITAL}/.default"]

    def test_is_known_by_its_certificate(self, entra: Entra, tmp_path: Path) -> None:
        certificate = str(a_clients_certificate(tmp_path))

        tokens = tokens_of(of_client(entra, FHIR_CLIENT_CERTIFICATE=certificate), SystemClock())

        assert tokens.headers() == bearer("token-1")

    def test_may_ask_for_another_audience(self, entra: Entra) -> None:
        said = of_client(entra, FHIR_CLIENT_SECRET=entra.secret, FHIR_AUDIENCE="https://audience.example/")

        tokens_of(said, SystemClock()).headers()

        assert entra.given == ["https://audience.example/.default"]

    def test_that_is_not_known_is_told_so_without_its_secret(
        self, entra: Entra, caplog: pytest.LogCaptureFixture
    ) -> None:
        wrong = of_client(entra, FHIR_CLIENT_SECRET=WRONG)

        with pytest.raises(NoTokenGiven) as fault:
            tokens_of(wrong, SystemClock()).headers()

        assert WRONG not in f"{fault.value!r} {caplog.text}"


class TestATokenOfEntra:
    def test_is_used_again_and_again(self, entra: Entra) -> None:
        tokens = with_secret(entra)

        assert [tokens.headers() for _ in range(3)] == [bearer("token-1")] * 3
        assert len(entra.given) == 1

    def test_is_not_used_in_its_last_five_minutes(self, entra: Entra) -> None:
        entra.lasts = 250
        tokens = with_secret(entra)

        assert [tokens.headers(), tokens.headers()] == [bearer("token-1"), bearer("token-2")]

    def test_that_is_not_believed_is_got_anew_once(self, entra: Entra) -> None:
        no = http_answer("401 Unauthorized")
        yes = http_answer("200 OK", json.dumps(a_patient()).encode(), b"content-type: application/fhir+json")
        with a_server_of_parts(no, yes) as server:
            record = a_rest_record(server.base_url, SystemClock(), Waits(), tokens=with_secret(entra))

            read = record.read("Patient", "maria")

            record.close()
        assert read["id"] == "maria"
        assert [b"token-1" in server.heard[0], b"token-2" in server.heard[1]] == [True, True]

    def test_that_another_thread_got_anew_is_not_got_again(self, entra: Entra) -> None:
        tokens = with_secret(entra)
        first = tokens.headers()
        second = tokens.headers(instead_of=first)

        assert tokens.headers(instead_of=first) == second == bearer("token-2")

    def test_that_nobody_gives_is_asked_for_again(self, entra: Entra) -> None:
        tokens = with_secret(entra)
        entra.refuses = True
        with pytest.raises(TransientFault):
            tokens.headers()

        entra.refuses = False

        assert tokens.headers() == bearer("token-1")


class TestAManagedIdentity:
    def test_gets_a_token_for_the_server(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with an_identity(tmp_path) as identity:
            for name, value in identity.environment.items():
                monkeypatch.setenv(name, value)
            said = settings(RECORD="fhir", FHIR_BASE_URL=HOSPITAL, FHIR_AUTH="managed_identity")

            token = tokens_of(said, SystemClock()).headers()["Authorization"].removeprefix("Bearer ")

            assert Verified(tmp_path).verify(token, HOSPITAL)["aud"].rstrip("/") == HOSPITAL
            assert len(identity.asked) == 1


class TestAFixedToken:
    def test_is_said_as_it_is(self) -> None:
        said = settings(RECORD="fhir", FHIR_BASE_URL=HOSPITAL, FHIR_AUTH="token", FHIR_TOKEN=MADE_UP)

        assert tokens_of(said, SystemClock()).headers() == bearer(MADE_UP)

    def test_that_is_not_believed_stays_refused(self) -> None:
        no = http_answer("401 Unauthorized")
        with a_server_of_parts(no, no) as server:
            said = settings(
                RECORD="fhir", FHIR_BASE_URL=server.base_url, FHIR_AUTH="token", FHIR_TOKEN=MADE_UP
            )
            house = build(said)

            with pytest.raises(NotLetIn):
                house.record.read("Patient", "maria")

            house.close()
