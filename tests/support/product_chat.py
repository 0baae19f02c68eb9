"""The shipped chat in the real product: a bot, a person, a survey afterwards, and bookings."""

import json
import re
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from local.own_host import ROOT
from tests.support.issuer import NOON
from tests.support.product import Answer, Product
from tests.support.product_routes import route_named
from tests.support.product_story import a_patient, sent

DEFINITIONS = ROOT / "local" / "story_definitions"
KINDS = ("templates", "queues", "scenarios", "surveys", "workstreams")
MAKER = "omnichannel_administrator"
WORKSTREAM = "live-chat"
TOMORROW = NOON + timedelta(days=1)
JOHN: dict[str, Any] = {
    "phone": "+46701740606",
    "mail": "john@example.org",
    "name": [{"family": "Okafor", "given": ["John"]}],
}


def open_chat_desk(product: Product) -> Product:
    """Keep the shipped chat, let Maria and John be in the record, and Sam be free."""
    maker = product.staff(
        "omnichannel_administrator", "marketing_manager", "productivity_tools_administrator"
    )
    for kind in KINDS:
        for file in sorted((DEFINITIONS / kind).glob("*.json")):
            answer = product.ask("PUT", f"/api/{kind}/{file.stem}", body=file.read_bytes(), token=maker)
            assert answer.status == 200, (file.name, answer.json)
    product.write(a_patient("maria"), a_patient("john", **JOHN))
    presence = {"presence": "available", "display_name": "Sam"}
    assert product.ask("PUT", "/api/me/presence", body=presence, token=sam(product)).status == 200
    product.pass_by(timedelta(seconds=5))  # by then every reader knows of them
    return product


@contextmanager
def a_bot_elsewhere(product: Product) -> Generator[None]:
    """Let whoever opens a chat while this lasts talk with a bot that is not ours."""
    shipped = json.loads((DEFINITIONS / "workstreams" / f"{WORKSTREAM}.json").read_bytes())
    try:
        _keep_workstream(product, shipped | {"scenario_id": None})
        yield
    finally:
        _keep_workstream(product, shipped)


def _keep_workstream(product: Product, workstream: object) -> None:
    path, token = f"/api/workstreams/{WORKSTREAM}", product.staff(MAKER)
    etag = product.ask("GET", path, token=token).headers["etag"]
    kept = product.ask("PUT", path, body=workstream, token=token, If_Match=etag)
    assert kept.status == 200, kept.json
    product.pass_by(timedelta(seconds=5))  # by then every reader knows of it


def sam(product: Product) -> str:
    """Sign Sam in, who is at the chat desk."""
    return product.staff("customer_service_representative", "omnichannel_supervisor", sub="sam")


class Chat:
    """One conversation: the patient's side, and Sam's."""

    def __init__(self, product: Product, patient_id: str = "maria") -> None:
        given = product.ask("POST", "/api/me/chat-token", token=product.patient(patient_id))
        assert given.status == 200, given.json
        self.product, self.patient_id = product, patient_id
        self.id, self.token = str(given.json["conversationId"]), str(given.json["token"])
        opened = product.ask("POST", "/v3/directline/conversations", token=self.token)
        assert opened.status == 201, opened.json

    @property
    def path(self) -> str:
        """Where the patient's side says and reads."""
        return f"/v3/directline/conversations/{self.id}/activities"

    def posts(self, activity: object) -> Answer:
        """Post an activity, whatever it is."""
        return self.product.ask("POST", self.path, body=activity, token=self.token)

    def says(self, text: str) -> Answer:
        """Say something."""
        return self.posts({"type": "message", "text": text})

    def reads(self, watermark: str | None = None) -> Answer:
        """Read what has been said since."""
        asked = "" if watermark is None else f"?watermark={watermark}"
        return self.product.ask("GET", f"{self.path}{asked}", token=self.token)

    def texts(self) -> list[str]:
        """Give what the patient has been shown."""
        return [one.get("text", "") for one in self.reads().json["activities"]]

    def sam(self, does: str, body: object = None) -> Answer:
        """Let Sam do something in it."""
        path = f"/api/conversations/{self.id}/{does}"
        return self.product.ask("POST", path, body=body, token=sam(self.product))

    def staff_read(self, what: str = "") -> Answer:
        """Let Sam look at it."""
        return self.product.ask("GET", f"/api/conversations/{self.id}{what}", token=sam(self.product))

    def bot(self, body: object, conversation_id: str | None = None) -> Answer:
        """Let a bot that is elsewhere say or command something."""
        return self.product.call("hear_external_bot", body, conversation_id=conversation_id or self.id)

    def is_handed_over(self) -> "Chat":
        """Let the patient ask for a person, and Sam take it."""
        assert self.says("I want to talk to a person").status == 200
        self.product.run()
        taken = self.sam("accept")
        assert taken.status == 200, taken.json
        return self

    def is_over(self) -> str:
        """Let Sam end and close it; give the link by which the patient is asked how it was."""
        assert (self.sam("end").status, self.sam("close").status) == (200, 200)
        self.product.run()
        links = [re.search(r"/s/(\S+)", message.text.value) for message in sent(self.product)]
        return [link[1] for link in links if link][-1]


def opens(product: Product, link: str) -> Answer:
    """Open the page behind a link."""
    return product.send("GET", route_named("open_survey").filled(link=link))


def answers(product: Product, link: str, form: bytes) -> Answer:
    """Send the page's form."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return product.send("POST", route_named("record_response").filled(link=link), body=form, headers=headers)


def offer_slots(product: Product, *starts: datetime) -> None:
    """Let Dr Holm have slots of twenty minutes, `slot-0` and so on."""
    schedule: dict[str, Any] = {
        "resourceType": "Schedule",
        "id": "holm",
        "active": True,
        "actor": [{"reference": "Practitioner/holm"}],
    }
    person = {"resourceType": "Practitioner", "id": "holm", "name": [{"family": "Holm"}]}
    product.write(person, schedule, *(_slot(number, at) for number, at in enumerate(starts)))


def _slot(number: int, starts: datetime) -> dict[str, Any]:
    return {
        "resourceType": "Slot",
        "id": f"slot-{number}",
        "status": "free",
        "schedule": {"reference": "Schedule/holm"},
        "start": starts.isoformat(),
        "end": (starts + timedelta(minutes=20)).isoformat(),
    }
