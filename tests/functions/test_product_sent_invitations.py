"""Invitations that are sent: the code reaches whoever reads the address, and nobody else (PA-1, PA-9)."""

import re
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.access.count_sendings import MOST_SENDINGS
from shared.access.send_invitation import MOST_A_DAY
from tests.support.issuer import Issuer
from tests.support.product import Answer, Product, a_product
from tests.support.product_story import a_patient, audited, messages_of, report, sent
from tests.support.told import Told

BORN = "1980-02-29"
LIAMS_BIRTHDAY = "2012-07-31"
MOTHERS_MAILBOX = "orla@example.org"
MOTHER = {
    "resourceType": "RelatedPerson",
    "id": "liams-mother",
    "patient": {"reference": "Patient/liam"},
    "name": [{"family": "Ní Dhomhnaill", "given": ["Órla"]}],
    "telecom": [{"system": "email", "value": MOTHERS_MAILBOX}],
}
INVITATION: dict[str, Any] = {
    "purpose": "transactional",
    "default_language": "en",
    "variants": [
        {
            "channel": "email",
            "language": "en",
            "subject": "Your portal",
            "text": "{{ given }}, your code is {{ invitation_code }}, good until {{ expires_at | day }}.",
            "html": "<p>{{ invitation_code }}</p>",
        },
        {"channel": "sms", "language": "en", "text": "Your code: {{ invitation_code }}"},
    ],
}
FOR_FAMILY: dict[str, Any] = {
    "purpose": "transactional",
    "default_language": "en",
    "variants": [
        {
            "channel": "email",
            "language": "en",
            "subject": "An invitation",
            "text": "{{ given }}, you can act for {{ patient_given }}: {{ invitation_code }}",
        }
    ],
}
CODE = re.compile(r"\b[A-Z0-9]{4}(?:-[A-Z0-9]{4}){4}\b")


@pytest.fixture
def product(tmp_path: Path, issuer: Issuer) -> Generator[Product]:
    """Give a product with Maria, and Liam, who is fourteen, and his mother, and what to invite them by."""
    with a_product(tmp_path, issuer) as one:
        keep_templates(one)
        one.write(
            a_patient("maria", birthDate=BORN),
            a_patient("liam", birthDate=LIAMS_BIRTHDAY, mail="liam@example.org", phone="+46701740607"),
            MOTHER,
        )
        yield one


def keep_templates(product: Product, **changed: Any) -> None:
    maker = product.staff("marketing_manager")
    for name, body in (("portal-invitation", INVITATION | changed), ("family-invitation", FOR_FAMILY)):
        kept = product.ask("PUT", f"/api/templates/{name}", body=body, token=maker)
        assert kept.status == 200, kept.json


def addresses(product: Product, patient_id: str = "maria", query: str = "") -> list[Any]:
    path = f"/api/patients/{patient_id}/invitation-addresses{query}"
    answer = product.ask("GET", path, token=product.staff("care_coordinator"))
    assert answer.status == 200, answer.json
    return answer.json["addresses"]


def send(
    product: Product, patient_id: str = "maria", *, to: str | None = None, key: str = "", **asked: Any
) -> Answer:
    contact = to or addresses(product, patient_id)[0]["contact"]
    answer = product.ask(
        "POST",
        f"/api/patients/{patient_id}/invitations/send",
        body={"contact": contact} | asked,
        token=product.staff("care_coordinator"),
        **({"Idempotency_Key": key} if key else {}),
    )
    product.run()
    return answer


def send_to_mother(product: Product) -> Answer:
    (address,) = addresses(product, "liam", "?related_person_id=liams-mother")
    family = {
        "related_person_id": "liams-mother",
        "scopes": ["view_administrative"],
        "as_guardian": True,
    }
    return send(product, "liam", to=address["contact"], family=family, why="His mother")


def codes(product: Product) -> list[str]:
    return [found[0] for one in sent(product) if (found := CODE.search(one.text.value))]


def redeem(product: Product, code: str, *, born: str = BORN, subject: str = "phone") -> Answer:
    token = product.issuer.token(
        "patients",
        sub=subject,
        nbf=product.clock.real() - timedelta(minutes=1),
        exp=product.clock.real() + timedelta(hours=1),
    )
    return product.ask(
        "POST", "/api/me/invitations/redeem", body={"code": code, "birth_date": born}, token=token
    )


