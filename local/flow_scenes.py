"""The scenes of the flow: one promise each, played over HTTP."""

import json
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from local.flow_cast import Cast
from local.flow_stage import ON_THEIR_WAY, Stage, per_cent
from shared.fhir.ports import Resource

DEFINITIONS = Path(__file__).parent / "flow_definitions"
ZONE = ZoneInfo("Europe/London")
STAFF = ("marketing_manager", "outreach_specialist", "care_coordinator")


class FlowScenes:
    """Plays scene after scene on one host; each raises `BrokenPromise` when something is not as promised."""

    def __init__(self, stage: Stage, cast: Cast) -> None:
        self.stage, self.cast = stage, cast
        self.host, self.narrator = stage.host, stage.narrator
        self.day = date.min
        self.main_person: Resource = {}

    # -- the scenes

    def keep_definitions(self) -> None:
        """Keep a trigger, two templates and a journey, as data."""
        self.narrator.scene("Nina, who manages outreach, says what shall happen after a high HbA1c")
        for kind in ("triggers", "templates", "journeys"):
            for file in sorted((DEFINITIONS / kind).glob("*.json")):
                self.stage.ask("PUT", f"/api/{kind}/{file.stem}", body=json.loads(file.read_text()))
        self.narrator.say("Three steps: a text message, three days of waiting, an e-mail.")

    def begin(self, day: date) -> None:
        """Go to ten in the morning of the day of the story."""
        self.day = day
        self.host.travel_to(at(day, time(10)))

    def one_change_one_message(self) -> None:
        """Write a result: its patient gets one message, and no second one when the result is told again."""
        self.narrator.scene("A laboratory writes a result of 9.1 % into the record")
        self.main_person = self.cast.next()
        result = self.stage.hba1c_of(self.main_person, 9.1)
        self.stage.write(result)
        message = self.stage.only_message(self.main_person, "sms")
        self.stage.shown(message)
        self.narrator.note("One text message went out, which says nothing of the result itself.")
        self.stage.until_delivered(self.main_person, message)
        self.narrator.scene("The laboratory adds a note to the same result: news, but nothing new to tell")
        self.stage.write({**result, "note": [{"text": "Checked by a second person."}]})
        self.stage.only_message(self.main_person, "sms")
        self.narrator.note("It is still one message: a measurement starts a journey once.")
        self.stage.why(self.main_person, message, "Why did this person get this message?")

    def three_days_later(self) -> None:
        """Let the wait end: the e-mail goes out."""
        self.narrator.scene("Three days go by")
        self.host.travel_to(at(self.day + timedelta(days=3), time(10, 5)))
        self.stage.shown(self.stage.only_message(self.main_person, "email"))
        enrolments = self.stage.ask("GET", f"/api/patients/{self.main_person['id']}/enrolments")
        self.narrator.promise(
            [journey["state"] for journey in enrolments["enrolments"]] == ["completed"],
            "The journey has come to its end.",
        )

    def at_night(self) -> None:
        """Write a result at 23:30: it rings nobody out of bed."""
        self.narrator.scene("Another patient's result comes at half past eleven at night")
        person = self.cast.next()
        self.host.travel_to(at(self.day + timedelta(days=4), time(23, 30)))
        self.stage.write(self.stage.hba1c_of(person, 8.2))
        (held,) = self.stage.messages(person)
        self.narrator.promise(held["state"] == "held", "The message is held: it is quiet until eight.")
        self.host.travel_to(at(self.day + timedelta(days=5), time(8, 45)))
        message = self.stage.only_message(person, "sms")
        self.narrator.promise(message["state"] in ON_THEIR_WAY, "In the morning it went out.")

    def who_said_no(self) -> None:
        """Let a patient opt out: it counts, also against what is not advertising."""
        self.narrator.scene("A patient has asked for no text messages")
        person = self.cast.next()
        patient_token = self.host.token("patient", patient_id=person["id"])
        body = {"channel": "sms", "purpose": "transactional", "choice": "opted_out"}
        self.narrator.ask("POST", "/api/me/consents", token=patient_token, body=body)
        self.stage.write(self.stage.hba1c_of(person, 8.8))
        self._is_refused(person, "opted_out")

    def who_has_died(self) -> None:
        """Let a patient die before the result comes: nobody writes to the dead."""
        self.narrator.scene("A patient dies between the blood sample and its result")
        person = self.cast.next()
        died = at(self.day + timedelta(days=5), time(9)).isoformat()
        self.stage.write({**person, "deceasedDateTime": died})
        self.stage.write(self.stage.hba1c_of(person, 10.4))
        self._is_refused(person, "patient_deceased")

    def corrected_result(self) -> None:
        """Correct a result: that ends what it had begun."""
        self.narrator.scene("A result turns out to be another person's, and is corrected")
        person = self.cast.next()
        result = self.stage.hba1c_of(person, 9.9)
        self.stage.write(result)
        self.stage.only_message(person, "sms")
        self.stage.write({**result, "status": "corrected", "valueQuantity": per_cent(5.4)})
        journeys = self.stage.ask("GET", f"/api/patients/{person['id']}/enrolments")["enrolments"]
        ends = [(journey["state"], journey["reason"]) for journey in journeys]
        self.narrator.promise(
            ends == [("ended", "result_withdrawn")],
            "The journey has ended, because the result was withdrawn.",
        )
        self.host.travel_to(at(self.day + timedelta(days=9), time(10)))
        self.stage.only_message(person, "sms")
        self.narrator.note("Three days later no e-mail has gone out.")

    def _is_refused(self, person: Resource, reason: str) -> None:
        (message,) = self.stage.messages(person)
        self.stage.why(person, message, "Why did this person not get this message?")
        self.narrator.promise(
            (message["state"], message["reason"]) == ("refused", reason), f"Nothing went out: {reason}."
        )


def at(day: date, clock: time) -> datetime:
    """Give the instant when the story's wall shows that."""
    return datetime.combine(day, clock, tzinfo=ZONE)
