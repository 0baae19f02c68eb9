"""Liam is fourteen, his mother wants to hear of his appointments, and each has a say in it (PA-9)."""

import json
import re
from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.kernel.announcements import Announcement
from shared.kernel.documents import replacing
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.messaging.documents import template_of
from shared.messaging.model import CancelMessage, Channel, SendMessage, ToldOf
from tests.support.exports import unzipped
from tests.support.issuer import Issuer
from tests.support.product import Answer, Product, a_product
from tests.support.product_newsletter import FORM, ONE_CLICK, PROFILE
from tests.support.product_story import a_patient, an_hba1c, audited, messages_of, report, sent

LIAMS_MAILBOX, MOTHERS_MAILBOX, FATHERS_MAILBOX = "liam@example.org", "orla@example.org", "dad@example.org"
LIAM: dict[str, Any] = {
    **a_patient("liam", mail=LIAMS_MAILBOX, phone="+46701740607"),
    "birthDate": "2012-11-05",
    "name": [{"given": ["Liam"], "family": "Ní Dhomhnaill"}],
}


def of_family(id_: str, given: str, *telecom: tuple[str, str], **more: Any) -> dict[str, Any]:
    points = [{"system": system, "value": value} for system, value in telecom]
    return {
        "resourceType": "RelatedPerson",
        "id": id_,
        "active": True,
        "patient": {"reference": "Patient/liam"},
        "name": [{"given": [given]}],
        "telecom": points,
        **more,
    }


MOTHER = of_family("liams-mother", "Órla", ("email", MOTHERS_MAILBOX), ("sms", "+46701740609"))
VISIT: dict[str, Any] = {
    "resourceType": "Appointment",
    "id": "liams-visit",
    "status": "booked",
    "start": "2026-11-20T09:30:00Z",
    "end": "2026-11-20T10:00:00Z",
    "participant": [{"actor": {"reference": "Patient/liam"}, "status": "accepted"}],
    "reasonCode": [{"text": "Depression"}],
    "description": "Talk about the tablets",
}
FATHER = of_family("liams-father", "Pádraig", ("email", FATHERS_MAILBOX))


def a_template(text: str, purpose: str = "transactional", **more: Any) -> dict[str, Any]:
    variants = [
        {"channel": "email", "language": "en", "subject": "From the clinic", "text": text},
        {"channel": "sms", "language": "en", "text": f"{text} STOP"},
    ]
    return {"purpose": purpose, "default_language": "en", "variants": variants, **more}


STOP = "Stop: {{ unsubscribe_url }}"
TEMPLATES: dict[str, dict[str, Any]] = {
    "copies-confirmation": a_template("{{ given }}, do you want copies? {{ confirm_url }}"),
    "visit": a_template("{{ given }}, come on Monday.", copied_as="visit-for-family"),
    "visit-for-family": a_template(
        f"{{{{ given }}}}, {{{{ patient_given }}}} has an appointment. {STOP}", is_clinical=False
    ),
    "result": a_template("Your HbA1c is {{ value }}.", copied_as="result-for-family"),
    "result-for-family": a_template(f"{{{{ patient_given }}}}'s result is {{{{ value }}}}. {STOP}"),
    "private": a_template("For your eyes."),
    "screening": a_template(f"Come and see us. {STOP}", "commercial", copied_as="screening-for-family"),
    "screening-for-family": a_template(
        f"There is a screening. {STOP}", "commercial", is_clinical=False, profile_id="womens-health"
    ),
}
CARE = [{"purpose": "transactional"}]


@pytest.fixture
def product(tmp_path: Path, issuer: Issuer) -> Generator[Product]:
    with a_product(tmp_path, issuer) as one:
        prepare(one)
        yield one


def prepare(product: Product) -> None:
    maker = product.staff("marketing_manager")
    assert (
        product.ask("PUT", "/api/compliance-profiles/womens-health", body=PROFILE, token=maker).status == 200
    )
    for name, body in TEMPLATES.items():
        kept = product.ask("PUT", f"/api/templates/{name}", body=body, token=maker)
        assert kept.status == 200, kept.json
    product.write(LIAM, MOTHER, FATHER)
    product.run()