def invitations(product: Product, patient_id: str = "maria") -> list[Any]:
    token = product.staff("care_coordinator")
    answer = product.ask("GET", f"/api/patients/{patient_id}/invitations", token=token)
    assert answer.status == 200, answer.json
    return answer.json["invitations"]


class TestASentInvitation:
    def test_reaches_the_patient_and_lets_them_in(self, product: Product) -> None:
        answer = send(product)

        (letter,) = sent(product)
        (code,) = codes(product)
        assert answer.status == 201
        assert (letter.recipient.value, letter.subject.value if letter.subject else "") == (
            "maria@example.org",
            "Your portal",
        )
        assert redeem(product, code).status == 200
        assert [one["state"] for one in invitations(product)] == ["redeemed"]

    def test_asks_for_the_date_of_birth_as_well(self, product: Product) -> None:
        """Whoever has the mailbox has the code."""
        send(product)

        assert redeem(product, codes(product)[0], born="1980-03-01").status == 422

    def test_shows_its_code_to_nobody_but_the_reader(
        self, product: Product, told: Told, tmp_path: Path
    ) -> None:
        answer = send(product)
        (code,) = codes(product)

        shown = [answer.body, str(invitations(product)).encode(), str(messages_of(product)).encode()]
        shown.append(str(audited(product, patient_id="maria")).encode())
        shown.append(str(told.everything()).encode())
        kept = [file.read_bytes() for file in tmp_path.glob("*.db*") if not file.name.startswith("messages")]
        bare = code.replace("-", "")
        assert kept
        assert all(code.encode() not in one and bare.encode() not in one for one in (*shown, *kept))

    def test_is_offered_masked_addresses_of_the_record_alone(self, product: Product) -> None:
        shown = [(one["channel"], one["masked"]) for one in addresses(product)]
        elsewhere = send(product, to="email~" + "0" * 40)

        assert shown == [("email", "m•••@example.org"), ("sms", "•••••••••605")]
        assert (elsewhere.status, elsewhere.json["type"].rpartition("/")[2]) == (422, "not-their-address")
        assert sent(product) == []

    def test_sent_again_makes_the_former_code_void(self, product: Product) -> None:
        send(product)
        send(product)

        first, second = codes(product)
        assert first != second
        assert redeem(product, first).status == 422
        assert redeem(product, second).status == 200

    def test_asked_for_twice_under_one_key_is_one_letter(self, product: Product) -> None:
        first = send(product, key="desk-1")
        again = send(product, key="desk-1")

        assert (first.json, again.status) == (again.json, 201)
        assert len(sent(product)) == 1
        assert len(invitations(product)) == 1

    def test_does_not_go_once_it_opens_nothing(self, tmp_path: Path, issuer: Issuer) -> None:
        """It waits for the morning, and is revoked before that."""
        with a_product(tmp_path, issuer, at=datetime(2026, 11, 2, 22, tzinfo=UTC)) as product:
            keep_templates(product)
            product.write(a_patient("maria", birthDate=BORN))
            text = next(one["contact"] for one in addresses(product) if one["channel"] == "sms")
            made = send(product, to=text).json
            waiting = invitations(product)[0]["sending"]
            path = f"/api/patients/maria/invitations/{made['invitation_id']}/revoke"
            product.ask("POST", path, body={"why": "Moved"}, token=product.staff("care_coordinator"))

            product.pass_by(timedelta(hours=12))

            assert (waiting["state"], waiting["reason"]) == ("held", "quiet_time")
            assert sent(product) == []
            ended = invitations(product)[0]["sending"]
            assert (ended["state"], ended["reason"]) == ("refused", "withdrawn")

    def test_says_what_became_of_it(self, product: Product) -> None:
        send(product)
        accepted = invitations(product)[0]["sending"]
        report(product, sent(product)[0].request_id, "Delivered")
        product.run()

        delivered = invitations(product)[0]["sending"]
        assert (accepted["state"], delivered["state"]) == ("accepted", "delivered")
        assert (delivered["channel"], delivered["masked"]) == ("email", "m•••@example.org")

    def test_that_bounced_says_so_and_the_address_is_marked(self, product: Product) -> None:
        send(product)
        report(product, sent(product)[0].request_id, "NotDelivered", "invalid-mailbox")
        product.run()

        (shown,) = invitations(product)
        again = send(product)

        assert (shown["sending"]["state"], shown["sending"]["reason"]) == ("bounced", "invalid-mailbox")
        assert [one["suppressed"] for one in addresses(product)] == [True, False]
        assert again.status == 201
        assert invitations(product)[0]["sending"]["reason"] == "suppressed"
        assert len(sent(product)) == 1

    def test_does_not_go_to_whoever_wants_no_messages_there(self, product: Product) -> None:
        no = {"channel": "email", "purpose": "transactional", "choice": "opted_out"}
        product.ask("POST", "/api/me/consents", body=no, token=product.patient("maria"))

        send(product)

        assert sent(product) == []
        assert invitations(product)[0]["sending"]["reason"] == "opted_out"

    def test_is_refused_where_the_template_has_no_place_for_the_code(self, product: Product) -> None:
        maker = product.staff("marketing_manager")
        etag = product.ask("GET", "/api/templates/portal-invitation", token=maker).json["etag"]
        blank = [{"channel": "email", "language": "en", "subject": "Hello", "text": "Come in."}]
        body = INVITATION | {"variants": blank}
        product.ask("PUT", "/api/templates/portal-invitation", body=body, token=maker, If_Match=etag)

        assert send(product).status == 422
        assert invitations(product) == []

    def test_is_sent_to_one_record_so_often_a_day(self, product: Product) -> None:
        answers = [send(product) for _ in range(MOST_A_DAY + 1)]
        product.pass_by(timedelta(days=1))

        assert [one.status for one in answers] == [201] * MOST_A_DAY + [429]
        assert int(answers[-1].headers["retry-after"]) > 0
        assert len(sent(product)) == MOST_A_DAY
        assert send(product).status == 201

    def test_is_sent_by_one_login_so_often_an_hour(self, product: Product) -> None:
        """Somebody has a nurse's token, and asks for letters to the whole town."""
        people = [f"p{number}" for number in range(MOST_SENDINGS + 1)]
        product.write(*(a_patient(one, birthDate=BORN) for one in people))
        contact = addresses(product, "p0")[0]["contact"]
        token = product.staff("care_coordinator")

        statuses = [
            product.ask(
                "POST", f"/api/patients/{one}/invitations/send", body={"contact": contact}, token=token
            ).status
            for one in people
        ]

        assert statuses == [201] * MOST_SENDINGS + [429]


