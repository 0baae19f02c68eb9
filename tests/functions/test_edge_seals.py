"""Doors that open to what only we can have written: a conversation's token, a sealed link."""

import json
from collections.abc import Callable, Generator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import azure.functions as func
import jwt
import pytest

from functions.edge import http
from functions.edge.doors import CONVERSATION_TOKEN, signed_link
from shared.access.ports import SealBroken, SealPurpose
from shared.adapters.jwt_seals import JwtSeals, SigningKey
from shared.kernel.sensitive import Sensitive
from tests.support.issuer import Issuer
from tests.support.product import Product, a_product, bearer

NOW = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
LATER = NOW + timedelta(minutes=30)
TOLD = {"conversation": "c1", "patient": "maria", "user": "dl_1"}


def key(kid: str, purpose: SealPurpose = SealPurpose.CONVERSATION) -> SigningKey:
    return SigningKey(kid, purpose, Sensitive(f"{kid}-{purpose}-is-a-secret-of-some-length"))


OLD, NEW = key("2025"), key("2026")


class TestSeals:
    def test_say_again_what_they_were_told(self) -> None:
        seals = JwtSeals([NEW])

        text = seals.seal(SealPurpose.CONVERSATION, TOLD, expires_at=LATER)

        assert seals.unseal(SealPurpose.CONVERSATION, text, now=NOW) == TOLD

    def test_of_an_older_key_still_open_after_a_rotation(self) -> None:
        text = JwtSeals([OLD]).seal(SealPurpose.CONVERSATION, TOLD, expires_at=LATER)

        assert JwtSeals([NEW, OLD]).unseal(SealPurpose.CONVERSATION, text, now=NOW) == TOLD

    def test_are_made_with_the_newest_key(self) -> None:
        text = JwtSeals([NEW, OLD]).seal(SealPurpose.CONVERSATION, TOLD, expires_at=LATER)

        with pytest.raises(SealBroken):
            JwtSeals([OLD]).unseal(SealPurpose.CONVERSATION, text, now=NOW)

    def test_open_until_they_expire(self) -> None:
        seals = JwtSeals([NEW])
        text = seals.seal(SealPurpose.CONVERSATION, TOLD, expires_at=LATER)

        assert seals.unseal(SealPurpose.CONVERSATION, text, now=LATER - timedelta(seconds=1)) == TOLD
        with pytest.raises(SealBroken):
            seals.unseal(SealPurpose.CONVERSATION, text, now=LATER)

    def test_of_one_purpose_open_nothing_of_another(self) -> None:
        same = Sensitive("one secret that somebody has set for both")
        keys = [SigningKey("k", purpose, same) for purpose in SealPurpose]
        text = JwtSeals(keys).seal(SealPurpose.SURVEY, TOLD, expires_at=LATER)

        with pytest.raises(SealBroken):
            JwtSeals(keys).unseal(SealPurpose.CONVERSATION, text, now=NOW)

    @pytest.mark.parametrize(
        "forged",
        [
            "",
            "x",
            "a.b.c",
            "." * 3000,
            jwt.encode({**TOLD, "aud": "conversation", "exp": 9999999999}, "", algorithm="none"),
            jwt.encode(
                {**TOLD, "aud": "conversation", "exp": 9999999999},
                "a secret that somebody else has made up",
                headers={"kid": "2026"},
            ),
            jwt.encode({**TOLD, "aud": "conversation"}, NEW.secret.value, headers={"kid": "2026"}),
            jwt.encode(
                {"conversation": 7, "aud": "conversation", "exp": 9999999999},
                NEW.secret.value,
                headers={"kid": "2026"},
            ),
        ],
    )
    def test_that_are_forged_open_nothing(self, forged: str) -> None:
        with pytest.raises(SealBroken):
            JwtSeals([NEW]).unseal(SealPurpose.CONVERSATION, forged, now=NOW)


@pytest.fixture
def product(tmp_path: Path, issuer: Issuer) -> Generator[Product]:
    with a_product(tmp_path, issuer) as one:
        yield one


def shown(req: func.HttpRequest) -> func.HttpResponse:
    who = http.caller(req)
    return func.HttpResponse(json.dumps(repr(who)), mimetype="application/json")


def knock(
    function: Callable[..., func.HttpResponse], headers: Mapping[str, str], **path: str
) -> func.HttpResponse:
    req = func.HttpRequest("GET", "/x", headers=dict(headers), route_params=path, body=b"")
    return function(req=req)


class TestConversationToken:
    def test_says_which_conversation_and_whose(self, product: Product) -> None:
        answer = knock(
            http.answers_to(CONVERSATION_TOKEN)(shown), bearer(product.chat_token("c7", patient_id="ada"))
        )

        assert "conversation_id='c7', patient_id='ada'" in answer.get_body().decode()

    def test_of_a_visitor_names_no_patient(self, product: Product) -> None:
        answer = knock(http.answers_to(CONVERSATION_TOKEN)(shown), bearer(product.chat_token("c7")))

        assert "patient_id=None" in answer.get_body().decode()

    def test_is_no_token_of_staff_or_patients(self, product: Product) -> None:
        function = http.answers_to(CONVERSATION_TOKEN)(shown)

        assert knock(function, bearer(product.staff("operator"))).status_code == 403
        assert knock(function, bearer(product.patient("maria"))).status_code == 403

    @pytest.mark.usefixtures("product")
    def test_is_missed_when_there_is_none(self) -> None:
        answer = knock(http.answers_to(CONVERSATION_TOKEN)(shown), {})

        assert answer.status_code == 401


class TestSignedLink:
    def test_opens_for_its_purpose(self, product: Product) -> None:
        link = product.app.seals.seal(
            SealPurpose.SURVEY, {"s": "csat"}, expires_at=product.clock.now() + timedelta(days=30)
        )

        answer = knock(http.answers_to(signed_link("survey"), page=True)(shown), {}, link=link)

        assert (answer.status_code, "csat" in answer.get_body().decode()) == (200, True)

    def test_that_is_not_good_is_told_on_a_page(self, product: Product) -> None:
        link = product.chat_token("c7")

        answer = knock(http.answers_to(signed_link("survey"), page=True)(shown), {}, link=link)

        assert (answer.status_code, answer.mimetype) == (403, "text/html")
        assert "not valid" in answer.get_body().decode()
        assert "script" not in answer.get_body().decode()
