"""The booking: in the conversation, by two people at once, with the bot, and moved in the portal."""

from datetime import datetime, timedelta
from typing import Any

from local.flow_scenes import ZONE
from local.narrator import BrokenPromise
from local.story_scenes.chat import ChatScenes
from local.story_scenes.chat_window import ChatWindow, offered_with, opened_by, texts
from local.story_scenes.story_cast import called, first_name
from local.story_scenes.story_stage import StoryStage
from shared.fhir.ports import Resource

CONFIRMATION, REMINDER = "appointment-confirmation-sms", "appointment-reminder-sms"
CANCELLED = "appointment-cancelled-sms"
_SOONEST, _LATEST = timedelta(days=4), timedelta(days=9)
"""Far enough ahead for a reminder the day before."""
_FROM_HOUR, _TO_HOUR = 9, 17
"""When a reminder the day before reaches nobody in quiet time."""

Slot = dict[str, Any]


class BookingScenes:
    """Whoever talks to Sam, who wants the same time, and who is content with the bot."""

    def __init__(self, stage: StoryStage, chat: ChatScenes) -> None:
        self.stage, self.narrator, self.chat = stage, stage.narrator, chat
        self.person, self.rival = chat.person, stage.cast.next()
        self.bots_friend = stage.cast.next()
        self.bots_window: ChatWindow
        self.slot: Slot
        self.appointment: Slot
        self.of_rival: Slot

    def sam_books(self) -> None:
        """Let Sam look for times and book one: the patient gets a text message."""
        self.narrator.scene("Sam looks for a time and books it, without leaving the conversation")
        self.slot = self._free()[0]
        body = {
            "slot_id": self.slot["id"],
            "reason": "Wants to talk about medicines",
            "conversation_id": self.chat.window.conversation_id,
        }
        path = f"/api/patients/{self.person['id']}/appointments"
        self.appointment = self.stage.sam.ask("POST", path, body=body)
        self.narrator.promise(self._is_taken(self.slot), "In the record the slot is taken.")
        self.chat.sam_says(f"I have booked {self.slot['label']} for you.")
        confirmation = self.stage.only_message(self.person, "sms", template_id=CONFIRMATION)
        self.stage.shown(confirmation)

    def somebody_is_too_late(self) -> None:
        """Let another patient want the same slot: a clear no, and another time."""
        name = first_name(self.rival)
        self.narrator.scene(f"{called(self.rival)} has seen the same time free a moment ago, and is too late")
        portal = self.stage.patient(self.rival)
        refusal = portal.refused(
            "POST", "/api/me/appointments", status=409, body={"slot_id": self.slot["id"]}
        )
        self.narrator.note(f"{name} is told: {refusal['title']}")
        self.of_rival = portal.ask("POST", "/api/me/appointments", body={"slot_id": self._free()[1]["id"]})
        self.stage.only_message(self.rival, "sms", template_id=CONFIRMATION)

    def the_bot_books(self) -> None:
        """Let a third patient book with the bot, with nobody's help."""
        self.narrator.scene(f"{called(self.bots_friend)} lets the bot book, while Sam is busy")
        window = self.bots_window = opened_by(self.stage, self.bots_friend)
        window.reads()
        offered = [choice for said in window.says("Book an appointment") for choice in offered_with(said)]
        self.narrator.promise(len(offered) > 1, "The bot offers free times.")
        heard = texts(window.says(offered[0]), "bot")
        self.narrator.promise("You are booked" in heard, "The bot has booked it.")
        self.stage.only_message(self.bots_friend, "sms", template_id=CONFIRMATION)
        window.says("No")
        path = f"/api/conversations/{window.conversation_id}"
        board = self.stage.rita.ask("GET", path, told=False, reason="watches over what the bot does")
        self.narrator.promise(
            board["conversation"]["state"] == "closed", "The bot has said goodbye, and it is closed."
        )

    def it_is_moved(self) -> None:
        """Let the patient move the appointment in the portal: the old time is free, the new one confirmed."""
        self.narrator.scene(
            f"{first_name(self.person)} moves the appointment in the portal, without asking anybody"
        )
        portal = self.stage.patient(self.person)
        (mine,) = portal.ask("GET", "/api/me/appointments")["appointments"][:1]
        self.narrator.promise(mine["id"] == self.appointment["id"], "The portal shows the appointment.")
        old, new = self.slot, self._free()[-1]
        path = f"/api/me/appointments/{mine['id']}/reschedule"
        self.appointment = portal.ask("POST", path, body={"slot_id": new["id"]})
        self.slot = new
        self.narrator.promise(
            self._is_taken(new) and not self._is_taken(old), "The new slot is taken, the old one free again."
        )
        found = self.stage.all_messages(self.person, "sms", template_id=CONFIRMATION, how_many=2)
        self.stage.shown(found[-1])

    def one_is_cancelled(self) -> None:
        """Let the other patient cancel: a notice goes out."""
        self.narrator.scene(f"{called(self.rival)} cancels")
        portal = self.stage.patient(self.rival)
        body = {"reason": "I am travelling."}
        cancelled = portal.ask("POST", f"/api/me/appointments/{self.of_rival['id']}/cancel", body=body)
        self.narrator.promise(cancelled["status"] == "cancelled", "The appointment is cancelled.")
        self.stage.shown(self.stage.only_message(self.rival, "sms", template_id=CANCELLED))

    def the_day_before(self) -> None:
        """Go to the day before both appointments: only whoever still comes is reminded."""
        self.narrator.scene("The day before: whoever still has an appointment is reminded of it")
        begins = max(_begins(self.appointment), _begins(self.of_rival))
        self.stage.arrives(_begins(self.appointment) - timedelta(days=1, minutes=5))
        self._has_no_reminder(self.person, "is not reminded yet: it is more than a day until then.")
        self.stage.arrives(begins - timedelta(days=1) + timedelta(minutes=5))
        self.stage.shown(self.stage.only_message(self.person, "sms", template_id=REMINDER))
        self._has_no_reminder(self.rival, "is not reminded of what was cancelled.")

    # -- what these scenes are made of

    def _free(self) -> list[Slot]:
        """Give what Sam may choose: within the week after next, at hours when one may be reminded."""
        now = self.stage.host.now()
        starts, before = now + _SOONEST, now + _LATEST
        query = f"starts_from={_in_url(starts)}&starts_before={_in_url(before)}&limit=100"
        slots = self.stage.sam.ask("GET", f"/api/slots?{query}", told=False)["slots"]
        fit = [slot for slot in slots if _FROM_HOUR <= _begins(slot).astimezone(ZONE).hour < _TO_HOUR]
        if len(fit) < 3:
            message = "fewer than three slots are free next week"
            raise BrokenPromise(message)
        self.narrator.say(f"{len(slots)} times are free from {starts:%A}, among them {fit[0]['label']}.")
        return fit

    def _is_taken(self, slot: Slot) -> bool:
        in_record = self.narrator.ask("GET", f"/fhir/Slot/{slot['id']}", told=False)
        return in_record["status"] == "busy"

    def _has_no_reminder(self, person: Resource, text: str) -> None:
        found = [each for each in self.stage.messages(person) if each["template_id"] == REMINDER]
        self.narrator.promise(not found, f"{called(person)} {text}")


def _begins(shown: Slot) -> datetime:
    return datetime.fromisoformat(shown["starts_at"])


def _in_url(instant: datetime) -> str:
    return instant.isoformat().replace("+", "%2B")
