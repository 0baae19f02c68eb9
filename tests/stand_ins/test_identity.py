"""The stand-in for a managed identity's endpoint, asked by the real credential."""

from collections.abc import Generator
from datetime import timedelta
from pathlib import Path

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ManagedIdentityCredential
from cryptography.hazmat.primitives.asymmetric import rsa

from local.beside import DidNotStart
from shared.kernel.clock import StoppedClock, SystemClock
from tests.stand_ins.identity import CLIENT_ID, PRINCIPAL_ID, Identity, NotAccepted, Tokens, an_identity
from tests.stand_ins.process import a_stand_in

COSMOS = "https://cosmos.azure.com"
SERVICE_BUS = "https://servicebus.azure.net/"


@pytest.fixture
def identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Identity]:
    with an_identity(tmp_path) as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        yield made


def a_token(resource: str, *, client_id: str = CLIENT_ID) -> str:
    with ManagedIdentityCredential(client_id=client_id, retry_total=0) as credential:
        return credential.get_token(f"{resource}/.default").token


class TestAManagedIdentity:
    def test_gets_a_token_for_the_resource_it_names(self, identity: Identity, tmp_path: Path) -> None:
        claims = Tokens(tmp_path).verify(a_token(SERVICE_BUS), SERVICE_BUS)

        assert (claims["oid"], claims["appid"], claims["aud"]) == (PRINCIPAL_ID, CLIENT_ID, SERVICE_BUS)
        assert identity.asked == [SERVICE_BUS]

    def test_is_told_how_long_the_token_lasts(self, identity: Identity) -> None:
        identity.lifetime = timedelta(minutes=10)

        with ManagedIdentityCredential(client_id=CLIENT_ID) as credential:
            ends = credential.get_token(f"{COSMOS}/.default").expires_on

        assert 0 < ends - SystemClock().real().timestamp() <= 600

    def test_gets_none_without_the_secret(self, identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("IDENTITY_HEADER", f"not-{identity.secret}")

        with pytest.raises(ClientAuthenticationError, match="401"):
            a_token(COSMOS)

    def test_gets_none_for_an_identity_that_is_not_assigned(self, identity: Identity) -> None:
        with pytest.raises(ClientAuthenticationError, match="400"):
            a_token(COSMOS, client_id=PRINCIPAL_ID)

        assert identity.asked == [COSMOS]

    def test_gets_none_while_the_provider_refuses(self, identity: Identity) -> None:
        identity.refuses = True

        with pytest.raises(ClientAuthenticationError, match="500"):
            a_token(COSMOS)

    def test_waits_for_a_slow_provider(self, identity: Identity, tmp_path: Path) -> None:
        identity.slow_by = timedelta(seconds=0.2)
        began = SystemClock().real()

        Tokens(tmp_path).verify(a_token(COSMOS), COSMOS)

        assert SystemClock().real() - began >= identity.slow_by


class TestTokens:
    def test_refuse_another_audience(self, identity: Identity, tmp_path: Path) -> None:
        with pytest.raises(NotAccepted):
            Tokens(tmp_path).verify(identity.token(SERVICE_BUS), COSMOS)

    def test_refuse_what_is_over(self, identity: Identity, tmp_path: Path) -> None:
        over = identity.token(COSMOS, exp=SystemClock().real() - timedelta(seconds=1))

        with pytest.raises(NotAccepted, match="Expired"):
            Tokens(tmp_path).verify(over, COSMOS)

    def test_end_even_if_they_were_good_before(self, identity: Identity, tmp_path: Path) -> None:
        clock = StoppedClock(SystemClock().real())
        tokens = Tokens(tmp_path, clock)
        short = identity.token(COSMOS, exp=clock.real() + timedelta(seconds=30))
        tokens.verify(short, COSMOS)

        clock.pass_by(timedelta(seconds=31))

        with pytest.raises(NotAccepted, match="Expired"):
            tokens.verify(short, COSMOS)

    def test_refuse_a_foreign_signature(self, identity: Identity, tmp_path: Path) -> None:
        claims = jwt.decode(identity.token(COSMOS), options={"verify_signature": False})
        forged = jwt.encode(claims, rsa.generate_private_key(65537, 2048), algorithm="RS256")

        with pytest.raises(NotAccepted, match="Signature"):
            Tokens(tmp_path).verify(forged, COSMOS)

    @pytest.mark.parametrize("claim", ["oid", "exp", "aud", "iss"])
    def test_refuse_a_missing_claim(self, identity: Identity, tmp_path: Path, claim: str) -> None:
        with pytest.raises(NotAccepted):
            Tokens(tmp_path).verify(identity.token(COSMOS, **{claim: None}), COSMOS)


class TestItsProcess:
    def test_gives_tokens_that_the_folder_can_check(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with a_stand_in("tests.stand_ins.identity", tmp_path) as running:
            for name, value in running.addresses["environment"].items():
                monkeypatch.setenv(name, value)
            token = a_token(COSMOS)
            running.tell("knobs", refuses=True)
            with pytest.raises(ClientAuthenticationError):
                a_token(COSMOS)

        assert Tokens(tmp_path).verify(token, COSMOS)["oid"] == PRINCIPAL_ID

    def test_is_told_of_when_it_does_not_start(self, tmp_path: Path) -> None:
        with (
            pytest.raises(DidNotStart, match="unrecognized arguments"),
            a_stand_in("tests.stand_ins.identity", tmp_path, "--no-such-option"),
        ):
            pass