def contact_of(product: Product, person: str, channel: str = "email") -> str:
    path = f"/api/me/family/invitation-addresses?related_person_id={person}"
    shown = product.ask("GET", path, token=product.patient("liam")).json["addresses"]
    return next(one["contact"] for one in shown if one["channel"] == channel)


def give(product: Product, person: str = "liams-mother", *, channel: str = "email", **asked: Any) -> Answer:
    """Let Liam have somebody asked."""
    body = {
        "related_person_id": person,
        "contact": contact_of(product, person, channel),
        "matters": CARE,
    }
    answer = product.ask("POST", "/api/me/family/copies", body=body | asked, token=product.patient("liam"))
    product.run()
    return answer


def give_by_staff(product: Product, person: str = "liams-mother", **asked: Any) -> Answer:
    body = {"related_person_id": person, "contact": contact_of(product, person), "matters": CARE}
    answer = product.ask(
        "POST", "/api/patients/liam/copies", body=body | asked, token=product.staff("care_coordinator")
    )
    product.run()
    return answer


def link(product: Product) -> str:
    found = re.search(r"/k/([\w.-]+)", sent(product)[-1].text.value)
    assert found
    return found[1]


def answers(product: Product, sealed: str, body: bytes = b"wants=yes") -> Answer:
    answer = product.send("POST", f"/k/{sealed}", body=body, headers={"Content-Type": FORM})
    product.run()
    return answer


def a_copied_mother(product: Product, **asked: Any) -> None:
    assert give(product, **asked).status == 202
    assert answers(product, link(product)).status == 200


def write_to_liam(
    product: Product,
    template: str = "visit",
    *,
    named: str = "m1",
    channel: str = "email",
    told_of: ToldOf | None = None,
) -> None:
    values = Sensitive({"value": "48 mmol/mol"})
    asked = SendMessage(
        named, PatientId("liam"), Channel(channel), template, "campaign~1", values, told_of=told_of
    )
    product.app.publisher.publish([Announcement(asked, named, (named, 1))])
    product.run()


def reached(product: Product, *, since: int) -> list[str]:
    return sorted(one.recipient.value for one in sent(product)[since:])


def copies(product: Product) -> list[Any]:
    shown = product.ask("GET", "/api/me/family/copies", token=product.patient("liam"))
    assert shown.status == 200
    return shown.json["copies"]


def kept_before_it_was_checked(product: Product, name: str, text: str) -> None:
    """Let a template stand that calls itself harmless, as one does that was saved by an older version."""
    found = template_of(product.app.documents, name)
    assert found
    variants = tuple(replace(one, text=text) for one in found.body.content.variants)
    content = replace(found.body.content, variants=variants)
    changed = replace(found.body, content=content)
    product.app.documents.commit(found.partition, changes=[replacing(found, changed)])


