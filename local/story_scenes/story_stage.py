"""Who works in the story, and the clock on its wall."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from local.flow_scenes import STAFF
from local.flow_stage import Stage
from local.narrator import Narrator
from local.own_host import OwnHost
from local.story_scenes.story_cast import StoryCast
from shared.fhir.ports import Resource

NINA = (*STAFF, "omnichannel_administrator")
SAM = ("customer_service_representative",)
RITA = ("omnichannel_supervisor", "operator")


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody who is signed in, and takes their time: they ask when the house has come to rest."""

    host: OwnHost
    narrator: Narrator
    token: str

    def ask(
        self, method: str, path: str, *, body: Any = None, told: bool = True, reason: str | None = None
    ) -> Any:
        """Ask, for a `reason` where no tie lets them. Raises `BrokenPromise` unless it is a 2xx."""
        self.host.until_idle()
        return self.narrator.ask(method, path, token=self.token, body=body, told=told, reason=reason)

    def refused(self, method: str, path: str, *, status: int, body: Any) -> dict[str, Any]:
        """Ask for what must not be, and give the refusal."""
        self.host.until_idle()
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.narrator.refused(
            method, path, status=status, body=json.dumps(body).encode(), headers=headers
        )


class StoryStage(Stage):
    """One host with Nina, who sets everything up, Sam at the chat desk, and Rita, who watches."""

    def __init__(self, host: OwnHost, narrator: Narrator) -> None:
        super().__init__(host, narrator, host.token("staff", subject="nina", roles=list(NINA)))
        self.sam = self._staff("sam", SAM)
        self.rita = self._staff("rita", RITA)
        self.cast = StoryCast(host, self.token)
        self.patients: dict[str, Resource] = {}

    def patient(self, person: Resource) -> Voice:
        """Sign a patient in at the portal."""
        self.patients[person["id"]] = person
        return Voice(self.host, self.narrator, self.host.token("patient", patient_id=person["id"]))

    def passes(self, duration: timedelta) -> None:
        """Let so much time go by, and all that became due come to rest."""
        self.arrives(self.host.now() + duration)

    def arrives(self, instant: datetime) -> None:
        """Go to an instant, and let all that became due come to rest."""
        self.host.travel_to(instant)
        self.host.until_idle()

    def open_tasks(self, code: str, person: Resource) -> list[dict[str, Any]]:
        """Give the tasks of a kind about somebody that stand on the list."""
        tasks = self.ask("GET", "/api/tasks?owner=nobody&limit=100", told=False)["tasks"]
        return [task for task in tasks if (task["code"], task["patient_id"]) == (code, person["id"])]

    def _staff(self, subject: str, roles: tuple[str, ...]) -> Voice:
        return Voice(self.host, self.narrator, self.host.token("staff", subject=subject, roles=list(roles)))
