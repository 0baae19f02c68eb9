"""The scenes of the flow: one promise each, played over HTTP."""

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from local.flow_cast import Cast
from local.flow_record import HBA1C
from local.narrator import Narrator
from local.own_host import OwnHost
from shared.adapters.local_messages import LocalMessages
from shared.fhir.ports import Resource

DEFINITIONS = Path(__file__).parent / "flow_definitions"
ZONE = ZoneInfo("Europe/London")
STAFF = ("marketing_manager", "outreach_specialist", "care_coordinator")


class FlowScenes:
    """Plays scene after scene on one host; each raises `BrokenPromise` when something is not as promised."""

    def __init__(self, host: OwnHost, narrator: Narrator) -> None:
        self.host, self.narrator = host, narrator
        self.token = host.token("staff", subject="nina", roles=list(STAFF))
        self.cast = Cast(host, self.token)
        self.outbox = LocalMessages(host.folder / "messages.db")
        self.day = date.min
        self.main_person: Resource = {}
        self._results = 0

    # -- the scenes

    def keep_definitions(self) -> None:
        """Keep a trigger, two templates and a journey, as data."""
        self.narrator.scene("Nina, who manages outreach, says what shall happen after a high HbA1c")
        for kind in ("triggers", "templates", "journeys"):
            for file in sorted((DEFINITIONS / kind).glob("*.json")):
                self._ask("PUT", f"/api/{kind}/{file.stem}", body=json.loads(file.read_text()))
        self.narrator.say("Three steps: a text message, three days of waiting, an e-mail.")

    def begin(self, day: date) -> None:
        """Go to ten in the morning of the day of the story."""
        self.day = day
        self.host.travel_to(self._at(day, time(10)))

    def one_change_one_message(self) -> None:
        """Write a result: its patient gets one message, and no second one when the result is told again."""
        self.narrator.scene("A laboratory writes a result of 9.1 % into the record")
        self.main_person = self.cast.next()
        result = self._result_of(self.main_person, 9.1)
        self._write(result)
        message = self._only_message(self.main_person, "sms")
        self.narrator.quote(self._text_of(message))
        self.narrator.note("One text message went out, which says nothing of the result itself.")
        self._until_delivered(self.main_person, message)
        self.narrator.scene("The laboratory adds a note to the same result: news, but nothing new to tell")
        self._write({**result, "note": [{"text": "Checked by a second person."}]})
        self._only_message(self.main_person, "sms")
        self.narrator.note("It is still one message: a measurement starts a journey once.")
        self._why(self.main_person, message, "Why did this person get this message?")

    def three_days_later(self) -> None:
        """Let the wait end: the e-mail goes out."""
        self.narrator.scene("Three days go by")
        self.host.travel_to(self._at(self.day + timedelta(days=3), time(10, 5)))
        message = self._only_message(self.main_person, "email")
        self.narrator.quote(self._text_of(message))
        journeys = self._ask("GET", f"/api/patients/{self.main_person['id']}/enrolments")["enrolments"]
        self.narrator.promise(
            [journey["state"] for journey in journeys] == ["completed"], "The journey has come to its end."
        )

    def at_night(self) -> None:
        """Write a result at 23:30: it rings nobody out of bed."""
        self.narrator.scene("Another patient's result comes at half past eleven at night")
        person = self.cast.next()
        self.host.travel_to(self._at(self.day + timedelta(days=4), time(23, 30)))
        self._write(self._result_of(person, 8.2))
        (held,) = self._messages(person)
        self.narrator.promise(held["state"] == "held", "The message is held: it is quiet until eight.")
        self.host.travel_to(self._at(self.day + timedelta(days=5), time(8, 45)))
        message = self._only_message(person, "sms")
        self.narrator.promise(message["state"] in ("accepted", "delivered"), "In the morning it went out.")

    def who_said_no(self) -> None:
        """Let a patient opt out: it counts, also against what is not advertising."""
        self.narrator.scene("A patient has asked for no text messages")
        person = self.cast.next()
        patient_token = self.host.token("patient", patient_id=person["id"])
        body = {"channel": "sms", "purpose": "transactional", "choice": "opted_out"}
        self.narrator.ask("POST", "/api/me/consents", token=patient_token, body=body)
        self._write(self._result_of(person, 8.8))
        self._is_refused(person, "opted_out")

    def who_has_died(self) -> None:
        """Let a patient die before the result comes: nobody writes to the dead."""
        self.narrator.scene("A patient dies between the blood sample and its result")
        person = self.cast.next()
        died = self._at(self.day + timedelta(days=5), time(9)).isoformat()
        self._write({**person, "deceasedDateTime": died})
        self._write(self._result_of(person, 10.4))
        self._is_refused(person, "patient_deceased")

    def corrected_result(self) -> None:
        """Correct a result: that ends what it had begun."""
        self.narrator.scene("A result turns out to be another person's, and is corrected")
        person = self.cast.next()
        result = self._result_of(person, 9.9)
        self._write(result)
        self._only_message(person, "sms")
        self._write({**result, "status": "corrected", "valueQuantity": _per_cent(5.4)})
        journeys = self._ask("GET", f"/api/patients/{person['id']}/enrolments")["enrolments"]
        ends = [(journey["state"], journey["reason"]) for journey in journeys]
        self.narrator.promise(
            ends == [("ended", "result_withdrawn")],
            "The journey has ended, because the result was withdrawn.",
        )
        self.host.travel_to(self._at(self.day + timedelta(days=9), time(10)))
        self._only_message(person, "sms")
        self.narrator.note("Three days later no e-mail has gone out.")

    # -- what scenes are made of

    def _write(self, resource: Resource) -> None:
        """Write a resource as the hospital's own system would, and wait until everything has come to rest."""
        path = f"/fhir/{resource['resourceType']}/{resource['id']}"
        self.narrator.ask("PUT", path, body=resource, media_type="application/fhir+json")
        self.host.until_idle()

    def _ask(self, method: str, path: str, *, body: Any = None) -> Any:
        return self.narrator.ask(method, path, token=self.token, body=body)

    def _messages(self, person: Resource) -> list[dict[str, Any]]:
        self.host.until_idle()
        return self._ask("GET", f"/api/patients/{person['id']}/messages")["messages"]

    def _only_message(self, person: Resource, channel: str) -> dict[str, Any]:
        """Give the one message of a channel, which must be the only one and must have gone out."""
        found = [message for message in self._messages(person) if message["channel"] == channel]
        self.narrator.promise(
            len(found) == 1 and found[0]["state"] in ("accepted", "delivered"),
            f"There is one message by {channel}, and it went out.",
        )
        given = [(message.patient_id, message.channel) for message in self.outbox.list(limit=500).items]
        self.narrator.promise(
            given.count((person["id"], channel)) == 1,
            f"The provider has been given one message by {channel}.",
        )
        return found[0]

    def _text_of(self, message: Mapping[str, Any]) -> str:
        sent = self.outbox.list(limit=500).items
        (own,) = [each for each in sent if each.request_id.endswith(message["message_id"])]
        return f"to {own.recipient.value}\n{own.text.value}"

    def _until_delivered(self, person: Resource, message: Mapping[str, Any]) -> None:
        path = f"/api/patients/{person['id']}/messages/{message['message_id']}"
        headers = {"Authorization": f"Bearer {self.token}"}
        self.host.until(lambda: self.host.http.get(path, headers=headers).json()["state"] == "delivered")
        self._ask("GET", path)
        self.narrator.note("The provider has reported that it was delivered.")

    def _why(self, person: Resource, message: Mapping[str, Any], question: str) -> None:
        self.narrator.say(question)
        why = self._ask("GET", f"/api/patients/{person['id']}/messages/{message['message_id']}/why")
        for check in why["checks"]:
            self.narrator.quote(f"{check['check']}: {'passed' if check['passed'] else check['reason']}")

    def _is_refused(self, person: Resource, reason: str) -> None:
        (message,) = self._messages(person)
        self._why(person, message, "Why did this person not get this message?")
        self.narrator.promise(
            (message["state"], message["reason"]) == ("refused", reason), f"Nothing went out: {reason}."
        )

    def _result_of(self, person: Resource, value: float) -> Resource:
        self._results += 1
        system, code = HBA1C
        return {
            "resourceType": "Observation",
            "id": f"flow-hba1c-{self._results}",
            "status": "final",
            "code": {"coding": [{"system": system, "code": code}]},
            "subject": {"reference": f"Patient/{person['id']}"},
            "effectiveDateTime": self.host.now().isoformat(),
            "valueQuantity": _per_cent(value),
        }

    @staticmethod
    def _at(day: date, at: time) -> datetime:
        return datetime.combine(day, at, tzinfo=ZONE)


def _per_cent(value: float) -> dict[str, Any]:
    return {"value": value, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}