class TestACopy:
    def test_comes_to_nobody_unless_it_was_given(self, product: Product) -> None:
        write_to_liam(product)

        assert reached(product, since=0) == [LIAMS_MAILBOX]

    def test_comes_to_nobody_who_has_not_accepted_it(self, product: Product) -> None:
        give(product)
        asked = len(sent(product))

        write_to_liam(product)

        assert reached(product, since=0)[-1] == MOTHERS_MAILBOX, "she was asked"
        assert reached(product, since=asked) == [LIAMS_MAILBOX]
        assert [one["state"] for one in copies(product)] == ["asked"]

    def test_comes_once_both_want_it_in_words_for_family(self, product: Product) -> None:
        a_copied_mother(product)
        before = len(sent(product))

        write_to_liam(product)

        assert reached(product, since=before) == [LIAMS_MAILBOX, MOTHERS_MAILBOX]
        hers = next(one for one in sent(product)[before:] if one.recipient.value == MOTHERS_MAILBOX)
        assert hers.text.value.startswith("Órla, Liam has an appointment. Stop: http")
        assert [(one["state"], one["in_force"]) for one in copies(product)] == [("accepted", True)]

    def test_is_a_message_of_its_own_that_both_sides_see(self, product: Product) -> None:
        a_copied_mother(product)
        write_to_liam(product)

        by_staff = {m["because"]: m["related_person_id"] for m in messages_of(product, "liam")}
        own = product.ask("GET", "/api/me/messages", token=product.patient("liam")).json["messages"]
        home = product.ask("GET", "/api/me/home", token=product.patient("liam")).json
        assert by_staff["copy:m1"] == "liams-mother"
        assert "copy:m1" in [one["because"] for one in own]
        assert [one["because"] for one in home["messages"]] == ["campaign~1"], "hers is not in his inbox"

    def test_asked_for_twice_comes_once(self, product: Product) -> None:
        a_copied_mother(product)
        before = len(sent(product))

        for number in range(3):
            asked = SendMessage("m1", PatientId("liam"), Channel.EMAIL, "visit", "c", Sensitive({}))
            product.app.publisher.publish([Announcement(asked, f"m1~{number}", ("m1", number))])
            product.run()

        assert reached(product, since=before) == [LIAMS_MAILBOX, MOTHERS_MAILBOX]

    def test_comes_also_where_the_patient_has_no_address(self, product: Product) -> None:
        """A child without a telephone is just whose mother should hear."""
        a_copied_mother(product)
        before = len(sent(product))
        product.write({**LIAM, "telecom": []})

        write_to_liam(product)

        assert reached(product, since=before) == [MOTHERS_MAILBOX]

    def test_of_what_no_template_tells_family_is_none(self, product: Product) -> None:
        a_copied_mother(product)
        before = len(sent(product))

        write_to_liam(product, "private")

        assert reached(product, since=before) == [LIAMS_MAILBOX]

    def test_of_another_purpose_is_none(self, product: Product) -> None:
        a_copied_mother(product)
        before = len(sent(product))

        write_to_liam(product, "screening")

        assert reached(product, since=before) == [LIAMS_MAILBOX]

    @pytest.mark.parametrize(("clinical", "who"), [(False, []), (True, [MOTHERS_MAILBOX])])
    def test_tells_of_health_only_to_who_may_know(
        self, product: Product, *, clinical: bool, who: list[str]
    ) -> None:
        a_copied_mother(product, clinical=clinical)
        before = len(sent(product))

        write_to_liam(product, "result")

        assert reached(product, since=before) == [LIAMS_MAILBOX, *who]
        assert any("48 mmol" in one.text.value for one in sent(product)[before:])

    @pytest.mark.parametrize(
        ("says", "goes"),
        [
            ("on {{ trigger.visit.start | day }}", True),
            ("for {{ trigger.clinic }}", False),
            ("for {{ value }}", False),
            ("on {{ trigger.who.birthDate }}", False),
            ("of {{ trigger.who.name.family }}", True),
            ("for {{ trigger.visit.reasonCode }}", False),
            ("for {{ trigger.visit.description }}", False),
            ("for {{ trigger.result.valueQuantity }}", False),
        ],
    )
    @pytest.mark.parametrize("clinical", [False, True])
    def test_of_an_event_tells_no_health_whatever_its_template_says_of_itself(
        self, product: Product, says: str, *, goes: bool, clinical: bool
    ) -> None:
        """Whoever wrote it may err in calling it harmless; the record's types and fields are known."""
        kept_before_it_was_checked(
            product, "visit-for-family", f"{{{{ patient_given }}}} has a visit {says}. {STOP}"
        )
        product.write(VISIT, {**an_hba1c(of="liam"), "id": "liams-hba1c"})
        a_copied_mother(product, clinical=clinical)
        before = len(sent(product))
        told = ToldOf(
            Sensitive({"clinic": "Depression"}),
            {
                "visit": "Appointment/liams-visit",
                "result": "Observation/liams-hba1c",
                "who": "Patient/liam",
            },
        )

        write_to_liam(product, told_of=told)

        hers = [MOTHERS_MAILBOX] if goes or clinical else []
        assert reached(product, since=before) == [LIAMS_MAILBOX, *hers]

    def test_has_no_link_by_which_its_reader_would_speak_for_the_patient(self, product: Product) -> None:
        """Not even where she may know of his health."""
        maker = product.staff("marketing_manager")
        for name, more in (("asked", {"copied_as": "asked-for-family"}), ("asked-for-family", {})):
            body = a_template("Say how it was: {{ survey_url }}", **more)
            assert product.ask("PUT", f"/api/templates/{name}", body=body, token=maker).status == 200
        a_copied_mother(product, clinical=True)
        before = len(sent(product))
        asked = SendMessage(
            "m1",
            PatientId("liam"),
            Channel.EMAIL,
            "asked",
            "survey~1",
            Sensitive({"survey_url": "https://x"}),
        )

        product.app.publisher.publish([Announcement(asked, "m1", ("m1", 1))])
        product.run()

        assert reached(product, since=before) == [LIAMS_MAILBOX]

    def test_is_taken_back_with_the_message(self, tmp_path: Path, issuer: Issuer) -> None:
        """Both texts wait for the morning, and the visit is cancelled at night."""
        with a_product(tmp_path / "night", issuer, at=datetime(2026, 11, 2, 12, tzinfo=UTC)) as product:
            prepare(product)
            a_copied_mother(product, channel="sms")
            product.clock.pass_by(timedelta(hours=11))
            before = len(sent(product))
            write_to_liam(product, channel="sms")
            of_visit = [m for m in messages_of(product, "liam") if "visit" in m["template_id"]]
            waiting = [m["state"] for m in of_visit]
            taken = CancelMessage("m1", PatientId("liam"), Channel.SMS, "visit", "campaign~1")
            product.app.publisher.publish([Announcement(taken, "taken", ("m1", 9))])
            product.run()

            product.pass_by(timedelta(hours=12))

            assert waiting == ["held", "held"]
            assert reached(product, since=before) == []


