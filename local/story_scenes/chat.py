"""The chat: a bot answers, hands over to a person, and is silent from then on."""

import json

from functions.edge.callers import signature
from local.laptop_settings import EXAMPLE
from local.story_scenes.chat_window import ChatWindow, opened_by, texts
from local.story_scenes.story_cast import called, first_name
from local.story_scenes.story_stage import StoryStage
from shared.kernel.clock import SystemClock

QUEUE = "patient-services"


class ChatScenes:
    """A patient and Sam, one conversation; `window` is the patient's side of it."""

    def __init__(self, stage: StoryStage) -> None:
        self.stage, self.narrator = stage, stage.narrator
        self.person = stage.cast.next()
        self.window: ChatWindow

    @property
    def path(self) -> str:
        """Where staff find the conversation."""
        return f"/api/conversations/{self.window.conversation_id}"

    def the_bot_answers(self) -> None:
        """Let the bot greet, and answer what it has been taught."""
        self.narrator.scene(f"{called(self.person)} has a question, and the chat bot answers it")
        self._sam_is("appear_away", display_name="Sam")
        self.window = opened_by(self.stage, self.person)
        greeting = texts(self.window.reads(), "bot")
        self.narrator.promise("Welcome" in greeting, "The bot spoke first.")
        answer = texts(self.window.says("Opening hours"), "bot")
        self.narrator.promise("Monday to Friday" in answer, "The bot knew the opening hours.")

    def somebody_is_asked_for(self) -> None:
        """Let the patient ask for a person while nobody is there: the conversation waits, and says why."""
        self.narrator.scene(f"{first_name(self.person)} wants to talk to a person; Sam is away")
        said = texts(self.window.says("I would rather talk to a person"), "system")
        self.narrator.promise("wait a moment" in said, "The patient was told that somebody will come.")
        work = self.window.conversation_id
        waiting = self.stage.rita.ask("GET", f"/api/queues/{QUEUE}/waiting")
        self.narrator.promise(
            [one["work_id"] for one in waiting["waiting"]] == [work], f"It waits in the queue {QUEUE}."
        )
        why = self.stage.rita.ask("GET", f"/api/queues/{QUEUE}/waiting/{work}/why")
        self.narrator.promise(
            [member["presence"] for member in why["members"]] == ["appear_away"],
            "Rita, who supervises, can see why: the only representative is away.",
        )

    def sam_takes_it(self) -> None:
        """Let Sam come back, see who asks and what was said, and take the conversation."""
        self.narrator.scene("Sam comes back, is offered the conversation, looks, and takes it")
        self._sam_is("available")
        self.stage.host.until_idle()
        work = self.stage.sam.ask("GET", "/api/me/work")
        self.narrator.promise(
            [offer["work_id"] for offer in work["offers"]] == [self.window.conversation_id],
            "The conversation is offered to Sam.",
        )
        self._sam_looks()
        taken = self.stage.sam.ask("POST", f"{self.path}/accept")
        self.narrator.promise(
            taken["conversation"]["owner_kind"] == "representative", "Sam owns the conversation now."
        )

    def they_talk(self) -> None:
        """Let them talk, while the supervisor sees it and no bot may."""
        self.narrator.scene("They talk; Rita sees it on her board, and a bot that tries to go on is refused")
        self.window.reads()
        self.sam_says("Hello, I am Sam. What can I do for you?")
        heard = self.window.says("I should like to see a doctor next week, please.")
        self.narrator.promise(not texts(heard, "bot"), "The bot said nothing: it is Sam's conversation.")
        transcript = self.stage.sam.ask("GET", f"{self.path}/transcript")["activities"]
        self.narrator.promise(transcript[-1]["role"] == "user", "Sam reads what the patient wrote.")
        board = self.stage.rita.ask("GET", "/api/conversations?state=active")["conversations"]
        owners = [(one["owner_name"]) for one in board if one["conversation_id"] == self._id]
        self.narrator.promise(owners == ["Sam"], "On Rita's board the conversation is active, and Sam's.")
        self._a_bot_tries()

    def sam_says(self, text: str) -> None:
        """Let Sam say something, and the patient read it."""
        self.stage.sam.ask("POST", f"{self.path}/messages", body={"text": text}, told=False)
        read = self.window.reads()
        self.narrator.promise(texts(read, "representative") == text, "It has reached the patient.")

    @property
    def _id(self) -> str:
        return self.window.conversation_id

    def _sam_is(self, presence: str, **more: str) -> None:
        self.stage.sam.ask("PUT", "/api/me/presence", body={"presence": presence, **more})

    def _sam_looks(self) -> None:
        screen = self.stage.sam.ask("GET", f"{self.path}/accept-screen")
        frame = screen["patient"]
        name = f"{frame['given']} {frame['family']}"
        points = ", ".join(point["value"] for point in frame["contact_points"])
        self.narrator.quote(f"{name}, born {frame['birth_date']}, {points}")
        self.narrator.quote(f"waiting since {screen['waiting_since']}; the bot says: {screen['summary']}")
        roles = {said["role"] for said in screen["transcript"]}
        self.narrator.promise(
            frame["patient_id"] == self.person["id"] and {"user", "bot"} <= roles,
            "The accept screen shows who it is and all that was said with the bot.",
        )
        self.narrator.promise(
            screen["context"]["Topic"] == "person" and screen["waiting_since"] is not None,
            "It shows what the bot has learned, and since when the patient waits.",
        )

    def _a_bot_tries(self) -> None:
        body = json.dumps({"type": "message", "text": "May I help you?"}).encode()
        timestamp = str(int(SystemClock().real().timestamp()))
        secret = json.loads(EXAMPLE.read_text())["Values"]["BOT_SECRET"]
        proof = {
            "X-Webhook-Timestamp": timestamp,
            "X-Webhook-Signature": signature(secret, timestamp, body),
        }
        path = f"/v3/conversations/{self._id}/activities"
        refusal = self.narrator.refused("POST", path, status=409, body=body, headers=proof)
        self.narrator.note(f"A bot's word is refused now: {refusal['title']}")
        self.narrator.promise(not self.window.reads(), "The patient has seen nothing of it.")
