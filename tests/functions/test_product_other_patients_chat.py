"""One patient's conversation, visit or answer in another's hands, over every route that patients have."""

from collections.abc import Generator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from shared.patients.model import Channel
from tests.support.issuer import Issuer
from tests.support.product import Answer, Product, a_product, bearer
from tests.support.product_bodies import A_SLOT, GOOD_BODIES
from tests.support.product_chat import TOMORROW, Chat, answers, offer_slots, open_chat_desk, sam
from tests.support.product_routes import Route, routes
from tests.support.product_story import MAILBOX, MOBILE

WORDS = "my knee hurts since Friday"
REASON = "an injection into the knee"
WHY = {"why": "We fell out"}
BODIES = {**GOOD_BODIES, "end_own_family_access": WHY, "end_own_copies": WHY}


class Hers:
    """What is Maria's, by the names that ids have in paths."""

    def __init__(self, product: Product) -> None:
        self.product = open_chat_desk(product)
        offer_slots(product, TOMORROW, TOMORROW + timedelta(hours=1))
        body = {"slot_id": "slot-0", "reason": REASON}
        booked = product.ask("POST", "/api/me/appointments", body=body, token=product.patient("maria"))
        self.chat = Chat(product, "maria").is_handed_over()
        assert self.chat.says(WORDS).status == 200
        product.run()
        self.ids = {
            "appointment_id": booked.json["id"],
            "conversation_id": self.chat.id,
            "message_id": "none",
            "grant_id": self._sister_let_in(),
            "copy_id": self._sister_copied(),
        }

    def _sister_let_in(self) -> str:
        """Let Maria's sister act for her; give what it is called."""
        product, maria = self.product, self.product.patient("maria")
        product.write(
            {"resourceType": "RelatedPerson", "id": "sister", "patient": {"reference": "Patient/maria"}}
        )
        asked = {"related_person_id": "sister", "scopes": ["view_clinical"], "asks_birth_date": False}
        made = product.ask("POST", "/api/me/family/invitations", body=asked, token=maria)
        now = product.clock.real()
        sister = product.issuer.token("patients", nbf=now, exp=now + timedelta(hours=1))
        product.ask("POST", "/api/me/invitations/redeem", body={"code": made.json["code"]}, token=sister)
        (grant,) = product.ask("GET", "/api/me/family", token=maria).json["let_in"]
        return grant["grant_id"]

    def _sister_copied(self) -> str:
        """Have Maria's sister asked whether she wants copies; give what they are called."""
        product, mailbox = self.product, "sister@example.org"
        sister = {"resourceType": "RelatedPerson", "id": "sister", "patient": {"reference": "Patient/maria"}}
        product.write(sister | {"telecom": [{"system": "email", "value": mailbox}]})
        asked = {
            "related_person_id": "sister",
            "contact": product.app.contact_keys.contact(Channel.EMAIL, mailbox),
            "matters": [{"purpose": "transactional"}],
        }
        given = product.ask("POST", "/api/me/family/copies", body=asked, token=product.patient("maria"))
        return given.json["copy_id"]

    @property
    def marks(self) -> set[str]:
        """Give what only her answers may hold."""
        return {WORDS, REASON, MOBILE, MAILBOX, "Lindström", self.ids["appointment_id"], self.chat.id}