class TestWhatStopsACopy:
    @pytest.fixture(autouse=True)
    def _copied(self, product: Product) -> None:
        a_copied_mother(product)

    def later(self, product: Product) -> list[str]:
        before = len(sent(product))
        write_to_liam(product, named="later")
        return reached(product, since=before)

    def test_her_one_click_stops_hers_alone(self, product: Product) -> None:
        give(product, "liams-father")
        answers(product, link(product))
        write_to_liam(product)
        hers = next(one for one in sent(product)[::-1] if one.recipient.value == MOTHERS_MAILBOX)
        sealed = re.search(r"/k/([\w.-]+)", hers.text.value)
        assert sealed

        page = answers(product, sealed[1], ONE_CLICK)

        assert page.status == 200
        assert self.later(product) == [FATHERS_MAILBOX, LIAMS_MAILBOX]
        assert {one["related_person_id"]: one["state"] for one in copies(product)} == {
            "liams-mother": "ended",
            "liams-father": "accepted",
        }

    def test_the_patient_ends_it(self, product: Product) -> None:
        (copy,) = copies(product)
        path = f"/api/me/family/copies/{copy['copy_id']}/end"

        ended = product.ask("POST", path, body={"why": "I am old enough"}, token=product.patient("liam"))

        assert ended.status == 200
        assert self.later(product) == [LIAMS_MAILBOX]
        assert {"give_copies", "accept_copies", "end_copies"} <= {
            entry["what"] for entry in audited(product, patient_id="liam")
        }

    def test_what_waits_is_stopped_at_the_door(self, product: Product) -> None:
        sms = contact_of(product, "liams-mother", "sms")
        give(product, contact=sms)
        answers(product, link(product))
        product.clock.pass_by(timedelta(hours=11))
        before = len(sent(product))
        write_to_liam(product, named="night")
        (copy,) = (one for one in copies(product) if one["contact"] == sms)
        path = f"/api/patients/liam/copies/{copy['copy_id']}/end"
        product.ask("POST", path, body={"why": "A court"}, token=product.staff("care_coordinator"))

        product.pass_by(timedelta(hours=12))

        assert reached(product, since=before) == [LIAMS_MAILBOX, MOTHERS_MAILBOX], "by e-mail, at once"
        reasons = [m["reason"] for m in messages_of(product, "liam") if m["contact"] == sms]
        assert reasons[-1] == "copy_not_wanted"

    def test_the_record_knows_her_no_more(self, product: Product) -> None:
        product.write(MOTHER | {"active": False})

        assert self.later(product) == [LIAMS_MAILBOX]
        assert [(one["state"], one["in_force"]) for one in copies(product)] == [("accepted", False)]

    def test_her_address_is_another_now(self, product: Product) -> None:
        """Her yes was for the old one: a new address starts with none."""
        product.write(of_family("liams-mother", "Órla", ("email", "new@example.org")))

        assert self.later(product) == [LIAMS_MAILBOX]

    def test_he_has_died(self, product: Product) -> None:
        product.write({**LIAM, "deceasedBoolean": True})

        assert self.later(product) == []

    def test_she_wants_nothing_there_at_all(self, product: Product) -> None:
        """She is a patient too, and says no for her mailbox; that no binds whatever goes there."""
        product.write(a_patient("orla", mail=MOTHERS_MAILBOX))
        no = {"channel": "email", "purpose": "transactional", "choice": "opted_out"}
        said = product.ask("POST", "/api/me/consents", body=no, token=product.patient("orla"))

        assert said.status == 201
        assert self.later(product) == [LIAMS_MAILBOX]

    def test_her_mailbox_sends_everything_back(self, product: Product) -> None:
        write_to_liam(product)
        hers = next(one for one in sent(product)[::-1] if one.recipient.value == MOTHERS_MAILBOX)
        report(product, hers.request_id, "NotDelivered", "invalid-mailbox")
        product.run()

        assert self.later(product) == [LIAMS_MAILBOX]

    def test_erasing_liam_ends_it_and_takes_what_was_sent_to_her(self, product: Product) -> None:
        write_to_liam(product)
        officer = product.staff("privacy_officer")
        body = {"kind": "erase", "patient_id": "liam", "why": "He asked."}
        erased = product.ask("POST", "/api/data-requests", body=body, token=officer)
        product.run()
        for _ in range(5):
            product.pass_by(timedelta(hours=2))

        assert erased.status == 202, erased.json
        path, officer = f"/api/data-requests/{erased.json['id']}", product.staff("privacy_officer")
        went = product.ask("GET", path, token=officer).json["done"]
        hers = f"contact/email/{contact_of(product, 'liams-mother').removeprefix('email~')}"
        assert product.app.documents.look(hers, "consents~all", dict[str, Any]) is None, "not his to say"
        assert went["patient.copies"] == 1
        assert went["contact.decision"] == went["patient.message"] == 3
        assert copies(product) == []

    def test_what_liam_is_given_of_it_leads_neither_to_her_nor_to_her_yes(self, product: Product) -> None:
        write_to_liam(product)
        give(product, "liams-father")
        body = {"kind": "export", "patient_id": "liam", "why": "He asked."}
        asked = product.ask("POST", "/api/data-requests", body=body, token=product.staff("privacy_officer"))
        product.run()
        path, officer = f"/api/data-requests/{asked.json['id']}/export", product.staff("privacy_officer")

        whole = json.dumps(unzipped(product.ask("GET", path, token=officer)))

        assert "Liam has an appointment" in whole, "what was said of him is his"
        assert whole.count(LIAMS_MAILBOX) > 1
        assert MOTHERS_MAILBOX not in whole
        assert FATHERS_MAILBOX not in whole
        assert link(product) not in whole

    def test_her_address_stands_for_nobody_but_her(self, product: Product) -> None:
        """What was written to her about him makes her mailbox nobody's way to his data."""
        body = {"kind": "erase", "email": MOTHERS_MAILBOX, "why": "Asked by letter"}

        answer = product.ask("POST", "/api/data-requests", body=body, token=product.staff("privacy_officer"))

        assert answer.status == 404, answer.json


