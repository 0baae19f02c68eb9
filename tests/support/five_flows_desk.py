"""The desk of the ordeal: representatives who accept, now and then decline, or let an offer lapse."""

import random
import threading
from collections import Counter
from typing import Any

from local.own_host import OwnHost
from tests.support.five_flows_asking import Asker, Pace, breathe, kind_of
from tests.support.five_flows_patients import TAKE_YOUR_TIME, THANKS, WAIT

OFFERS_OF_CHANCE = ("accept",) * 8 + ("decline", "let lapse")


class Representative:
    """One of those at the desk; `said` is what they know to have said, and at which place."""

    def __init__(self, host: OwnHost, pace: Pace, name: str, chance: random.Random) -> None:
        token = host.token("staff", subject=name, roles=["customer_service_representative"])
        self.name, self.pace, self.chance = name, pace, chance
        self.asker = Asker(host.url, pace, token)
        self.off = threading.Event()
        self.said: dict[tuple[str, str], int] = {}
        self._choices: dict[tuple[str, int], str] = {}
        self._stages: dict[str, str] = {}
        self._attempts: Counter[str] = Counter()

    def work(self) -> None:
        """Be there until told to go."""
        self._is("available")
        while not self.off.is_set():
            work = self.asker.get("/api/me/work")
            if work["units_used"] > work["units_total"]:
                self.pace.must_not_be(f"{self.name} holds {work['units_used']} of {work['units_total']}")
            if work["because"] in ("declined", "missed"):
                self._is("available")
            for offer in work["offers"]:
                self._answer(offer)
            for talk in work["in_hand"]:
                self._go_on(talk["work_id"])
            breathe()
        self._is("offline")

    def _is(self, presence: str) -> None:
        body = {"presence": presence, "display_name": self.name.title()}
        self.asker.ask("PUT", "/api/me/presence", json=body).raise_for_status()

    def _answer(self, offer: dict[str, Any]) -> None:
        """Answer as chosen; what is not there is not offered yet, or no more."""
        work_id = offer["work_id"]
        choice = self._choices.setdefault((work_id, offer["round"]), self.chance.choice(OFFERS_OF_CHANCE))
        if choice != "let lapse":
            self._asks(work_id, choice, 200, 204, 404)

    def _go_on(self, work_id: str) -> None:
        """Say hello; then do as the patient's last word asks for."""
        stage = self._stages.get(work_id, "new")
        if stage == "new":
            self._stages[work_id] = "greeted" if self._say(work_id, f"Hello from {self.name}") else "over"
        elif stage == "greeted":
            self._stages[work_id] = self._after_words(work_id)
        elif stage == "over":
            self._asks(work_id, "close", 200, 409)

    def _after_words(self, work_id: str) -> str:
        said = self._transcript(work_id)
        greeted = max(one["sequence"] for one in said if one["role"] == "representative")
        since = [one for one in said if one["sequence"] > greeted and one["role"] == "user"]
        if any(one["type"] == "endOfConversation" for one in since):
            return "over"
        words = [one["text"] for one in since]
        if THANKS in words:
            self._asks(work_id, "end", 200, 409)
            return "over"
        if WAIT in words:
            return "left as it is" if self._say(work_id, f"Of course, says {self.name}") else "over"
        if TAKE_YOUR_TIME in words:
            self._asks(work_id, "end", 200, 409)
            return "left as it is"
        return "greeted"

    def _say(self, work_id: str, text: str) -> bool:
        """Say it once, though the answer may be cut off; False where the talk is over."""
        path = f"/api/conversations/{work_id}/messages"
        while True:
            self._attempts[work_id] += 1
            headers = {"Idempotency-Key": f"{work_id}-{self._attempts[work_id]}"}
            answer = self.asker.ask("POST", path, json={"text": text}, headers=headers)
            if kind_of(answer) == "still-in-progress":
                known = [one["sequence"] for one in self._transcript(work_id) if one["text"] == text]
                if not known:
                    continue
                self.said[work_id, text] = known[0]
                return True
            if answer.is_success:
                self.said[work_id, text] = answer.json()["sequence"]
                return True
            return self._is_over(answer.status_code)

    def _is_over(self, status: int) -> bool:
        if status != 409:
            self.pace.must_not_be(f"{self.name} was answered {status} to what was said")
        return False

    def _asks(self, work_id: str, what: str, *expected: int) -> None:
        status = self.asker.ask("POST", f"/api/conversations/{work_id}/{what}").status_code
        if status not in expected:
            self.pace.must_not_be(f"{self.name} was answered {status} to {what}")

    def _transcript(self, work_id: str) -> list[dict[str, Any]]:
        return self.asker.get(f"/api/conversations/{work_id}/transcript")["activities"]