class TestALetterToFamily:
    def test_goes_to_who_is_let_in_and_names_the_patient_as_the_template_does(self, product: Product) -> None:
        answer = send_to_mother(product)

        (letter,) = sent(product)
        (code,) = codes(product)
        assert answer.status == 201, answer.json
        assert letter.recipient.value == MOTHERS_MAILBOX
        assert letter.text.value.startswith("Órla, you can act for ")
        assert redeem(product, code, born=LIAMS_BIRTHDAY, subject="mother").status == 200

    def test_does_not_go_to_who_is_his_mother_no_more(self, product: Product) -> None:
        (address,) = addresses(product, "liam", "?related_person_id=liams-mother")
        product.write(MOTHER | {"active": False})

        family = {"related_person_id": "liams-mother", "scopes": ["view_administrative"]}
        answer = send(product, "liam", to=address["contact"], family=family, why="His mother")

        assert answer.status == 422
        assert sent(product) == []

    def test_can_be_sent_by_the_patient(self, product: Product) -> None:
        token = product.patient("liam")
        path = "/api/me/family/invitation-addresses?related_person_id=liams-mother"
        (address,) = product.ask("GET", path, token=token).json["addresses"]
        body = {
            "related_person_id": "liams-mother",
            "scopes": ["view_administrative"],
            "contact": address["contact"],
        }

        answer = product.ask("POST", "/api/me/family/invitations/send", body=body, token=token)
        product.run()

        assert answer.status == 201, answer.json
        assert [one.recipient.value for one in sent(product)] == [MOTHERS_MAILBOX]

    def test_shows_nobody_elses_family(self, product: Product) -> None:
        path = "/api/me/family/invitation-addresses?related_person_id=liams-mother"

        assert product.ask("GET", path, token=product.patient("maria")).status == 404