def is_let_in(product: Product, **terms: Any) -> Answer:
    """Let Liam's mother act for him on her telephone."""
    family = {"related_person_id": "liams-mother", "scopes": ["view_administrative"]} | terms
    asked = {"asks_birth_date": False, "family": family, "why": "The patient asked"}
    nurse = product.staff("care_coordinator")
    made = product.ask("POST", "/api/patients/liam/invitations", body=asked, token=nurse).json
    now = product.clock.real()
    of_hers: dict[str, Any] = {"nbf": now, "exp": now + timedelta(hours=1)}
    phone = product.issuer.token("patients", sub="orlas-phone", **of_hers)
    return product.ask("POST", "/api/me/invitations/redeem", body={"code": made["code"]}, token=phone)


class TestTheQuestion:
    """The letter that asks her whether she wants copies."""

    def asked(self, product: Product, *, channel: str = "email", but: str | None = None) -> str:
        contact = contact_of(product, "liams-mother", channel)
        body = {"related_person_id": "liams-mother", "contact": contact, "matters": CARE}
        given = product.ask("POST", "/api/me/family/copies", body=body, token=product.patient("liam"))
        assert given.status == 202, given.json
        product.run(but=but)
        return given.json["copy_id"]

    def ended(self, product: Product, copy_id: str) -> None:
        path = f"/api/me/family/copies/{copy_id}/end"
        answer = product.ask("POST", path, body={"why": "I am old enough"}, token=product.patient("liam"))
        assert answer.status == 200, answer.json

    def test_stays_where_it_was_held_by_night_and_ended_meanwhile(self, product: Product) -> None:
        product.clock.pass_by(timedelta(hours=11))
        self.ended(product, self.asked(product, channel="sms"))

        product.pass_by(timedelta(hours=12))

        assert sent(product) == []
        assert [m["reason"] for m in messages_of(product, "liam")] == ["copy_not_wanted"]

    @pytest.mark.parametrize("how", ["ended", "died", "not hers"])
    def test_stays_at_the_door_once_it_is_of_no_use(self, product: Product, how: str) -> None:
        copy_id = self.asked(product, but="deliveries")
        match how:
            case "ended":
                self.ended(product, copy_id)
            case "died":
                product.write(LIAM | {"deceasedBoolean": True})
            case _:
                product.write(MOTHER | {"patient": {"reference": "Patient/somebody-else"}})

        product.run()

        assert sent(product) == []
        (letter,) = messages_of(product, "liam")
        assert letter["state"] == "refused"

    def test_goes_where_nothing_has_changed(self, product: Product) -> None:
        self.asked(product, but="deliveries")

        product.run()

        assert [one.recipient.value for one in sent(product)] == [MOTHERS_MAILBOX]


