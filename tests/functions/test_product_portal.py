"""The portal from the door in: invitations, family, and what everybody may see of it afterwards."""

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from tests.support.issuer import Issuer
from tests.support.product import Answer, Product, a_product
from tests.support.product_story import a_patient, audited
from tests.support.told import Told

BORN = "1980-02-29"
LIAMS_BIRTHDAY = "2012-07-31"
ADDRESS = "203.0.113.9"
MOTHER = {
    "resourceType": "RelatedPerson",
    "id": "liams-mother",
    "patient": {"reference": "Patient/liam"},
}


@pytest.fixture
def product(tmp_path: Path, issuer: Issuer) -> Generator[Product]:
    """Give a product behind one proxy, with Maria, and Liam, who is fourteen, and his mother."""
    with a_product(tmp_path, issuer, proxies_in_front=1) as one:
        one.write(
            a_patient("maria", birthDate=BORN),
            a_patient("liam", birthDate=LIAMS_BIRTHDAY, mail="liam@example.org", phone="+46701740607"),
            MOTHER,
        )
        yield one


def login(product: Product, subject: str) -> str:
    """Sign in as somebody of whom the portal says nothing else."""
    return product.issuer.token(
        "patients",
        sub=subject,
        nbf=product.clock.real() - timedelta(minutes=1),
        exp=product.clock.real() + timedelta(hours=1),
        email="maria@example.org",
        patient_id="maria",
    )


def invited(product: Product, patient_id: str = "maria", **asked: Any) -> Any:
    answer = product.ask(
        "POST",
        f"/api/patients/{patient_id}/invitations",
        body={"asks_birth_date": True} | asked,
        token=product.staff("care_coordinator"),
    )
    assert answer.status == 201, answer.json
    return answer.json


def redeem(product: Product, code: str, subject: str, *, born: str = BORN, at: str = ADDRESS) -> Answer:
    return product.ask(
        "POST",
        "/api/me/invitations/redeem",
        body={"code": code, "birth_date": born},
        token=login(product, subject),
        X_Forwarded_For=f"198.51.100.1, {at}:5123",
    )


def let_mother_in(product: Product, *scopes: str) -> str:
    """Let Liam's mother act for him; give her token."""
    family = {"related_person_id": "liams-mother", "scopes": scopes, "as_guardian": True}
    made = invited(product, "liam", family=family, why="His mother")
    answer = redeem(product, made["code"], "mother", born=LIAMS_BIRTHDAY)
    assert answer.status == 200, answer.json
    return login(product, "mother")


