"""What a message says to Maria of herself, and never to anybody else (FH-13)."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.kernel.announcements import Announcement
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.messaging.gate.patient_words import WORDS
from shared.messaging.model import Channel, SendMessage
from tests.support.issuer import Issuer
from tests.support.product import Answer, Product, a_product
from tests.support.product_story import MAILBOX, MOBILE, a_patient, sent, states_of

ALL = " | ".join(f"{word}={{{{ patient.{word} }}}}" for word in sorted(WORDS))
DOCTOR = {"resourceType": "Practitioner", "id": "dr", "name": [{"given": ["Ciara"], "family": "O'Shea"}]}
ROLE = {"resourceType": "PractitionerRole", "id": "dr-here", "practitioner": {"reference": "Practitioner/dr"}}
CLINIC = {"resourceType": "Organization", "id": "north", "name": "North Clinic"}
MOVED = {"use": "old", "line": ["Kungsgatan 9"], "city": "Lund"}
BILLED = {"use": "billing", "line": ["Box 3"], "city": "Solna"}
AT_WORK = {"use": "work", "line": ["Torget 2"], "city": "Gävle"}
AT_HOME = {
    "use": "home",
    "line": ["Storgatan 1", "lgh 4"],
    "city": "Uppsala",
    "postalCode": "753 10",
    "country": "SE",
}
MARIA: dict[str, Any] = {
    **a_patient("maria", birthDate="1980-02-29"),
    "gender": "female",
    "telecom": [
        {"system": "sms", "value": MOBILE, "rank": 2},
        {"system": "email", "value": MAILBOX, "rank": 1},
    ],
    "address": [MOVED, BILLED, AT_WORK, AT_HOME],
    "communication": [{"language": {"coding": [{"code": "sv"}]}, "preferred": True}],
    "generalPractitioner": [{"reference": "PractitionerRole/dr-here"}],
    "managingOrganization": {"reference": "Organization/north"},
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/timezone", "valueCode": "Europe/Stockholm"}
    ],
}
NOBODY_ASKED = {name: part for name, part in a_patient("maria").items() if name != "gender"}
MOTHER: dict[str, Any] = {
    "resourceType": "RelatedPerson",
    "id": "mother",
    "active": True,
    "patient": {"reference": "Patient/maria"},
    "telecom": [{"system": "email", "value": "orla@example.org"}],
}


@pytest.fixture
def product(tmp_path: Path, issuer: Issuer) -> Generator[Product]:
    with a_product(tmp_path, issuer) as one:
        one.write(DOCTOR, ROLE, CLINIC, MARIA, MOTHER)
        one.run()
        yield one


def put(product: Product, text: str, name: str = "words") -> Answer:
    variants = [
        {"channel": channel, "language": "en", "text": text}
        | ({"subject": "Hello"} if channel == "email" else {})
        for channel in ("email", "sms")
    ]
    body = {"purpose": "transactional", "default_language": "en", "variants": variants}
    return product.ask("PUT", f"/api/templates/{name}", body=body, token=product.staff("marketing_manager"))


def said(product: Product, text: str, *, channel: Channel = Channel.EMAIL, **values: str) -> str | None:
    """Send it to Maria; give what reached her."""
    assert put(product, text).status == 200
    order = SendMessage("m1", PatientId("maria"), channel, "words", "campaign~1", Sensitive(values))
    product.app.publisher.publish([Announcement(order, "m1", ("m1", 1))])
    product.run()
    return sent(product)[-1].text.value if sent(product) else None


class TestAWord:
    def test_is_what_the_record_says(self, product: Product) -> None:
        text = said(product, ALL)

        assert text is not None
        assert dict(part.split("=") for part in text.split(" | ")) == {
            "address": "Storgatan 1, lgh 4, 753 10, Uppsala",
            "city": "Uppsala",
            "country": "SE",
            "gender": "female",
            "general_practitioner": "Ciara O'Shea",
            "language": "sv",
            "organisation": "North Clinic",
            "preferred_channel": "email",
            "time_zone": "Europe/Stockholm",
        }

    @pytest.mark.parametrize("word", sorted(WORDS))
    def test_that_the_record_lacks_takes_its_default_or_stops_the_message(
        self, product: Product, word: str
    ) -> None:
        product.write(NOBODY_ASKED)

        assert said(product, f"{{{{ patient.{word} }}}}!") is None
        assert states_of(product, "maria") == [("email", "refused", "template_incomplete")]

    @pytest.mark.parametrize("word", sorted(WORDS))
    def test_may_have_a_default(self, product: Product, word: str) -> None:
        product.write(NOBODY_ASKED)

        assert said(product, f"{{{{ patient.{word} | default('none') }}}}!") == "none!"

    def test_is_never_where_somebody_lived_or_is_billed(self, product: Product) -> None:
        product.write(MARIA | {"address": [MOVED, BILLED]})

        assert said(product, "{{ patient.city | default('your town') }}") == "your town"

    def test_is_read_anew_when_the_message_is_written(self, tmp_path: Path, issuer: Issuer) -> None:
        """It waits for the morning, and by then she has moved."""
        with a_product(tmp_path / "night", issuer, at=datetime(2026, 11, 2, 22, tzinfo=UTC)) as product:
            product.write(MARIA)
            assert said(product, "{{ patient.city }}", channel=Channel.SMS) is None
            product.write(MARIA | {"address": [AT_WORK]})

            product.pass_by(timedelta(hours=12))

            assert [one.text.value for one in sent(product)] == ["Gävle"]

    def test_stands_back_for_a_value_of_its_name(self, product: Product) -> None:
        assert said(product, "Dear {{ patient }}", patient="Maria") == "Dear Maria"

    @pytest.mark.parametrize(
        "text",
        [
            "{{ patient.birth_date }}",
            "{{ patient.identifiers }}",
            "{{ patient.conditions | default('') }}",
            "{% if patient.is_deceased %}x{% endif %}",
            "{{ patient['birth_date'] }}",
            "{{ patient[given] }}",
        ],
    )
    def test_that_is_not_among_them_is_refused_when_it_is_saved(self, product: Product, text: str) -> None:
        answer = put(product, f"Hello {text}")

        assert (answer.status, answer.json["type"]) == (422, "/problems/unreadable-template")


class TestFamily:
    @pytest.mark.parametrize("word", sorted(WORDS))
    def test_is_told_none_of_it(self, product: Product, word: str) -> None:
        """Her mother may know whom it is about, and no more (decision 45)."""
        text = f"{{{{ invitation_code }}}} {{{{ patient.{word} | default('not said') }}}}"
        assert put(product, text, "family-invitation").status == 200
        coordinator = product.staff("care_coordinator")
        path = "/api/patients/maria/invitation-addresses?related_person_id=mother"
        (address,) = product.ask("GET", path, token=coordinator).json["addresses"]
        family = {"related_person_id": "mother", "scopes": ["view_administrative"]}
        body = {"contact": address["contact"], "family": family, "why": "She asked"}

        product.ask("POST", "/api/patients/maria/invitations/send", body=body, token=coordinator)
        product.run()

        (letter,) = sent(product)
        assert letter.recipient.value == "orla@example.org"
        assert letter.text.value.endswith(" not said")