class TestACopyBesideAccess:
    """His mother may act for him when he gives her copies, so they go with that."""

    @pytest.mark.parametrize("terms", [{"until": "2026-11-20T00:00:00Z"}, {"as_guardian": True}])
    def test_ends_when_she_may_not_act_for_him_any_more(
        self, product: Product, terms: dict[str, Any]
    ) -> None:
        product.write(LIAM | {"birthDate": "2008-11-20"})
        let_in = is_let_in(product, **terms)
        a_copied_mother(product)
        write_to_liam(product, named="before")
        while_she_may = reached(product, since=0)

        product.pass_by(timedelta(days=30))
        before = len(sent(product))
        write_to_liam(product, named="after")

        assert let_in.status == 200, let_in.json
        assert while_she_may.count(MOTHERS_MAILBOX) == 2
        assert reached(product, since=before) == [LIAMS_MAILBOX]
        assert [(one["state"], one["in_force"]) for one in copies(product)] == [("accepted", False)]

    def test_does_not_come_back_with_access_that_is_given_again(self, product: Product) -> None:
        is_let_in(product, until="2026-11-20T00:00:00Z")
        a_copied_mother(product)
        product.pass_by(timedelta(days=30))

        again = is_let_in(product, until="2026-12-20T00:00:00Z")
        before = len(sent(product))
        write_to_liam(product, named="after")

        assert again.status == 200, again.json
        assert reached(product, since=before) == [LIAMS_MAILBOX]


