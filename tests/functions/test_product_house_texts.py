"""What the house itself writes ships with the product, and comes out whole (PA-1, PA-7, PA-9, CO-8)."""

import re
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from local.definitions import FOLDERS, definitions
from shared.adapters.codec import from_json
from shared.adapters.local_messages import LocalMessage
from shared.messaging.invitation_letters import InvitationTemplates
from shared.messaging.template import TemplateContent, checked
from shared.wiring import house_rules
from tests.support.issuer import Issuer
from tests.support.product import Answer, Product, a_product
from tests.support.product_newsletter import PROFILE, YES
from tests.support.product_story import MAILBOX, MOBILE, a_patient, sent

TEXTS = {
    file.stem: file
    for kind, file in definitions()
    if kind == "templates" and file.parts[-3] == "house_definitions"
}
CONTENTS = {
    name: from_json(file.read_bytes(), TemplateContent, strangers=False) for name, file in TEXTS.items()
}
LANGUAGES = ("en", "pt-BR", "sv-SE", "es")
BOTH = {"email", "sms"}
ABOUT_SOMEBODY = {"family-invitation", "copies-confirmation"}
LINK = re.compile(r"https?://\S+")
TOKEN = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
CODE = re.compile(r"\b[A-Z0-9]{4}(?:-[A-Z0-9]{4}){4}\b")
THREE_TEXTS = 3 * 67
"""Characters in three parts of UCS-2, which is what letters beyond GSM 03.38 cost."""


@pytest.fixture
def product(tmp_path: Path, issuer: Issuer) -> Generator[Product]:
    with a_product(tmp_path, issuer) as one:
        for name, file in TEXTS.items():
            _put(one, f"/api/templates/{name}", file.read_bytes())
        yield one


def a_family(product: Product, language: str, *, given: str | None = "Órla") -> None:
    """Write Liam and his mother, who both read this language."""
    speaks = [{"language": {"coding": [{"code": language}]}, "preferred": True}]
    telecom = [{"system": "sms", "value": "+46701740609"}, {"system": "email", "value": "orla@example.org"}]
    mother: dict[str, Any] = {
        "resourceType": "RelatedPerson",
        "id": "liams-mother",
        "active": True,
        "patient": {"reference": "Patient/liam"},
        "name": [{"given": [given]}] if given else [{"family": "O'Neill"}],
        "telecom": telecom,
        "communication": speaks,
    }
    liam = a_patient("liam", birthDate="1999-07-31", communication=speaks)
    product.write(liam | {"name": [{"given": ["Liam"]}]} if given else liam | {"name": []}, mother)
    product.run()


def _put(product: Product, path: str, body: Any) -> None:
    answer = product.ask("PUT", path, body=body, token=product.staff("marketing_manager"))
    assert answer.status == 200, answer.json


def post(product: Product, path: str, **body: Any) -> Answer:
    answer = product.ask("POST", path, body=body, token=product.staff("care_coordinator"))
    assert answer.status in (201, 202), answer.json
    product.run()
    return answer


def addresses(product: Product, query: str = "") -> list[str]:
    path = f"/api/patients/liam/invitation-addresses{query}"
    shown = product.ask("GET", path, token=product.staff("care_coordinator")).json["addresses"]
    return [one["contact"] for one in shown]


def invite(product: Product) -> None:
    for contact in addresses(product):
        post(product, "/api/patients/liam/invitations/send", contact=contact)


def invite_family(product: Product) -> None:
    asked = {
        "family": {"related_person_id": "liams-mother", "scopes": ["view_administrative"]},
        "why": "Asked",
    }
    for contact in addresses(product, "?related_person_id=liams-mother"):
        post(product, "/api/patients/liam/invitations/send", contact=contact, **asked)


def offer_copies(product: Product) -> None:
    asked = {"related_person_id": "liams-mother", "matters": [{"purpose": "transactional"}], "why": "Asked"}
    for contact in addresses(product, "?related_person_id=liams-mother"):
        post(product, "/api/patients/liam/copies", contact=contact, **asked)


def change_details(product: Product) -> None:
    path, liam = "/api/me/personal-information", product.patient("liam")
    etag = product.ask("GET", path, token=liam).headers["etag"]
    new = {"contact_points": [{"system": "email", "value": "new@example.org"}]}
    assert product.ask("PATCH", path, body=new, token=liam, If_Match=etag).status == 200
    product.run()


def say_yes(product: Product) -> None:
    wants = {"double_opt_in": "every_submit", "confirmed_by": "opt-in-confirmation"}
    _put(product, "/api/compliance-profiles/womens-health", PROFILE | wants)
    for channel, address in (("sms", MOBILE), ("email", MAILBOX)):
        body = YES | {"channel": channel, "address": address}
        answer = product.ask("POST", "/api/me/opt-ins", body=body, token=product.patient("liam"))
        assert answer.status == 202, answer.json
    product.run()


ACTS = {
    "portal-invitation": (invite, CODE),
    "family-invitation": (invite_family, CODE),
    "copies-confirmation": (offer_copies, re.compile(r"https?://\S+/k/[\w.-]+")),
    "contact-details-changed": (change_details, re.compile(r"2026")),
    "opt-in-confirmation": (say_yes, re.compile(r"https?://\S+/c/[\w.-]+")),
}


def whole(name: str, one: LocalMessage) -> bool:
    """Say whether all that the template itself says, in the reader's language, stands in the message."""
    written = next(
        v for v in CONTENTS[name].variants if (v.channel, v.language) == (one.channel, one.language)
    )
    return all(piece in one.text.value for piece in TOKEN.split(written.text))


class TestWhatShips:
    def test_is_all_that_the_house_writes_by(self) -> None:
        """Whoever names another template in the house's rules ships it, and lets it be sent here."""
        named = [value for name, value in vars(house_rules).items() if name.endswith("_TEMPLATE")]
        for value in vars(house_rules).values():
            named += [value.patient, value.family] if isinstance(value, InvitationTemplates) else []

        assert len(named) == 4
        assert set(named) <= set(TEXTS)
        assert set(ACTS) == set(TEXTS)

    def test_is_kept_before_what_speaks_of_it(self) -> None:
        assert FOLDERS[0][0].name == "house_definitions"

    @pytest.mark.parametrize("name", TEXTS)
    def test_speaks_on_both_channels_in_all_languages(self, name: str) -> None:
        spoken = {(one.channel, one.language) for one in checked(CONTENTS[name]).variants}

        assert spoken == {(channel, language) for channel in BOTH for language in LANGUAGES}


@pytest.mark.parametrize("name", ACTS)
class TestTheText:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_comes_out_whole(self, product: Product, name: str, language: str) -> None:
        act, holds = ACTS[name]
        a_family(product, language)

        act(product)

        assert {(one.channel, one.language) for one in sent(product)} == {(each, language) for each in BOTH}
        for one in sent(product):
            assert whole(name, one), one.text.value
            assert holds.search(one.text.value), one.text.value
            assert "Liam" in one.text.value or name not in ABOUT_SOMEBODY
            assert one.channel == "email" or len(LINK.sub("", one.text.value)) <= THREE_TEXTS

    def test_needs_no_name(self, product: Product, name: str) -> None:
        """A record may have none for the patient, and only a family name for the mother."""
        act, _ = ACTS[name]
        a_family(product, "en", given=None)

        act(product)

        assert {one.channel for one in sent(product)} == BOTH
        assert not any(re.search(r"  | ,", one.text.value) for one in sent(product))
