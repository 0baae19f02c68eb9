"""A host in which something of every kind has happened: what there is to be asked for over HTTP."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from local.own_host import OwnHost
from shared.adapters.local_messages import LocalMessages
from tests.support.product_chat_house import MONDAY_MORNING, ChatHouse
from tests.support.product_story import a_patient

VISITS = {
    "name": "Visits",
    "kind": "customer",
    "over": {"kind": "records", "resource": "Appointment"},
    "calculations": [{"name": "visits", "function": "count"}],
    "state": "live",
}
ORDERS = {
    "name": "Order",
    "source": "Web shop",
    "kind": "sales_order",
    "fields": {"key": "id", "patient": "whose", "at": "at"},
}
ADA_MOBILE, ADA_MAILBOX = "+46701740607", "ada@example.org"


@dataclass(frozen=True, slots=True)
class Busy:
    """Who may come in, and by the names that ids have in paths, which there are."""

    tokens: Mapping[str, str]
    ids: Mapping[str, list[str]]


def made_busy(house: ChatHouse) -> Busy:
    """Let Maria talk with the bot and book, a person talk with John, and Ada be asked how it was."""
    host = house.host
    house.ask(
        "PUT", "/api/me/presence", token=house.maker, body={"presence": "available", "display_name": "Nina"}
    )
    talk, talks_with = opened(house, "maria")
    held, _ = taken(house, "john")
    link = an_invitation(house)
    maria = host.token("patient", patient_id="maria")
    bookable(host)
    booked = house.ask("POST", "/api/me/appointments", token=maria, body={"slot_id": "slot-0"})
    task = house.ask(
        "POST", "/api/tasks", token=house.maker, body={"description": "Call", "patient_id": "maria"}
    )
    house.ask("POST", "/api/shipped-segments/diabetes-out-of-range/install", token=house.maker)
    house.ask("PUT", "/api/measures/visits", body=VISITS, token=house.maker)
    house.ask("PUT", "/api/activity-types/orders", body=ORDERS, token=house.maker)
    told = {"activity_type": "orders", "items": [{"id": 7, "whose": "maria", "at": "2026-03-01T08:00:00Z"}]}
    (order,) = house.ask("POST", "/api/activities", body=told, token=house.maker)["items"]
    host.until_idle()
    ids = {
        "patient_id": ["maria", "john"],
        "conversation_id": [talk, held],
        "appointment_id": [booked["id"]],
        "task_id": [task["id"]],
        "segment_id": ["diabetes-out-of-range"],
        "measure_id": ["visits"],
        "type_id": ["orders"],
        "activity_id": [order["activity_id"]],
        "queue_id": ["patient-services"],
        "queue": ["deliveries"],
        "link": [link],
    }
    return Busy({"staff": house.maker, "patient": maria, "conversation": talks_with}, ids)


def opened(house: ChatHouse, patient_id: str) -> tuple[str, str]:
    """Let a patient open the chat; give the conversation and its token."""
    given = house.chat_token(patient_id)
    house.ask("POST", "/v3/directline/conversations", token=given["token"])
    return given["conversationId"], given["token"]


def taken(house: ChatHouse, patient_id: str) -> tuple[str, str]:
    """Let a patient ask for a person, and the maker, who is one, take it."""
    talk, token = opened(house, patient_id)
    says(house, talk, token, "I want to talk to a person")
    house.accept(talk, house.maker)
    return talk, token


def says(house: ChatHouse, talk: str, token: str, text: str) -> Any:
    path = f"/v3/directline/conversations/{talk}/activities"
    return house.ask("POST", path, token=token, body={"type": "message", "text": text})


def an_invitation(house: ChatHouse) -> str:
    """Let Ada's conversation be closed; give the link of her invitation."""
    house.host.put_resource(a_patient("ada", phone=ADA_MOBILE, mail=ADA_MAILBOX))
    talk, _ = taken(house, "ada")
    for does in ("end", "close"):
        house.ask("POST", f"/api/conversations/{talk}/{does}", token=house.maker)
    house.host.until_idle()
    sent = LocalMessages(house.host.folder / "messages.db").list(limit=10).items
    links = [re.search(r"/s/(\S+)", message.text.value) for message in sent]
    return next(link[1] for link in links if link)


def bookable(host: OwnHost) -> None:
    """Let Dr Holm have three slots on Tuesday."""
    host.put_resource({"resourceType": "Practitioner", "id": "holm", "name": [{"family": "Holm"}]})
    actor = [{"reference": "Practitioner/holm"}]
    host.put_resource({"resourceType": "Schedule", "id": "holm", "active": True, "actor": actor})
    for number in range(3):
        starts = MONDAY_MORNING + timedelta(days=1, hours=number)
        slot = {"resourceType": "Slot", "id": f"slot-{number}", "status": "free"}
        times = {"start": starts.isoformat(), "end": (starts + timedelta(minutes=20)).isoformat()}
        host.put_resource(slot | times | {"schedule": {"reference": "Schedule/holm"}})
