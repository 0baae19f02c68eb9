"""Every route of the product, and everybody who might knock at it (D13)."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from shared.access.model import Role
from shared.access.ports import SealPurpose
from shared.adapters.jwt_seals import JwtSeals, SigningKey
from shared.consent.confirmations import Confirmation
from shared.consent.copies.links import CopyLink
from shared.consent.links import PreferenceLink
from shared.consent.model import Purpose
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from tests.support.product import Product, bearer
from tests.support.product_routes import Route, route_named, routes

ROLES = [role.value for role in Role]
SAY_ENOUGH_BY_COMING = {"hear_hook"}
"""Web hooks whose caller need bring nothing."""
BY_TOKEN = ("roles", "signed in", "patient", "patient login")


def behind(*kinds: str) -> list[Any]:
    """Give the routes behind some kinds of door."""
    return [pytest.param(route, id=route.name) for route in routes() if route.door.kind in kinds]


def spelt(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part, default=_seconds).encode()).rstrip(b"=").decode()


def _seconds(instant: Any) -> int:
    return int(instant.timestamp())


def signed_with_what_is_public(product: Product) -> str:
    """Sign as if the issuer's public key were a secret that only it and we know (RFC 8725 §2.1)."""
    body = f"{spelt({'alg': 'HS256', 'typ': 'JWT', 'kid': 'first'})}.{spelt(product.issuer.claims())}"
    digest = hmac.new(product.issuer.public_pem(), body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def not_signed_at_all(product: Product) -> str:
    return f"{spelt({'alg': 'none', 'kid': 'first'})}.{spelt(product.issuer.claims(roles=ROLES))}."


def signed_for_another(product: Product) -> str:
    """Take a good token and claim more than it was signed for."""
    header, _, signature = product.staff().split(".")
    return f"{header}.{spelt(product.issuer.claims(roles=ROLES))}.{signature}"


BAD_TOKENS: Mapping[str, Callable[[Product], str]] = {
    "no token": lambda _: "",
    "malformed": lambda _: "not.a.token",
    "expired": lambda product: product.staff(
        *ROLES, nbf=product.clock.real() - timedelta(hours=2), exp=product.clock.real() - timedelta(hours=1)
    ),
    "not valid yet": lambda product: product.staff(*ROLES, nbf=product.clock.real() + timedelta(minutes=5)),
    "wrong issuer": lambda product: product.staff(*ROLES, iss="https://elsewhere.example"),
    "wrong audience": lambda product: product.staff(*ROLES, aud="another-app"),
    "unsigned": not_signed_at_all,
    "signed with the public key": signed_with_what_is_public,
    "signed for another": signed_for_another,
}


@pytest.fixture(scope="module")
def product(standing: Product) -> Product:
    return standing


@pytest.fixture(scope="module")
def bad_tokens(product: Product) -> Mapping[str, str]:
    return {name: made(product) for name, made in BAD_TOKENS.items()}


@pytest.fixture(scope="module")
def token_of(product: Product) -> Mapping[str, str]:
    """Somebody for each role, and that role alone."""
    return {role: product.staff(role, sub=f"the {role}") for role in ROLES}


def in_hand(route: Route) -> bytes:
    return b"{}" if route.takes_body else b""


def knock(product: Product, route: Route, headers: Mapping[str, str], **known: str) -> int:
    """Ask with nothing in hand but what opens the door, and a reason, for nobody here has ties."""
    headers = {"X-Reason": "a test asks", **headers}
    return product.send(route.method, route.filled(**known), body=in_hand(route), headers=headers).status


class TestEveryRoute:
    def test_has_a_door_that_is_tried_here(self) -> None:
        kinds = {route.door.kind for route in routes()}

        assert kinds == {*BY_TOKEN, "conversation token", "signed link", "webhook proof", "public"}

    @pytest.mark.parametrize("route", behind(*BY_TOKEN))
    def test_believes_no_bad_token(
        self, product: Product, bad_tokens: Mapping[str, str], route: Route
    ) -> None:
        before = product.footprint()

        statuses = {name: knock(product, route, bearer(bad)) for name, bad in bad_tokens.items()}

        assert statuses == dict.fromkeys(BAD_TOKENS, 401)
        assert product.footprint() == before

    @pytest.mark.parametrize("route", behind(*BY_TOKEN))
    def test_lets_nobody_in_without_a_token(self, product: Product, route: Route) -> None:
        answer = product.send(route.method, route.filled())

        assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")

    @pytest.mark.parametrize("route", behind("roles"))
    def test_lets_in_the_roles_it_names_and_no_others(
        self, product: Product, token_of: Mapping[str, str], route: Route
    ) -> None:
        statuses = {role: knock(product, route, bearer(token)) for role, token in token_of.items()}

        let_in = {role for role, status in statuses.items() if status not in (401, 403)}
        assert let_in == route.door.roles
        assert {status for role, status in statuses.items() if role not in let_in} == {403}

    @pytest.mark.parametrize("route", behind("roles"))
    def test_knows_no_role_that_is_not_ours(self, product: Product, route: Route) -> None:
        assert knock(product, route, bearer(product.staff("superuser", ""))) == 403

    @pytest.mark.parametrize("route", behind("roles"))
    def test_keeps_patients_from_what_is_for_staff(self, product: Product, route: Route) -> None:
        before = product.footprint()

        assert knock(product, route, bearer(product.patient("maria", roles=ROLES))) == 403
        assert product.footprint() == before

    @pytest.mark.parametrize("route", behind("patient"))
    def test_keeps_staff_from_what_is_for_patients(self, product: Product, route: Route) -> None:
        before = product.footprint()

        assert knock(product, route, bearer(product.staff(*ROLES, patient_id="maria"))) == 403
        assert product.footprint() == before

    @pytest.mark.parametrize("route", behind("patient"))
    def test_keeps_out_a_patient_whose_record_nobody_knows(self, product: Product, route: Route) -> None:
        stranger = product.issuer.token("patients", sub="somebody", patient_id="maria")

        assert knock(product, route, bearer(stranger)) == 403

    @pytest.mark.parametrize("route", behind("patient"))
    def test_lets_patients_in_where_it_is_for_them(self, product: Product, route: Route) -> None:
        assert knock(product, route, bearer(product.patient("maria"))) not in (401, 403)

    @pytest.mark.parametrize("route", behind("patient login"))
    def test_lets_in_logins_of_patients_alone_whether_in_a_record_or_not(
        self, product: Product, route: Route
    ) -> None:
        stranger = product.issuer.token("patients", sub="somebody")

        assert knock(product, route, bearer(stranger)) not in (401, 403)
        assert knock(product, route, bearer(product.patient("maria"))) not in (401, 403)
        assert knock(product, route, bearer(product.staff(*ROLES))) == 403

    @pytest.mark.parametrize("route", behind("signed in"))
    def test_lets_in_staff_and_patients_where_anybody_may(self, product: Product, route: Route) -> None:
        assert knock(product, route, bearer(product.staff())) == 200
        assert knock(product, route, bearer(product.patient("maria"))) == 200

    @pytest.mark.parametrize("route", behind("public"))
    def test_asks_for_nothing_where_it_is_public(self, product: Product, route: Route) -> None:
        assert knock(product, route, {}) == 200


def sealed(
    product: Product,
    purpose: SealPurpose,
    told: Mapping[str, str],
    *,
    lasts: timedelta = timedelta(minutes=5),
) -> str:
    return product.app.seals.seal(purpose, told, expires_at=product.clock.real() + lasts)


def bad_seals(
    product: Product, good: str, purpose: SealPurpose, told: Mapping[str, str]
) -> Mapping[str, str]:
    """Give what looks like the good one and is none, and what is good somewhere else."""
    head, claims, proof = good.split(".")
    more = {**told, "aud": str(purpose), "exp": product.clock.real() + timedelta(days=1)}
    stranger = JwtSeals([SigningKey("laptop", purpose, Sensitive("a secret that is not the house's own"))])
    ends = product.clock.real() + timedelta(minutes=5)
    return {
        "malformed": "not-a-seal",
        "cut": good[:-1],
        "with another proof": f"{head}.{claims}.{proof[::-1]}",
        "with other claims": f"{head}.{spelt(more)}.{proof}",
        "unsigned": f"{spelt({'alg': 'none', 'kid': 'laptop'})}.{claims}.",
        "of somebody else's making": stranger.seal(purpose, told, expires_at=ends),
        "expired": sealed(product, purpose, told, lasts=timedelta(seconds=-1)),
        **{f"for {other}": sealed(product, other, told) for other in set(SealPurpose) - {purpose}},
        "a patient's": product.patient("maria"),
        "staff's": product.staff(*ROLES),
    }


MARIAS_CHAT = {"conversation": "c1", "patient": "maria", "user": "dl_maria"}


class TestConversationTokens:
    @pytest.mark.parametrize("route", behind("conversation token"))
    def test_are_not_believed_unless_they_are_good(self, product: Product, route: Route) -> None:
        good = product.chat_token("c1", patient_id="maria")
        bad = {
            **bad_seals(product, good, SealPurpose.CONVERSATION, MARIAS_CHAT),
            "saying too little": sealed(product, SealPurpose.CONVERSATION, {"conversation": "c1"}),
        }
        before = product.footprint()

        statuses = {
            name: knock(product, route, bearer(seal), conversation_id="c1") for name, seal in bad.items()
        }

        assert statuses == dict.fromkeys(bad, 403)
        assert knock(product, route, {}, conversation_id="c1") == 401
        assert knock(product, route, {"Authorization": f"Basic {good}"}, conversation_id="c1") == 401
        assert product.footprint() == before

    @pytest.mark.parametrize("route", behind("conversation token"))
    def test_let_in_who_holds_them(self, product: Product, route: Route) -> None:
        good = bearer(product.chat_token("c1", patient_id="maria"))

        assert knock(product, route, good, conversation_id="c1") not in (401, 403)

    @pytest.mark.parametrize("route", behind(*BY_TOKEN, "webhook proof"))
    def test_open_no_other_door(self, product: Product, route: Route) -> None:
        token = bearer(product.chat_token("c1", patient_id="maria"))

        assert knock(product, route, token) == 401


def told_by(product: Product, route: Route) -> Mapping[str, str]:
    """Give what a good link to a route says: of a survey that is not there, or of Maria."""
    if route.door.purpose == "survey":
        return {"s": "csat", "i": "an-invitation"}
    contact, maria, now = f"email~{0:040x}", PatientId("maria"), product.clock.now()
    if route.name in {"open_confirmation", "confirm_opt_in"}:
        return Confirmation(contact, maria, "none", ((Purpose.COMMERCIAL, None),), now).told
    if route.name in {"open_copies", "answer_copies"}:
        return CopyLink(maria, "none").told
    return PreferenceLink(contact, maria, Purpose.COMMERCIAL, None, None, now + timedelta(days=1)).told


class TestSignedLinks:
    @pytest.mark.parametrize("route", behind("signed link"))
    def test_are_not_believed_unless_they_are_good(self, product: Product, route: Route) -> None:
        """And say nothing of what they say; who tried others has waited for a minute."""
        product.clock.pass_by(timedelta(minutes=1))
        purpose, told = SealPurpose(route.door.purpose or ""), told_by(product, route)
        bad = bad_seals(product, sealed(product, purpose, told), purpose, told)
        before = product.footprint()

        answers = {name: product.send(route.method, route.filled(link=seal)) for name, seal in bad.items()}

        assert {name: answer.status for name, answer in answers.items()} == dict.fromkeys(answers, 403)
        assert len({re.sub(r"[0-9a-f]{32}", "", answer.body.decode()) for answer in answers.values()}) == 1
        assert product.footprint() == before

    @pytest.mark.parametrize("route", behind("signed link"))
    def test_let_in_who_has_them(self, product: Product, route: Route) -> None:
        good = sealed(product, SealPurpose(route.door.purpose or ""), told_by(product, route))

        assert product.send(route.method, route.filled(link=good)).status not in (401, 403)


class TestWebHooks:
    @pytest.mark.parametrize("route", behind("webhook proof"))
    def test_believe_nobody_without_proof(self, product: Product, route: Route) -> None:
        before = product.footprint()
        staff = bearer(product.staff(*ROLES))

        assert knock(product, route, {}) == 401
        assert knock(product, route, staff) == 401
        assert product.footprint() == before

    @pytest.mark.parametrize("route", behind("webhook proof"))
    def test_believe_no_wrong_proof(self, product: Product, route: Route) -> None:
        before = product.footprint()
        good = product.proof(route.door, in_hand(route))
        bad = [
            {**good, name: wrong} for name in good for wrong in ("", "x", good[name] + "0", good[name][:-1])
        ]

        assert {knock(product, route, proof) for proof in bad} == {401}
        assert product.footprint() == before

    @pytest.mark.parametrize("route", behind("webhook proof"))
    def test_are_let_in_with_a_good_one(self, product: Product, route: Route) -> None:
        """What they bring is looked at: it is none of anything there is, or nothing at all."""
        answers = (202,) if route.name in SAY_ENOUGH_BY_COMING else (400, 404)

        assert knock(product, route, product.proof(route.door, in_hand(route))) in answers

    @pytest.mark.parametrize("route", behind("webhook proof"))
    def test_believe_no_proof_of_another_door(self, product: Product, route: Route) -> None:
        others = {one.door for one in routes() if one.door.kind == "webhook proof"} - {route.door}
        secrets = [product.secret_of(other) for other in others]

        assert others
        assert {knock(product, route, product.proof(other, in_hand(route))) for other in others} == {401}
        assert {knock(product, route, {"X-Webhook-Code": secret}) for secret in secrets} == {401}

    @pytest.mark.parametrize("ago", [timedelta(minutes=6), timedelta(minutes=-6), timedelta(days=365)])
    def test_believe_no_proof_of_another_time(self, product: Product, ago: timedelta) -> None:
        reports = route_named("record_delivery_report")

        assert knock(product, reports, product.proof(reports.door, b"{}", ago=ago)) == 401

    def test_believe_no_proof_of_another_body(self, product: Product) -> None:
        reports = route_named("record_delivery_report")

        assert knock(product, reports, product.proof(reports.door, b'{"Status": "Delivered"}')) == 401
