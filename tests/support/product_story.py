"""The shipped story in the real product: a high HbA1c, a text message, three days, an e-mail."""

from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from shared.adapters.local_messages import LocalMessage
from shared.fhir.ports import Resource
from tests.support import fhir_people
from tests.support.product import Answer, Product

SHIPPED = Path(__file__).parents[2] / "local" / "flow_definitions"
TRIGGER, JOURNEY = "hba1c-above-threshold", "hba1c-follow-up"
SMS, EMAIL = "hba1c-talk-sms", "hba1c-talk-email"
TODAY = "2026-11-02T09:30:00Z"
MOBILE, MAILBOX = "+46701740605", "maria@example.org"
JOHNS_MOBILE, JOHNS_MAILBOX = "+46701740606", "john@example.org"
THREE_DAYS = timedelta(days=3)


@cache
def shipped(kind: str, name: str) -> bytes:
    """Give a definition as it ships."""
    return (SHIPPED / kind / f"{name}.json").read_bytes()


def keep_definitions(product: Product) -> None:
    """Put the shipped trigger, templates and journey in force."""
    maker = product.staff("marketing_manager")
    for kind, name in (
        ("triggers", TRIGGER),
        ("templates", SMS),
        ("templates", EMAIL),
        ("journeys", JOURNEY),
    ):
        answer = product.ask("PUT", f"/api/{kind}/{name}", body=shipped(kind, name), token=maker)
        assert answer.status == 200, answer.json
    product.pass_by(timedelta(seconds=2))  # by then every machine knows of them


def begin_story(product: Product) -> Product:
    """Let Maria's result come in; of John, who is no different, nothing has come yet."""
    keep_definitions(product)
    product.write(a_patient("maria"), a_patient("john", phone=JOHNS_MOBILE, mail=JOHNS_MAILBOX))
    product.write(an_hba1c(of="maria"))
    product.run()
    return product


def a_patient(id: str = "maria", *, phone: str = MOBILE, mail: str = MAILBOX, **more: Any) -> Resource:  # noqa: A002  # FHIR's own word
    """Build a patient who can be reached by text message and by e-mail."""
    telecom = [{"system": "sms", "value": phone}, {"system": "email", "value": mail}]
    return {**fhir_people.a_patient(id), "telecom": telecom, **more}


def an_hba1c(
    id: str = "hba1c",  # noqa: A002  # FHIR's own word
    *,
    of: str = "maria",
    value: float = 8.2,
    status: str = "final",
) -> Resource:
    """Build a result of today, high unless told otherwise."""
    return fhir_people.an_hba1c(id, of=of, value=value, at=TODAY, status=status)


def sent(product: Product) -> list[LocalMessage]:
    """Give what has been sent, oldest first."""
    return list(product.app.local_messages.list().items)[::-1]


def messages_of(product: Product, patient_id: str = "maria") -> list[Any]:
    """Give a patient's messages as staff are shown them, in the order in which they were asked for."""
    answer = product.ask(
        "GET", f"/api/patients/{patient_id}/messages", token=product.staff("care_coordinator")
    )
    assert answer.status == 200, answer.json
    return sorted(answer.json["messages"], key=lambda message: message["asked_at"])


def states_of(product: Product, patient_id: str = "maria") -> list[tuple[str, str, str | None]]:
    """Give of each message its channel, how far it has come, and why no farther."""
    return [(m["channel"], m["state"], m["reason"]) for m in messages_of(product, patient_id)]


def why(product: Product, message: Any, patient_id: str = "maria") -> Any:
    """Ask why a patient did, or did not, get a message."""
    path = f"/api/patients/{patient_id}/messages/{message['message_id']}/why"
    answer = product.ask("GET", path, token=product.staff("care_coordinator"))
    assert answer.status == 200, answer.json
    return answer.json


def enrolments_of(product: Product, patient_id: str = "maria") -> list[Any]:
    """Give a patient's enrolments as staff are shown them."""
    path = f"/api/patients/{patient_id}/enrolments"
    answer = product.ask("GET", path, token=product.staff("care_coordinator"))
    assert answer.status == 200, answer.json
    return answer.json["enrolments"]


def parked(product: Product) -> list[Any]:
    """Give the parked messages as an operator is shown them."""
    answer = product.ask("GET", "/api/parked", token=product.staff("operator"))
    assert answer.status == 200, answer.json
    return answer.json["messages"]


def report(product: Product, request_id: str, status: str, reason: str | None = None) -> Answer:
    """Report what became of a message, as its provider does."""
    body = {"RequestId": request_id, "Status": status}
    return product.call("record_delivery_report", body | ({"Details": {"Reason": reason}} if reason else {}))


def audited(product: Product, *, patient_id: str | None = None) -> list[Any]:
    """Give the audit of today, or of a patient, page after page as the privacy officer reads it."""
    asked = f"patient_id={patient_id}" if patient_id else f"day={product.clock.now().date()}"
    entries: list[Any] = []
    after = ""
    while True:
        page = product.ask("GET", f"/api/audit?{asked}{after}", token=product.staff("privacy_officer")).json
        entries += page["entries"]
        if page["next"] is None:
            return entries
        after = f"&after={page['next']}"