class TestAGuardian:
    def test_is_named_by_staff_with_a_reason(self, product: Product) -> None:
        assert give_by_staff(product, as_guardian=True).status == 400
        assert give_by_staff(product, as_guardian=True, why="Custody").status == 202
        assert [one["given_by"] for one in copies(product)] == ["staff"]

    def test_is_copied_until_he_comes_of_age(self, product: Product) -> None:
        """His birthday is on the fifth; at midnight where the clinic is, he is eighteen."""
        product.write(LIAM | {"birthDate": "2008-11-05"})
        give_by_staff(product, as_guardian=True, why="Custody")
        answers(product, link(product))
        product.clock.pass_by(datetime(2026, 11, 4, 23, 59, tzinfo=UTC) - product.clock.now())
        before = len(sent(product))
        write_to_liam(product, named="the-day-before")
        eve = reached(product, since=before)

        product.clock.pass_by(timedelta(minutes=1))
        before = len(sent(product))
        write_to_liam(product, named="the-day")

        assert eve == [LIAMS_MAILBOX, MOTHERS_MAILBOX]
        assert reached(product, since=before) == [LIAMS_MAILBOX]

    def test_of_a_grown_up_there_is_none(self, product: Product) -> None:
        product.write(LIAM | {"birthDate": "1980-11-05"})

        assert give_by_staff(product, as_guardian=True, why="Custody").status == 422

    def test_cannot_be_made_by_the_patient(self, product: Product) -> None:
        assert give(product, as_guardian=True).status == 400


class TestACommercialCopy:
    def test_is_capped_by_its_own_contact_point_and_stopped_by_its_own_link(self, product: Product) -> None:
        """One a day goes to a contact point: Liam's is not hers."""
        a_copied_mother(product, matters=[{"purpose": "commercial"}])
        before = len(sent(product))

        write_to_liam(product, "screening", named="first")
        write_to_liam(product, "screening", named="second")

        assert reached(product, since=before) == [LIAMS_MAILBOX, MOTHERS_MAILBOX]
        hers = next(one for one in sent(product)[before:] if one.recipient.value == MOTHERS_MAILBOX)
        assert "/k/" in hers.text.value
        assert "/p/" not in hers.text.value, "family never speaks for the patient's own contact points"


class TestTheLink:
    def test_changes_nothing_by_being_opened_and_names_nobody(self, product: Product) -> None:
        give(product)
        before = product.footprint()

        pages = [product.ask("GET", f"/k/{link(product)}") for _ in range(3)]

        assert {page.status for page in pages} == {200}
        assert "Messages about your care" in pages[0].body.decode()
        assert "Liam" not in pages[0].body.decode()
        assert product.footprint() == before

    def test_cannot_be_accepted_after_28_days(self, product: Product) -> None:
        give(product)
        sealed = link(product)
        product.clock.pass_by(timedelta(days=28))

        assert answers(product, sealed).status == 410
        assert [one["state"] for one in copies(product)] == ["expired"]

    def test_never_brings_back_what_was_ended(self, product: Product) -> None:
        a_copied_mother(product)
        sealed = link(product)
        answers(product, sealed, b"wants=no")

        answers(product, sealed)

        assert [one["state"] for one in copies(product)] == ["ended"]

    @pytest.mark.parametrize("body", [b"", b"wants=maybe", b"wants=yes&wants=no", b"\xff"])
    def test_takes_no_answer_for_what_is_none(self, product: Product, body: bytes) -> None:
        give(product)

        assert answers(product, link(product), body).status == 400
        assert [one["state"] for one in copies(product)] == ["asked"]

    def test_of_a_former_grant_opens_nothing_of_the_next(self, product: Product) -> None:
        give(product)
        former = link(product)
        give(product, clinical=True)

        answers(product, former)

        assert [one["state"] for one in copies(product)] == ["asked", "ended"]