class TestInvitation:
    def test_lets_a_login_into_the_record_that_claims_alone_never_do(self, product: Product) -> None:
        """The token names Maria's e-mail address and record; neither is believed of this issuer."""
        before = product.ask("GET", "/api/me/messages", token=login(product, "phone"))
        code = invited(product)["code"]

        answer = redeem(product, code, "phone")

        after = product.ask("GET", "/api/me/messages", token=login(product, "phone"))
        assert (before.status, answer.status, after.status) == (403, 200, 200)
        assert answer.json["patient_id"] == "maria"
        assert (
            product.ask("GET", "/api/who-am-i", token=login(product, "phone")).json["patient_id"] == "maria"
        )

    def test_into_a_record_that_was_merged_is_found_by_whoever_looks_at_the_one_that_counts(
        self, product: Product
    ) -> None:
        """Somebody else has a login to what was Maria's record: who takes it out must know where it is."""
        into = [
            {"type": "replaced-by", "other": {"reference": f"Patient/{one}"}} for one in ("before", "maria")
        ]
        product.write(a_patient("before", birthDate=BORN))
        redeem(product, invited(product, "before")["code"], "her-ex")
        product.write(
            a_patient("long-ago", link=into[:1]), a_patient("before", birthDate=BORN, link=into[1:])
        )
        token = product.staff("care_coordinator")

        seen = product.ask("GET", "/api/who-am-i", token=login(product, "her-ex")).json["patient_id"]
        shown = product.ask("GET", "/api/patients/maria/invitations", token=token).json
        (there,) = product.ask("GET", "/api/patients/before/invitations", token=token).json["logins"]
        path = f"/api/patients/before/logins/{there['login_id']}/remove"
        product.ask("POST", path, body={"why": "Not her"}, token=token)

        assert (seen, shown["logins"], shown["by_merge"]) == ("maria", [], ["before", "long-ago"])
        assert product.ask("GET", "/api/me/messages", token=login(product, "her-ex")).status == 403

    def test_fills_in_the_mailbox(self, product: Product) -> None:
        code = invited(product)["code"]

        answer = product.ask(
            "POST",
            "/api/me/invitations/look-up",
            body={"code": code.replace("-", " ").lower(), "birth_date": BORN},
            token=login(product, "phone"),
        )

        assert (answer.status, answer.json["email"]) == (200, "maria@example.org")

    @pytest.mark.parametrize(
        ("body", "status", "kind"),
        [
            ({"code": "not a code"}, 400, "nonsense"),
            ({"code": 5}, 400, "nonsense"),
            ({"code": "x", "patient_id": "maria"}, 400, "nonsense"),
            ({"code": "{code}"}, 422, "code-not-accepted"),
            ({"code": "{code}", "birth_date": "1980-03-01"}, 422, "code-not-accepted"),
            ({"code": "{code}", "birth_date": "29 February"}, 400, "nonsense"),
        ],
    )
    def test_is_refused_in_words_that_repeat_nothing(
        self, product: Product, body: dict[str, Any], status: int, kind: str
    ) -> None:
        code = invited(product)["code"]
        typed = {name: code if told == "{code}" else told for name, told in body.items()}

        answer = product.ask("POST", "/api/me/invitations/redeem", body=typed, token=login(product, "phone"))

        assert (answer.status, answer.json["type"]) == (status, f"/problems/{kind}")
        assert code not in answer.body.decode()
        assert "1980" not in answer.body.decode()

    def test_used_expired_and_taken_are_told_apart_by_who_has_both_the_code_and_the_date(
        self, product: Product
    ) -> None:
        first = invited(product)["code"]
        redeem(product, first, "phone")
        used = redeem(product, first, "another")
        second = redeem(product, invited(product)["code"], "another")
        fresh = invited(product, "liam")["code"]
        taken = redeem(product, fresh, "phone", born=LIAMS_BIRTHDAY)
        product.pass_by(timedelta(days=30))
        late = redeem(product, fresh, "another", born=LIAMS_BIRTHDAY)

        assert [(one.status, one.json["type"].rpartition("/")[2]) for one in (used, second, taken, late)] == [
            (409, "invitation-used"),
            (409, "patient-has-login"),
            (409, "login-already-linked"),
            (422, "invitation-expired"),
        ]

    def test_is_not_for_staff(self, product: Product) -> None:
        code = invited(product)["code"]

        answer = product.ask(
            "POST",
            "/api/me/invitations/redeem",
            body={"code": code, "birth_date": BORN},
            token=product.staff("care_coordinator"),
        )

        assert (answer.status, answer.json["type"]) == (403, "/problems/only-for-patient-logins")

    def test_cannot_be_guessed_from_one_address_under_many_names(self, product: Product) -> None:
        """What the guesser writes before our proxy's own word does not make it another address."""
        code = product.app.invitation_codes.made_of("guessed").value
        answers = [redeem(product, code, f"bot {n}") for n in range(61)]
        elsewhere = redeem(product, code, "bot 61", at="203.0.113.10")

        assert [one.status for one in answers] == [422] * 60 + [429]
        assert int(answers[-1].headers["retry-after"]) > 0
        assert elsewhere.status == 422

    def test_is_out_at_once_when_staff_remove_the_login(self, product: Product) -> None:
        code = invited(product)["code"]
        redeem(product, code, "phone")
        token = product.staff("privacy_officer")
        (one,) = product.ask("GET", "/api/patients/maria/invitations", token=token).json["logins"]

        closed = product.ask(
            "POST",
            f"/api/patients/maria/logins/{one['login_id']}/remove",
            body={"why": "Telephone stolen"},
            token=token,
        )

        assert closed.status == 200
        assert product.ask("GET", "/api/me/messages", token=login(product, "phone")).status == 403
        assert redeem(product, code, "phone").status == 409

    def test_leaves_no_code_and_no_birthday_in_anything_that_is_told(
        self, product: Product, told: Told
    ) -> None:
        code = invited(product)["code"]
        redeem(product, code, "phone", born="1980-03-01")
        redeem(product, code, "phone")
        product.run()

        everything = told.everything()
        assert "redeem_invitation" in everything
        assert code not in everything
        assert code.replace("-", "") not in everything
        assert "1980-0" not in everything


