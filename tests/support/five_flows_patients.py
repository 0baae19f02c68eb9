"""The patients of the ordeal: they chat, book, and answer, and ask again whatever was cut off."""

import random
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from local.own_host import OwnHost
from tests.support.five_flows_asking import MOST_SECONDS, Asker, Pace, breathe, kind_of, until
from tests.support.five_flows_scene import Person, Plan, sent

THANKS, WAIT, TAKE_YOUR_TIME = "Thank you!", "Wait a moment, please.", "That was all; take your time."
_I_MUST_GO = "I must go."
_ENDED = "conversation-is-over"
_GOODBYE = {Plan.SERVED: THANKS, Plan.STAYS: WAIT, Plan.LINGERS: TAKE_YOUR_TIME, Plan.LEAVES_TALK: _I_MUST_GO}


@dataclass
class Talk:
    """One conversation as its patient's program knows it.

    `taken` is by which id each thing it posted is known, in order; None for what was refused, since the
    conversation was over. `heard` is all it has read, by watermark.
    """

    conversation_id: str
    token: str
    taken: dict[str, str | None] = field(default_factory=dict[str, str | None])
    heard: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    watermark: str = ""


class Patient:
    """One patient, signed in at the portal."""

    def __init__(self, host: OwnHost, pace: Pace, person: Person) -> None:
        self.host, self.person = host, person
        self.asker = Asker(host.url, pace, host.token("patient", patient_id=person.id))
        self.talks: list[Talk] = []
        self.answered: dict[str, set[int]] = {}
        self._client_ids = 0

    # -- chat

    def chat(self) -> None:
        """Talk as planned."""
        talk, plan = self.opens(), self.person.plan
        self.says(talk, "Opening hours")
        match plan:
            case Plan.SILENT:
                return
            case Plan.ALONE:
                self.leaves(talk)
                return
            case _:
                self.says(talk, "A person, please")
        if plan is not Plan.LEAVES_QUEUE:
            until(lambda: self._answers_to(talk) == 1, f"{self.person.id} is talked to")
            self.says(talk, _GOODBYE[plan])
        if plan is Plan.STAYS:
            until(lambda: self._answers_to(talk) == 2, f"{self.person.id} is told to take their time")
        if plan in (Plan.LEAVES_QUEUE, Plan.LEAVES_TALK):
            self.leaves(talk)

    def chats_in_vain(self) -> None:
        """Ask for a person when nobody is there any more."""
        talk = self.opens()
        self.says(talk, "A nurse, please")

    def comes_and_goes(self, times: int) -> None:
        """Talk to the bot and leave, so many times."""
        for _ in range(times):
            talk = self.opens()
            self.says(talk, "Opening hours")
            self.leaves(talk)

    def opens(self) -> Talk:
        given = self.asker.ask("POST", "/api/me/chat-token", json={}).raise_for_status().json()
        talk = Talk(given["conversationId"], given["token"])
        if all(talk.conversation_id != one.conversation_id for one in self.talks):
            self.talks.append(talk)
        self._ask(talk, "POST", "").raise_for_status()
        return talk

    def says(self, talk: Talk, text: str) -> None:
        self._posts(talk, {"type": "message", "text": text})

    def leaves(self, talk: Talk) -> None:
        self._posts(talk, {"type": "endOfConversation"})

    def reads(self, talk: Talk) -> None:
        """Read what is new."""
        path = f"/{talk.conversation_id}/activities?watermark={talk.watermark}"
        answer = self._ask(talk, "GET", path).raise_for_status().json()
        talk.heard += answer["activities"]
        talk.watermark = answer["watermark"]

    def reads_all(self) -> None:
        """Read every talk to its end."""
        for talk in self.talks:
            before = ""
            while before != talk.watermark or not before:
                before = talk.watermark
                self.reads(talk)

    def _answers_to(self, talk: Talk) -> int:
        self.reads(talk)
        return sum(one["channelData"]["role"] == "representative" for one in talk.heard)

    def _posts(self, talk: Talk, activity: dict[str, Any]) -> None:
        self._client_ids += 1
        named = f"{self.person.id}-{self._client_ids}"
        body = {**activity, "channelData": {"clientActivityID": named}}
        answer = self._ask(talk, "POST", f"/{talk.conversation_id}/activities", json=body)
        if kind_of(answer) == _ENDED:
            talk.taken[named] = None
        else:
            talk.taken[named] = answer.raise_for_status().json()["id"]

    def _ask(self, talk: Talk, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {talk.token}"}
        return self.asker.ask(method, f"/v3/directline/conversations{path}", headers=headers, **more)

    # -- survey

    def answers(self) -> None:
        """Wait for the invitation and answer, some twice one after the other, some twice at once."""
        if self.person.plan in (Plan.SILENT, Plan.STAYS, Plan.LINGERS) or self.person.rating is None:
            return
        until(lambda: bool(self._links()), f"{self.person.id} is asked how it was")
        for link in self._links():
            self._answers(link, self.person.rating)

    def _answers(self, link: str, rating: int) -> None:
        others = 1 + rating % 5
        if self.person.number % 4 == 0:
            self.answered[link] = {rating, others}
            with ThreadPoolExecutor(2) as hands:
                list(hands.map(self._post, (link, link), (rating, others)))
            return
        self.answered[link] = {rating}
        self._post(link, rating)
        if self.person.number % 3 == 0:
            self._post(link, others)

    def _post(self, link: str, rating: int) -> None:
        self.asker.ask("POST", link, data={"satisfaction": str(rating)}).raise_for_status()

    def _links(self) -> list[str]:
        texts = [text for _, _, text in sent(self.host, to=self.person.id, because="survey~%")]
        found = (re.search(r"https?://\S+", text) for text in texts)
        return sorted({urlsplit(one.group()).path for one in found if one})


class Booker:
    """Books the slot that somebody else wants too, or another; then perhaps moves or cancels it."""

    def __init__(self, asker: Asker, person: Person, chance: random.Random) -> None:
        self.asker, self.person, self.chance = asker, person, chance
        self.appointment: str | None = None
        self.slot = ""
        self.is_cancelled = False
        self.moves = 0
        self._wishes = 0

    def book(self, at_once: threading.Barrier) -> None:
        """Book, at the same moment as whoever else wants it."""
        at_once.wait(timeout=MOST_SECONDS)
        self._choose("book", "/api/me/appointments", self.person.slots)
        if self.person.number % 5 in (1, 2):
            self._choose("move", f"/api/me/appointments/{self.appointment}/reschedule", self._free())
            self.moves += 1
        if self.person.number % 5 in (0, 2):
            self._cancel()

    def _choose(self, wants: str, path: str, slots: list[str]) -> None:
        """Try one slot after the other that is shown as free, until one is had."""
        while True:
            slot = self.chance.choice(slots)
            found = self._wish(wants, path, slot)
            if found is not None:
                self.appointment, self.slot = found, slot
                return
            until(lambda: bool(self._free()), f"{self.person.id} is shown a free slot")
            slots = self._free() or slots

    def _wish(self, wants: str, path: str, slot: str) -> str | None:
        """Wish for a slot; give the appointment, or None where the answer is no."""
        while True:
            self._wishes += 1
            headers = {"Idempotency-Key": f"{self.person.id}-{self._wishes}"}
            answer = self.asker.ask("POST", path, json={"slot_id": slot}, headers=headers)
            if answer.is_success:
                return str(answer.json()["id"])
            if kind_of(answer) != "still-in-progress":
                return None
            outcome = self._became_of(wants, slot)
            if outcome is not None:
                return outcome.get("appointment_id") if outcome["state"] == "done" else None

    def _became_of(self, wants: str, slot: str) -> dict[str, Any] | None:
        """See how the latest such wish went that was cut off; None where it has left no trace."""
        while True:
            shown = self.asker.get("/api/me/bookings", params={"limit": "100"})["bookings"]
            about = [one for one in shown if (one["wants"], one["slot_id"]) == (wants, slot)]
            if not about:
                return None
            latest = max(about, key=lambda one: one["asked_at"])
            if latest["state"] != "pending":
                return latest
            breathe()

    def _cancel(self) -> None:
        path = f"/api/me/appointments/{self.appointment}/cancel"
        until(lambda: self.asker.ask("POST", path, json={}).is_success, f"{self.person.id} cancels")
        self.is_cancelled = True

    def _free(self) -> list[str]:
        found = self.asker.get("/api/slots", params={"practitioner": "holm", "limit": "100"})["slots"]
        return [slot["id"] for slot in found]
