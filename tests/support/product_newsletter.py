"""A clinic that writes newsletters under a compliance profile, and whoever reads them."""

import re
from typing import Any

from shared.kernel.announcements import Announcement
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.messaging.model import Channel, SendMessage
from tests.support.product import Answer, Product
from tests.support.product_story import JOHNS_MAILBOX, JOHNS_MOBILE, MAILBOX, a_patient, sent

FORM = "application/x-www-form-urlencoded"
ONE_CLICK = b"List-Unsubscribe=One-Click"
PROFILE: dict[str, Any] = {
    "name": "St. Ansgar's, women's health",
    "company_address": "Ansgarsgatan 1\n753 10 Uppsala",
    "purposes": [
        {
            "purpose": "commercial",
            "name": "Invitations",
            "topics": [
                {"id": "screening", "name": "Screening", "description": "Mammography & more"},
                {"id": "courses", "name": "Courses"},
                {"id": "magazine", "name": "Magazine", "state": "inactive"},
            ],
        },
        {
            "purpose": "transactional",
            "name": "Your care",
            "rules": [{"channel": "email", "model": "disabled"}],
        },
    ],
}
LETTER: dict[str, Any] = {
    "purpose": "commercial",
    "topic": "screening",
    "profile_id": "womens-health",
    "default_language": "en",
    "variants": [
        {
            "channel": "email",
            "language": "en",
            "subject": "Screening",
            "text": "Come and see us. {{ company_address }} No more: {{ unsubscribe_url }}",
        }
    ],
}
PLEASE_CONFIRM: dict[str, Any] = {
    "purpose": "transactional",
    "default_language": "en",
    "variants": [
        {"channel": "email", "language": "en", "subject": "Is it you?", "text": "Confirm: {{ confirm_url }}"}
    ],
}
YES: dict[str, Any] = {
    "profile_id": "womens-health",
    "channel": "email",
    "address": MAILBOX,
    "matters": [{"purpose": "commercial", "topic": "screening"}, {"purpose": "commercial"}],
}


def open_newsroom(product: Product) -> Product:
    """Keep the profile and the letter, and let Maria and John be known."""
    maker = product.staff("marketing_manager")
    kept = product.ask("PUT", "/api/compliance-profiles/womens-health", body=PROFILE, token=maker)
    assert kept.status == 200, kept.json
    letter = product.ask("PUT", "/api/templates/screening", body=LETTER, token=maker)
    assert letter.status == 200, letter.json
    product.write(a_patient("maria"), a_patient("john", phone=JOHNS_MOBILE, mail=JOHNS_MAILBOX))
    product.run()
    return product


def write_to(
    product: Product, patient_id: str = "maria", *, named: str = "n1", template: str = "screening"
) -> None:
    """Ask for one e-mail, and leave it where it is."""
    asked = SendMessage(
        named, PatientId(patient_id), Channel.EMAIL, template, "campaign~1", Sensitive({"clinic": "Ansgar"})
    )
    product.app.publisher.publish([Announcement(asked, named, (named, 1))])


def link_of(product: Product) -> str:
    """Give what is sealed in the link at the foot of the newest e-mail."""
    found = re.search(r"/p/([\w.-]+)", sent(product)[-1].text.value)
    assert found
    return found[1]


def opens(product: Product, link: str) -> Answer:
    return product.ask("GET", f"/p/{link}")


def fills_in(product: Product, link: str, form: bytes) -> Answer:
    return product.send("POST", f"/p/{link}", body=form, headers={"Content-Type": FORM})


def clicks_once(product: Product, link: str, body: bytes = ONE_CLICK, kind: str = FORM) -> Answer:
    return product.send("POST", f"/u/{link}", body=body, headers={"Content-Type": kind})


def said(product: Product, patient_id: str = "maria") -> list[dict[str, Any]]:
    """Give all that was ever heard of a patient, as staff are shown it."""
    path = f"/api/patients/{patient_id}/consent-history"
    answer = product.ask("GET", path, token=product.staff("privacy_officer"))
    assert answer.status == 200, answer.json
    return sorted(answer.json["said"], key=lambda one: one["heard_at"])
