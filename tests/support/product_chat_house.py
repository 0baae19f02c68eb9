"""A host of one's own with the shipped chat in force, and those who talk there, all over HTTP."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from local.own_host import ROOT, OwnHost, own_host
from shared.access.model import Role
from tests.support.product_story import a_patient

DEFINITIONS = ROOT / "local" / "story_definitions"
KINDS = ("templates", "queues", "scenarios", "surveys", "workstreams")
MONDAY_MORNING = datetime(2031, 6, 2, 10, tzinfo=UTC)
"""Everything is open; ahead of any day on which this may run, for the house does not go back."""


class ChatHouse:
    """The host; `maker` may do whatever staff may, Sam is at the chat desk."""

    def __init__(self, host: OwnHost) -> None:
        self.host = host
        self.directline = f"{host.url}/v3/directline"
        self.maker, self.sam = self._signed_in()

    def ask(self, method: str, path: str, *, token: str, body: object = None) -> Any:
        """Ask; whatever is no 2xx is raised."""
        headers = {"Authorization": f"Bearer {token}", "X-Reason": "a test asks"}
        content = None if body is None else json.dumps(body)
        if content is not None:
            headers["Content-Type"] = "application/json"
        answer = self.host.http.request(method, path, content=content, headers=headers)
        assert answer.is_success, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def in_conversation(self, conversation_id: str, does: str, body: object = None) -> Any:
        """Let Sam do something in a conversation."""
        return self.ask("POST", f"/api/conversations/{conversation_id}/{does}", token=self.sam, body=body)

    def accept(self, conversation_id: str, token: str) -> None:
        """Let somebody who is free take a conversation as soon as it is offered to them."""
        path = f"/api/conversations/{conversation_id}/accept"
        headers = {"Authorization": f"Bearer {token}", "X-Reason": "a test asks"}
        self.host.until(lambda: self.host.http.post(path, headers=headers).status_code == 200)

    def sam_comes(self) -> None:
        """Let Sam be available at the chat desk."""
        body = {"presence": "available", "display_name": "Sam"}
        self.ask("PUT", "/api/me/presence", token=self.sam, body=body)

    def chat_token(self, patient_id: str) -> Any:
        """Let a patient sign in, and ask for what opens their conversation."""
        return self.ask("POST", "/api/me/chat-token", token=self.host.token("patient", patient_id=patient_id))

    def is_there_again(self) -> None:
        """Start the host after it was killed; its sign-in has made itself a new key, so all sign in again."""
        self.host.start()
        self.maker, self.sam = self._signed_in()

    def _signed_in(self) -> tuple[str, str]:
        every_role = [role.value for role in Role]
        return (
            self.host.token("staff", subject="nina", roles=every_role),
            self.host.token("staff", subject="sam", roles=["customer_service_representative"]),
        )


@contextmanager
def a_chat_house(folder: Path) -> Generator[ChatHouse]:
    """Have such a house while the block lasts, Maria and John among its patients."""
    with own_host(folder) as host:
        host.travel_to(MONDAY_MORNING)
        for patient in (
            a_patient("maria"),
            a_patient("john", phone="+46701740606", mail="john@example.org", name=[{"family": "Okafor"}]),
        ):
            host.put_resource(patient)
        house = ChatHouse(host)
        for kind in KINDS:
            for file in sorted((DEFINITIONS / kind).glob("*.json")):
                house.ask(
                    "PUT", f"/api/{kind}/{file.stem}", token=house.maker, body=json.loads(file.read_text())
                )
        host.travel_to(MONDAY_MORNING + timedelta(seconds=5))  # by then every reader knows of them
        yield house