class TestFamily:
    BOOK = ("book_appointments", "view_administrative")

    def test_acts_for_the_patient_where_that_was_given(self, product: Product) -> None:
        token = let_mother_in(product, "view_administrative")

        seen = product.ask("GET", "/api/me/appointments", token=token, On_Behalf_Of="liam")
        consents = product.ask("GET", "/api/me/consents", token=token, On_Behalf_Of="liam")
        booked = product.ask(
            "POST", "/api/me/appointments", body={"slot_id": "s1"}, token=token, On_Behalf_Of="liam"
        )

        assert (seen.status, consents.status) == (200, 200)
        assert {one["address"] for one in consents.json["contact_points"]} == {
            "liam@example.org",
            "+46701740607",
        }
        assert (booked.status, booked.json["type"]) == (403, "/problems/not-on-behalf")

    def test_comes_as_far_as_booking_with_the_scope_for_it(self, product: Product) -> None:
        token = let_mother_in(product, *self.BOOK)

        booked = product.ask(
            "POST", "/api/me/appointments", body={"slot_id": "s1"}, token=token, On_Behalf_Of="liam"
        )

        assert (booked.status, booked.json["type"]) == (404, "/problems/no-such-slot")

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("GET", "/api/me/messages", None),
            ("GET", "/api/me/audit", None),
            ("POST", "/api/me/chat-token", None),
            ("POST", "/api/me/consents", {"channel": "sms", "purpose": "commercial", "choice": "opted_in"}),
            (
                "POST",
                "/api/me/family/invitations",
                {"related_person_id": "liams-mother", "scopes": ["view_clinical"]},
            ),
        ],
    )
    def test_does_not_come_where_nobody_acts_for_others(
        self, product: Product, method: str, path: str, body: Any
    ) -> None:
        token = let_mother_in(product, "view_administrative", "view_clinical", "book_appointments")

        answer = product.ask(method, path, body=body, token=token, On_Behalf_Of="liam")

        assert (answer.status, answer.json["type"]) == (403, "/problems/not-on-behalf")

    @pytest.mark.parametrize("named", ["maria", "nobody", "x/y", "liam?", "Liam"])
    def test_comes_to_nobody_else(self, product: Product, named: str) -> None:
        token = let_mother_in(product, *self.BOOK)

        assert product.ask("GET", "/api/me/appointments", token=token, On_Behalf_Of=named).status == 403

    def test_has_no_record_without_naming_one(self, product: Product) -> None:
        token = let_mother_in(product, *self.BOOK)

        assert product.ask("GET", "/api/me/appointments", token=token).status == 403
        shown = product.ask("GET", "/api/me/family", token=token).json
        assert [one["patient_id"] for one in shown["acting_for"]] == ["liam"]

    def test_never_shares_an_answer_between_two_for_whom_somebody_acts(self, product: Product) -> None:
        """The same key for Liam and for oneself is a key used for another request."""
        token = let_mother_in(product, *self.BOOK)
        redeem(product, invited(product)["code"], "mother")
        asked: dict[str, Any] = {"body": {"slot_id": "s1"}, "token": token, "Idempotency_Key": "k1"}

        mine = product.ask("POST", "/api/me/appointments", **asked)
        his = product.ask("POST", "/api/me/appointments", On_Behalf_Of="liam", **asked)

        assert (mine.status, his.status) == (404, 422)
        assert his.json["type"] == "/problems/key-used-for-another"

    def test_is_let_in_and_shut_out_by_the_patient(self, product: Product) -> None:
        redeem(product, invited(product, "liam")["code"], "liam", born=LIAMS_BIRTHDAY)
        liam = login(product, "liam")
        asked = {"related_person_id": "liams-mother", "scopes": ["view_administrative"]}
        made = product.ask("POST", "/api/me/family/invitations", body=asked, token=liam)
        redeem(product, made.json["code"], "mother", born=LIAMS_BIRTHDAY)
        mother = login(product, "mother")
        before = product.ask("GET", "/api/me/appointments", token=mother, On_Behalf_Of="liam").status

        (grant,) = product.ask("GET", "/api/me/family", token=liam).json["let_in"]
        assert grant["given_by"] == "patient"
        path = f"/api/me/family/{grant['grant_id']}/end"
        ended = product.ask("POST", path, body={"why": "We fell out"}, token=liam)

        after = product.ask("GET", "/api/me/appointments", token=mother, On_Behalf_Of="liam").status
        assert (made.status, before, ended.status, after) == (201, 200, 200, 403)


