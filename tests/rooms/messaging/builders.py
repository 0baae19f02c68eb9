"""Messages, templates and people as the gate sees them."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from shared.access.model import Caller
from shared.calendars.model import EVERY_DAY, QuietTime, Window
from shared.consent.model import Choice, Consent, Purpose, Source
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.messaging import model
from shared.messaging.gate.situation import QuietRule, Situation
from shared.messaging.model import Channel, SendMessage
from shared.messaging.template import MessageTemplate, TemplateContent, Variant
from shared.patients.contact_keys import ContactKeys
from shared.patients.in_fhir import profile_from
from shared.patients.model import Profile
from tests.rooms.patients.builders import a_patient

ADA = PatientId("ada")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NIGHT = Window(EVERY_DAY, starts=time(21), ends=time(8))
EVERYBODY = QuietRule(tuple(Channel), tuple(Purpose), QuietTime("Europe/London", (NIGHT,)))
KEYS = ContactKeys(Sensitive(b"a key for tests"))
MOBILE = KEYS.contact(Channel.SMS, "+447700900123")
NURSE = Caller(subject="nurse", issuer="https://staff.example")


def a_content(purpose: Purpose = Purpose.TRANSACTIONAL, **more: Any) -> TemplateContent:
    settled: dict[str, Any] = {
        "purpose": purpose,
        "default_language": "en",
        "variants": (
            Variant(Channel.SMS, "en", "Dear {{ given }}, please book: {{ link }}. STOP to stop"),
            Variant(Channel.SMS, "pt-BR", "{{ given }}, agende: {{ link }}. SAIR para sair"),
            Variant(
                Channel.EMAIL,
                "en",
                "Dear {{ given }}, book: {{ link }} ({{ unsubscribe_url }})",
                subject="Your blood sugar",
                html="<p>Dear {{ given }} {{ unsubscribe_url }}</p>",
            ),
        ),
    }
    return TemplateContent(**{**settled, **more})


def a_template(purpose: Purpose = Purpose.TRANSACTIONAL, **more: Any) -> MessageTemplate:
    return MessageTemplate("hba1c", 1, a_content(purpose, **more), NOON)


def a_profile(language: str = "en-GB", **more: Any) -> Profile:
    return profile_from(a_patient("ada", language=language, **more), region="GB")


def an_order(message_id: str = "m1", **more: Any) -> model.DecideSending:
    settled: dict[str, Any] = {
        "contact": MOBILE,
        "message_id": message_id,
        "patient_id": ADA,
        "channel": Channel.SMS,
        "address": Sensitive("+447700900123"),
        "template_id": "hba1c",
        "because": "enrolment~1",
        "values": Sensitive({"link": "https://clinic.example/b"}),
    }
    return model.DecideSending(**{**settled, **more})


def a_situation(**more: Any) -> Situation:
    settled: dict[str, Any] = {
        "order": an_order(),
        "profile": a_profile(),
        "template": a_template(),
        "consents": (),
        "suppression": None,
        "sent": (),
        "outreach_is_on": True,
        "now": NOON,
    }
    return Situation(**{**settled, **more})


def a_consent(choice: Choice, purpose: Purpose = Purpose.COMMERCIAL, topic: str | None = None) -> Consent:
    return Consent(ADA, purpose, topic, choice, NOON - timedelta(days=1), Source.PATIENT)


def a_request(message_id: str = "m1", **more: Any) -> SendMessage:
    settled: dict[str, Any] = {
        "message_id": message_id,
        "patient_id": ADA,
        "channel": Channel.SMS,
        "template_id": "hba1c",
        "because": "enrolment~1",
        "values": Sensitive({"link": "https://clinic.example/b"}),
    }
    return SendMessage(**{**settled, **more})
