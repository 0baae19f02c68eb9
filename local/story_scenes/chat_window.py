"""A patient's chat in the portal, spoken as chat programs speak it: Direct Line 3.0 over HTTP."""

from typing import Any

from local.story_scenes.story_cast import called, first_name
from local.story_scenes.story_stage import StoryStage
from shared.fhir.ports import Resource

Activity = dict[str, Any]
_WHO = {"bot": "Bot", "system": "House"}


class ChatWindow:
    """One conversation as the patient sees it; what is new is told when it is read."""

    def __init__(self, stage: StoryStage, person: Resource) -> None:
        self.stage, self.person = stage, person
        self.portal = stage.patient(person)
        given = self.portal.ask("POST", "/api/me/chat-token", body={})
        self.conversation_id, self._token = given["conversationId"], given["token"]
        self._watermark = ""
        self.stage.narrator.ask("POST", "/v3/directline/conversations", token=self._token)

    @property
    def path(self) -> str:
        """Where the patient's side of the conversation is."""
        return f"/v3/directline/conversations/{self.conversation_id}"

    def says(self, text: str) -> list[Activity]:
        """Let the patient say something; give what is new."""
        self._post({"type": "message", "text": text})
        return self.reads()

    def reads(self) -> list[Activity]:
        """Let everything come to rest and give what is new, the patient's own words included."""
        self.stage.host.until_idle()
        path = f"{self.path}/activities?watermark={self._watermark}"
        answer = self.stage.narrator.ask("GET", path, token=self._token, told=False)
        self._watermark = answer["watermark"]
        for activity in answer["activities"]:
            self._show(activity)
        return answer["activities"]

    def _post(self, activity: Activity) -> None:
        path = f"{self.path}/activities"
        self.stage.narrator.ask("POST", path, token=self._token, body=activity, told=False)

    def _show(self, activity: Activity) -> None:
        if not activity.get("text"):
            return
        offered = offered_with(activity)
        choices = f"  [{' | '.join(offered)}]" if offered else ""
        self.stage.narrator.quote(f"{self._speaker(activity)}: {activity['text']}{choices}")

    def _speaker(self, activity: Activity) -> str:
        if activity["from"]["role"] == "user":
            return first_name(self.person)
        return _WHO.get(activity["channelData"]["role"]) or activity["from"].get("name", "Somebody")


def offered_with(activity: Activity) -> list[str]:
    """Give the short answers that are offered with what was said."""
    return [action["value"] for action in activity.get("suggestedActions", {}).get("actions", [])]


def texts(activities: list[Activity], role: str) -> str:
    """Give all that one side said, as one text."""
    return "\n".join(
        one.get("text", "") for one in activities if one.get("channelData", {}).get("role") == role
    )


def opened_by(stage: StoryStage, person: Resource) -> ChatWindow:
    """Let a patient sign in and open the chat."""
    stage.narrator.say(f"{called(person)} signs in at the portal and opens the chat.")
    return ChatWindow(stage, person)