class TestATemplateForFamily:
    """One that says of itself that it tells nothing of the patient's health."""

    @pytest.mark.parametrize(
        "says",
        [
            "{{ value }}",
            "{% if value %}now{% endif %}",
            "{% for n in value %}{{ n }}{% endfor %}",
            "{{ trigger.clinic }}",
            "{{ trigger['clinic'] }}",
            "{{ trigger.visit }}",
            "{{ trigger.visit.reasonCode }}",
            "{{ trigger.visit[given] }}",
            "{{ trigger.who.birthDate }}",
            "{{ (trigger.result | first).valueQuantity }}",
            "{{ given[value] }}",
            "{{ survey_url }}",
        ],
    )
    @pytest.mark.parametrize("field", ["text", "subject", "html"])
    def test_is_not_saved_where_it_might(self, product: Product, says: str, field: str) -> None:
        body = a_template(f"An appointment. {STOP}", is_clinical=False)
        body["variants"][0] |= {field: f"Dear {says} {STOP}"}

        answer = product.ask("PUT", "/api/templates/new", body=body, token=product.staff("marketing_manager"))

        assert answer.status == 400
        assert answer.fields == {f"variants.0.{field}"}

    def test_is_saved_with_what_tells_of_a_visit_and_who_they_are(self, product: Product) -> None:
        says = (
            "{{ given }}: {{ patient_given | default('they') }} on {{ appointment_at | day }} with "
            "{{ trigger.visit.participant[1].actor }} at {{ trigger.place.address.city }}"
            "{% for n in range(2) %}!{{ n }}{{ loop.index }}{% endfor %}"
        )
        body = a_template(f"{says} {STOP}", is_clinical=False)

        answer = product.ask("PUT", "/api/templates/new", body=body, token=product.staff("marketing_manager"))

        assert answer.status == 200, answer.json

    def test_that_tells_of_health_says_what_it_likes(self, product: Product) -> None:
        body = a_template("{{ value }} {{ trigger.visit.reasonCode }}")

        answer = product.ask("PUT", "/api/templates/new", body=body, token=product.staff("marketing_manager"))

        assert answer.status == 200, answer.json


class TestGiving:
    @pytest.mark.parametrize(
        ("more", "status"),
        [
            ({"contact": "email~" + "0" * 40}, 422),
            ({"contact": "pigeon~1"}, 400),
            ({"related_person_id": "somebody"}, 422),
            ({"matters": []}, 400),
            ({"matters": [{"purpose": "tracking"}]}, 400),
            ({"matters": CARE * 2}, 400),
            ({"matters": [{"purpose": "commercial", "topic": "a b"}]}, 400),
            ({"until": "2020-01-01T00:00:00Z"}, 400),
        ],
    )
    def test_of_what_cannot_be_is_refused(self, product: Product, more: dict[str, Any], status: int) -> None:
        assert give(product, **more).status == status
        assert sent(product) == []

    def test_under_one_key_asks_once(self, product: Product) -> None:
        body = {
            "related_person_id": "liams-mother",
            "contact": contact_of(product, "liams-mother"),
            "matters": CARE,
        }
        for _ in range(2):
            token = product.patient("liam")
            answer = product.ask("POST", "/api/me/family/copies", body=body, token=token, Idempotency_Key="k")
            assert answer.status == 202
            product.run()

        assert len(sent(product)) == 1
        assert len(copies(product)) == 1

    def test_again_and_again_is_refused_until_tomorrow(self, product: Product) -> None:
        """His mother has said no; she is not to be asked until she gives in."""
        statuses = [give(product).status for _ in range(5)]
        asked = len(sent(product))

        again, by_staff = give(product), give_by_staff(product, why="He asks.")
        product.pass_by(timedelta(days=1))

        assert (statuses, asked) == ([202] * 5, 5)
        assert (again.status, by_staff.status, len(sent(product))) == (429, 429, 5)
        assert int(again.headers["retry-after"]) <= 24 * 3600
        assert give(product).status == 202

    def test_is_the_patients_alone(self, product: Product) -> None:
        """Maria cannot have Liam's mother copied on anything."""
        product.write(a_patient("maria"))
        body = {
            "related_person_id": "liams-mother",
            "contact": contact_of(product, "liams-mother"),
            "matters": CARE,
        }

        answer = product.ask("POST", "/api/me/family/copies", body=body, token=product.patient("maria"))

        assert answer.status == 422
        assert copies(product) == []
