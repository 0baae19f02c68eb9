"""Which tokens are believed, and which are not."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any

import jwt
import pytest

from functions.edge.signing_keys import ASKED_AGAIN_AFTER, KEPT_FOR, SigningKeys, fetched, usable_keys
from functions.edge.tokens import LEEWAY, NotSignedIn, Why, verified
from shared.kernel.refusals import TransientFault
from tests.support.issuer import NOON, Issuer, an_issuer, ec_key, jwk_of, rsa_key


@pytest.fixture(scope="module")
def issuer() -> Generator[Issuer]:
    with an_issuer() as one:
        yield one


def believed(token: str, issuer: Issuer, *, now: datetime = NOON) -> Mapping[str, Any]:
    _, claims = verified(token, issuer.settings(), SigningKeys(fetched), now=now)
    return claims


def why_not(token: str, issuer: Issuer, *, now: datetime = NOON) -> Why:
    with pytest.raises(NotSignedIn) as refused:
        believed(token, issuer, now=now)
    return refused.value.why


def spelt(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part, default=str).encode()).rstrip(b"=").decode()


class TestVerified:
    @pytest.mark.parametrize(
        ("key", "alg"), [("first", "RS256"), ("first", "PS256"), ("first", "RS512"), ("curved", "ES256")]
    )
    def test_believes_what_an_issuer_has_signed(self, issuer: Issuer, key: str, alg: str) -> None:
        assert believed(issuer.token(key=key, alg=alg), issuer)["sub"] == "ada"

    @pytest.mark.parametrize(
        "token", ["", "x", "a.b.c", "....", "é.é.é", "eyJhbGciOiJSUzI1NiJ9.e30", "[" * 9000, "a" * 20000]
    )
    def test_refuses_what_is_no_token(self, issuer: Issuer, token: str) -> None:
        assert why_not(token, issuer) in (Why.MALFORMED, Why.TOO_LONG)

    def test_refuses_a_header_too_deep_to_read(self, issuer: Issuer) -> None:
        deep = base64.urlsafe_b64encode(b'{"a":' * 1800).decode()

        assert why_not(f"{deep}.e30.x", issuer) is Why.MALFORMED

    @pytest.mark.parametrize(
        ("changed", "why"),
        [
            ({"exp": NOON - LEEWAY}, Why.EXPIRED),
            ({"nbf": NOON + LEEWAY + timedelta(seconds=1)}, Why.NOT_VALID_YET),
            ({"iss": "https://elsewhere.example"}, Why.UNKNOWN_ISSUER),
            ({"aud": "another-app"}, Why.NOT_FOR_US),
            ({"aud": None}, Why.CLAIM_MISSING),
            ({"exp": None}, Why.CLAIM_MISSING),
            ({"nbf": None}, Why.CLAIM_MISSING),
            ({"sub": None}, Why.CLAIM_MISSING),
            ({"iss": None}, Why.UNKNOWN_ISSUER),
            ({"exp": "tomorrow"}, Why.MALFORMED),
            ({"exp": True}, Why.MALFORMED),
            ({"sub": ""}, Why.MALFORMED),
        ],
    )
    def test_refuses_claims_that_are_not_right(
        self, issuer: Issuer, changed: dict[str, Any], why: Why
    ) -> None:
        assert why_not(issuer.token(**changed), issuer) is why

    def test_allows_for_clocks_that_differ_a_little(self, issuer: Issuer) -> None:
        token = issuer.token(exp=NOON, nbf=NOON - timedelta(hours=1))

        assert believed(token, issuer, now=NOON + LEEWAY - timedelta(seconds=1))["sub"] == "ada"

    def test_refuses_a_token_that_nobody_signed(self, issuer: Issuer) -> None:
        token = jwt.encode(issuer.claims(), "", algorithm="none", headers={"kid": "first"})

        assert why_not(token, issuer) is Why.NOT_SIGNED_SO

    def test_refuses_a_public_key_used_as_a_secret(self, issuer: Issuer) -> None:
        """Alg confusion: an HMAC made with what everyone can read (RFC 8725 §2.1)."""
        claims = {
            name: c.timestamp() if isinstance(c, datetime) else c for name, c in issuer.claims().items()
        }
        signed = f"{spelt({'alg': 'HS256', 'typ': 'JWT', 'kid': 'first'})}.{spelt(claims)}"
        digest = hmac.new(issuer.public_pem(), signed.encode(), hashlib.sha256).digest()
        token = f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"

        assert why_not(token, issuer) is Why.NOT_SIGNED_SO

    def test_refuses_another_key_under_a_known_name(self, issuer: Issuer) -> None:
        token = jwt.encode(issuer.claims(), rsa_key("thief"), algorithm="RS256", headers={"kid": "first"})

        assert why_not(token, issuer) is Why.NOT_SIGNED_SO

    def test_refuses_a_key_it_cannot_find(self, issuer: Issuer) -> None:
        token = jwt.encode(issuer.claims(), rsa_key("first"), algorithm="RS256", headers={"kid": "unheard"})

        assert why_not(token, issuer) is Why.UNKNOWN_KEY

    def test_refuses_a_token_that_names_no_key(self, issuer: Issuer) -> None:
        token = jwt.encode(issuer.claims(), rsa_key("first"), algorithm="RS256")

        assert why_not(token, issuer) is Why.MALFORMED

    def test_refuses_a_token_changed_on_the_way(self, issuer: Issuer) -> None:
        header, _, signature = issuer.token(roles=["data_viewer"]).split(".")
        _, payload, _ = issuer.token(roles=["operator"]).split(".")

        assert why_not(f"{header}.{payload}.{signature}", issuer) is Why.NOT_SIGNED_SO


class TestSigningKeys:
    def test_asks_once_and_remembers(self, issuer: Issuer) -> None:
        keys, before = SigningKeys(fetched), issuer.asked

        found = [keys.find(f"{issuer.url}/jwks", "first", now=NOON) for _ in range(3)]

        assert None not in found
        assert issuer.asked == before + 1

    def test_asks_again_for_a_key_it_has_not_seen_but_not_at_once(self) -> None:
        asked: list[str] = []
        keys = SigningKeys(lambda uri: asked.append(uri) or {"keys": []})
        times = [NOON, NOON + timedelta(seconds=1), NOON + ASKED_AGAIN_AFTER]

        found = [keys.find("https://issuer.example", "new", now=now) for now in times]

        assert (found, len(asked)) == ([None, None, None], 2)

    def test_finds_a_key_that_came_with_rotation(self) -> None:
        published: list[dict[str, Any]] = []
        keys = SigningKeys(lambda _: {"keys": published})
        before = keys.find("https://issuer.example", "new", now=NOON)
        published.append(jwk_of("new", ec_key()))

        after = keys.find("https://issuer.example", "new", now=NOON + ASKED_AGAIN_AFTER)

        assert before is None
        assert after is not None
        assert after.algorithms == ("ES256",)

    def test_forgets_a_key_that_was_withdrawn(self) -> None:
        published = [jwk_of("old", ec_key())]
        keys = SigningKeys(lambda _: {"keys": published})
        keys.find("https://issuer.example", "old", now=NOON)
        published.clear()

        assert keys.find("https://issuer.example", "old", now=NOON + KEPT_FOR) is None

    def test_goes_on_with_known_keys_while_the_issuer_is_away(self) -> None:
        answers: list[Any] = [{"keys": [jwk_of("old", ec_key())]}, TransientFault()]
        keys = SigningKeys(lambda _: _answering(answers))
        keys.find("https://issuer.example", "old", now=NOON)

        assert keys.find("https://issuer.example", "old", now=NOON + KEPT_FOR) is not None
        assert answers == []

    def test_serves_what_it_knows_while_one_thread_asks(self) -> None:
        slow = SlowIssuer({"keys": [jwk_of("old", ec_key())]})
        keys = SigningKeys(slow.fetch)
        slow.answers.set()
        keys.find("https://slow.example", "old", now=NOON)
        slow.answers.clear()

        with slow.being_asked(lambda: keys.find("https://slow.example", "old", now=NOON + KEPT_FOR)):
            meanwhile = keys.find("https://slow.example", "old", now=NOON + KEPT_FOR)

        assert meanwhile is not None

    def test_lets_no_issuer_hold_up_another(self) -> None:
        slow = SlowIssuer({"keys": []})
        quick = {"keys": [jwk_of("quick", ec_key())]}
        keys = SigningKeys(lambda uri: slow.fetch(uri) if "slow" in uri else quick)

        with slow.being_asked(lambda: keys.find("https://slow.example", "old", now=NOON)):
            meanwhile = keys.find("https://quick.example", "quick", now=NOON)

        assert meanwhile is not None

    def test_asks_once_for_all_who_wait_for_a_new_key(self) -> None:
        slow = SlowIssuer({"keys": [jwk_of("new", ec_key())]})
        keys = SigningKeys(slow.fetch)
        found: list[object] = []
        second = Thread(target=lambda: found.append(keys.find("https://slow.example", "new", now=NOON)))

        with slow.being_asked(lambda: keys.find("https://slow.example", "new", now=NOON)):
            second.start()
        second.join(10)

        assert (len(found), None in found, slow.asked) == (1, False, 1)

    def test_says_that_an_issuer_cannot_be_asked(self) -> None:
        keys = SigningKeys(fetched)

        with pytest.raises(TransientFault):
            keys.find("http://127.0.0.1:9/jwks", "first", now=NOON)

    @pytest.mark.parametrize(
        "jwks",
        [
            {},
            {"keys": "none"},
            {"keys": ["x", {"kid": "a"}, {"kid": "a", "kty": "oct", "k": "AAAA"}]},
            {"keys": [{"kid": "a", "kty": "RSA", "n": "x", "e": "AQAB"}]},
            {"keys": [jwk_of("a", ec_key()) | {"use": "enc"}]},
            {"keys": [jwk_of("a", ec_key()) | {"alg": "HS256"}]},
        ],
    )
    def test_passes_over_keys_that_do_not_sign(self, jwks: dict[str, Any]) -> None:
        assert usable_keys(jwks) == {}


class SlowIssuer:
    """An issuer that answers when it is told to."""

    def __init__(self, jwks: dict[str, Any]) -> None:
        self.answers = Event()
        self.asked = 0
        self._jwks = jwks
        self._begun = Event()
        self._kept_waiting = False

    def fetch(self, _: str) -> dict[str, Any]:
        self.asked += 1
        self._begun.set()
        self._kept_waiting = not self.answers.wait(10)
        return self._jwks

    @contextmanager
    def being_asked(self, ask: Callable[[], object]) -> Generator[None]:
        """Have another thread ask, and answer it only after what is done inside."""
        self._begun.clear()
        asking = Thread(target=ask)
        asking.start()
        assert self._begun.wait(10)
        yield
        self.answers.set()
        asking.join(10)
        assert not self._kept_waiting, "what was done inside waited for the issuer"


def _answering(answers: list[Any]) -> Any:
    answer = answers.pop(0)
    if isinstance(answer, Exception):
        raise answer
    return answer