@pytest.fixture(scope="module")
def hers(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> Generator[Hers]:
    with a_product(tmp_path_factory.mktemp("hers"), issuer) as one:
        yield Hers(one)


@pytest.fixture(scope="module")
def johns(hers: Hers) -> Chat:
    return Chat(hers.product, "john")


def of_patients(*, about_one: bool) -> list[Any]:
    """Give the routes of patients: those about one thing of theirs, or those about all."""
    kinds = ("patient", "conversation token")
    return [
        pytest.param(route, id=route.name)
        for route in routes()
        if route.door.kind in kinds and ("{" in route.path) == about_one
    ]


def asked_by_john(hers: Hers, johns: Chat, route: Route, ids: Mapping[str, str]) -> Answer:
    by_token = route.door.kind == "conversation token"
    token = johns.token if by_token else hers.product.patient("john")
    body = BODIES.get(route.name)
    if body and body.get("slot_id") == A_SLOT:
        body = {**body, "slot_id": "slot-0"}
    return hers.product.send(route.method, route.filled(**ids), body=body, headers=bearer(token))


class TestAnother:
    @pytest.mark.parametrize("route", of_patients(about_one=True))
    def test_is_told_the_same_as_of_what_is_not_there(self, hers: Hers, johns: Chat, route: Route) -> None:
        before = hers.product.footprint()

        real = asked_by_john(hers, johns, route, hers.ids)
        made_up = asked_by_john(hers, johns, route, dict.fromkeys(hers.ids, "made-up"))

        assert (real.status, real.json["type"]) == (made_up.status, made_up.json["type"])
        assert real.status == 404
        assert hers.product.footprint() == before

    @pytest.mark.parametrize("route", of_patients(about_one=False))
    def test_is_shown_nothing_of_hers(self, hers: Hers, johns: Chat, route: Route) -> None:
        answer = asked_by_john(hers, johns, route, {})

        assert {mark for mark in hers.marks if mark in answer.body.decode()} == set()

    @pytest.mark.parametrize("route", of_patients(about_one=True))
    def test_is_not_who_is_told_no(self, hers: Hers, route: Route) -> None:
        """Whose it is finds it: the routes do not say no to everybody."""
        token = hers.chat.token if route.door.kind == "conversation token" else hers.product.patient("maria")
        body = {"slot_id": "slot-1"} if "reschedule" in route.path else BODIES.get(route.name)

        answer = hers.product.send(route.method, route.filled(**hers.ids), body=body, headers=bearer(token))

        assert answer.status in (200, 422) or "{message_id}" in route.path  # she has had no message

    def test_who_is_nobody_known_is_shown_nothing_either(self, hers: Hers) -> None:
        anonymous = hers.product.ask("POST", "/api/chat-token").json["token"]
        path = f"/v3/directline/conversations/{hers.chat.id}"

        assert {
            hers.product.ask("GET", f"{path}{end}", token=anonymous).status for end in ("", "/activities")
        } == {404}

    def test_who_works_here_and_has_it_not_in_hand_does_not_read_it(self, hers: Hers) -> None:
        other = hers.product.staff("customer_service_representative", sub="tom")
        path = f"/api/conversations/{hers.chat.id}"

        read = [hers.product.ask("GET", f"{path}{end}", token=other) for end in ("", "/transcript")]
        done = [hers.product.ask("POST", f"{path}/{act}", token=other) for act in ("accept", "end", "close")]

        assert {answer.status for answer in [*read, *done]} <= {403, 404}
        assert WORDS not in "".join(answer.body.decode() for answer in [*read, *done])


class TestALinkOfAnothers:
    def test_answers_for_whoever_it_was_sent_to(self, product: Product) -> None:
        """What John answers is said of John's conversation, whatever else he writes into the form."""
        open_chat_desk(product)
        hers = Chat(product, "maria").is_handed_over()
        hers.is_over()
        johns = Chat(product, "john").is_handed_over()
        link = johns.is_over()

        form = f"satisfaction=1&conversation_id={hers.id}&i=x&s=csat&patient_id=maria".encode()
        answered = answers(product, link, form)
        product.run()

        assert answered.status in (200, 422)
        assert hers.staff_read().json["satisfaction"] is None
        answers(product, link, b"satisfaction=1")
        product.run()
        assert johns.staff_read().json["satisfaction"] == 1
        shown = product.ask("GET", f"/api/conversations/{hers.id}/survey", token=sam(product))
        assert shown.status == 404 or not shown.json.get("answers")
