"""What the scenes are made of: writing into the record, asking as staff, looking at messages."""

from collections.abc import Mapping
from typing import Any

from local.flow_record import HBA1C
from local.narrator import Narrator
from local.own_host import OwnHost
from shared.adapters.local_messages import LocalMessages
from shared.fhir.ports import Resource

MOST_MESSAGES = 500
ON_THEIR_WAY = ("accepted", "delivered")
NINAS_REASON = "follows the story from end to end"
"""She has nothing to do with any of the patients: the privacy officer sees what she did, and why."""


class Stage:
    """One host, the one who tells, and Nina, who manages outreach and asks where nobody else does."""

    def __init__(self, host: OwnHost, narrator: Narrator, token: str) -> None:
        self.host, self.narrator, self.token = host, narrator, token
        self.outbox = LocalMessages(host.folder / "messages.db")
        self._results = 0

    def ask(self, method: str, path: str, *, body: Any = None, told: bool = True) -> Any:
        """Ask as Nina, for her reason. Raises `BrokenPromise` unless it is a 2xx."""
        return self.narrator.ask(method, path, token=self.token, body=body, told=told, reason=NINAS_REASON)

    def write(self, resource: Resource) -> None:
        """Write a resource as the hospital's own system would, and wait until everything has come to rest."""
        path = f"/fhir/{resource['resourceType']}/{resource['id']}"
        self.narrator.ask("PUT", path, body=resource, media_type="application/fhir+json")
        self.host.until_idle()

    def hba1c_of(self, person: Resource, value: float) -> Resource:
        """Make up a result of now, in per cent."""
        self._results += 1
        system, code = HBA1C
        return {
            "resourceType": "Observation",
            "id": f"told-hba1c-{self._results}",
            "status": "final",
            "code": {"coding": [{"system": system, "code": code}]},
            "subject": {"reference": f"Patient/{person['id']}"},
            "effectiveDateTime": self.host.now().isoformat(),
            "valueQuantity": per_cent(value),
        }

    def messages(self, person: Resource) -> list[dict[str, Any]]:
        """Give a person's messages once everything has come to rest."""
        self.host.until_idle()
        return self.ask("GET", f"/api/patients/{person['id']}/messages?limit=200")["messages"]

    def only_message(
        self, person: Resource, channel: str, *, template_id: str | None = None
    ) -> dict[str, Any]:
        """Give the one message of a channel (and template), which must have gone out."""
        (message,) = self.all_messages(person, channel, template_id=template_id, how_many=1)
        return message

    def all_messages(
        self, person: Resource, channel: str, *, template_id: str | None, how_many: int
    ) -> list[dict[str, Any]]:
        """Give messages in the order of asking; so many must be there, each given to the provider once."""
        found = [
            message
            for message in self.messages(person)
            if message["channel"] == channel and template_id in (None, message["template_id"])
        ]
        kind = f"message by {channel}" if template_id is None else f"{template_id} message"
        there = f"There is one {kind}, and it" if how_many == 1 else f"There are {how_many} {kind}s, and each"
        self.narrator.promise(
            len(found) == how_many and all(message["state"] in ON_THEIR_WAY for message in found),
            f"{there} went out.",
        )
        given = [len(self._given(message)) for message in found]
        self.narrator.promise(given == [1] * how_many, "The provider has been given it exactly once.")
        return sorted(found, key=lambda message: message["asked_at"])

    def text_of(self, message: Mapping[str, Any]) -> str:
        """Give what the provider was given."""
        (own,) = self._given(message)
        return own.text.value

    def shown(self, message: Mapping[str, Any]) -> None:
        """Show a message as the person sees it."""
        (own,) = self._given(message)
        self.narrator.quote(f"to {own.recipient.value}\n{own.text.value}")

    def _given(self, message: Mapping[str, Any]) -> list[Any]:
        sent = self.outbox.list(limit=MOST_MESSAGES).items
        return [each for each in sent if each.request_id.endswith(message["message_id"])]

    def until_delivered(self, person: Resource, message: Mapping[str, Any]) -> None:
        """Wait for the provider's report."""
        path = f"/api/patients/{person['id']}/messages/{message['message_id']}"
        headers = {"Authorization": f"Bearer {self.token}", "X-Reason": NINAS_REASON}
        self.host.until(lambda: self.host.http.get(path, headers=headers).json()["state"] == "delivered")
        self.ask("GET", path)
        self.narrator.note("The provider has reported that it was delivered.")

    def why(self, person: Resource, message: Mapping[str, Any], question: str) -> None:
        """Ask why somebody did, or did not, get a message."""
        self.narrator.say(question)
        why = self.ask("GET", f"/api/patients/{person['id']}/messages/{message['message_id']}/why")
        for check in why["checks"]:
            self.narrator.quote(f"{check['check']}: {'passed' if check['passed'] else check['reason']}")


def per_cent(value: float) -> dict[str, Any]:
    """Spell an HbA1c as the hospital's system does."""
    return {"value": value, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}