class TestWhatIsKeptOfIt:
    def test_says_who_acted_for_whom_and_who_was_refused(self, product: Product) -> None:
        token = let_mother_in(product, "view_administrative")
        product.ask("GET", "/api/me/appointments", token=token, On_Behalf_Of="liam")
        product.ask("GET", "/api/me/appointments", token=login(product, "stranger"), On_Behalf_Of="liam")
        product.run()

        entries = audited(product, patient_id="liam")

        told = [
            (one["what"], one["who"].rpartition("|")[2], one["ground"], one["outcome"]) for one in entries
        ]
        assert sorted(told, key=str) == [
            ("invite_family", "ada", "break_glass", "done"),
            ("list_own_appointments", "mother", "family", "done"),
            ("list_own_appointments", "stranger", None, "refused"),
            ("redeem_invitation", "mother", None, "done"),
        ]

    def test_is_shown_to_the_patient_without_names(self, product: Product) -> None:
        redeem(product, invited(product)["code"], "phone")
        product.ask("GET", "/api/patients/maria/messages", token=product.staff("outreach_specialist"))
        product.run()

        answer = product.ask("GET", "/api/me/audit", token=login(product, "phone"))

        assert answer.status == 200
        shown = [(one["what"], one["by"], one["roles"]) for one in answer.json["looks"]]
        assert sorted(shown) == [
            ("invite_patient", "staff", ["care_coordinator"]),
            ("list_messages", "staff", ["outreach_specialist"]),
            ("redeem_invitation", "you", []),
        ]
        assert "|" not in answer.body.decode()

    def test_is_not_filled_by_a_login_that_is_refused_again_and_again(self, product: Product) -> None:
        """Whomever it names; after an hour it is heard again, and who may come in is never kept waiting."""
        mother, stranger = let_mother_in(product, "view_administrative"), login(product, "stranger")
        path = "/api/me/appointments"
        asked = [
            product.ask("GET", path, token=stranger, On_Behalf_Of=("liam", f"guess-{number}")[number % 2])
            for number in range(70)
        ]
        product.run()

        assert [one.status for one in asked] == [403] * 60 + [429] * 10
        assert int(asked[-1].headers["retry-after"]) == 3600
        refused = [one for one in audited(product) if one["outcome"] == "refused"]
        assert len(refused) == 60
        assert product.ask("GET", path, token=mother, On_Behalf_Of="liam").status == 200
        product.pass_by(timedelta(hours=1))
        later = login(product, "stranger")
        assert product.ask("GET", path, token=later, On_Behalf_Of="liam").status == 403

    def test_never_says_that_it_was_the_patient_who_was_refused(self, product: Product) -> None:
        """Maria tries to come to Liam's record: in her own she is the patient, in his nobody."""
        product.ask("GET", "/api/me/appointments", token=product.patient("maria"), On_Behalf_Of="liam")
        product.ask(
            "POST",
            "/api/me/chat-token",
            token=let_mother_in(product, "view_clinical"),
            On_Behalf_Of="liam",
        )
        product.run()

        looks = product.ask("GET", "/api/me/audit", token=product.patient("liam")).json["looks"]

        refused = [(one["what"], one["by"]) for one in looks if one["refused"]]
        assert sorted(refused) == [
            ("generate_chat_token", "somebody_else"),
            ("list_own_appointments", "somebody_else"),
        ]
        entry = next(one for one in audited(product, patient_id="liam") if one["outcome"] == "refused")
        assert entry["ground"] is None

    def test_goes_out_as_audit_events(self, product: Product) -> None:
        let_mother_in(product, "view_administrative")
        product.run()

        answer = product.ask(
            "GET", "/api/audit/export?patient_id=liam", token=product.staff("privacy_officer")
        )

        Bundle.model_validate(answer.json)
        acts = {one["resource"]["subtype"][0]["code"] for one in answer.json["entry"]}
        assert acts == {"invite_family", "redeem_invitation"}

    @pytest.mark.parametrize(
        "asked", ["", "day=2026-11-02&since=2026-11-01", "since=2026-01-01&until=2026-11-01", "who=", "x=1"]
    )
    def test_is_not_shown_for_a_question_without_an_end(self, product: Product, asked: str) -> None:
        token = product.staff("privacy_officer")

        answers = [product.ask("GET", f"/api/audit{path}?{asked}", token=token) for path in ("", "/export")]

        wanted = {200} if asked == "who=" else {400}
        assert {one.status for one in answers} == wanted


class TestBehindNoProxy:
    def test_only_logins_are_counted(self, product: Product) -> None:
        """On a laptop nobody says from where a request comes, and a header of the asker's own is no word."""
        product.app.settings = replace(product.app.settings, proxies_in_front=0)
        code = product.app.invitation_codes.made_of("guessed").value

        assert {redeem(product, code, f"bot {n}").status for n in range(61)} == {422}
