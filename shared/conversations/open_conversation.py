"""Begin to talk: the bot speaks first."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime

from shared.access.model import ChatVisitor
from shared.access.ports import Seals
from shared.conversations.bot.model import NoSuchScenario
from shared.conversations.bot_turns import BotTurns
from shared.conversations.conversation import Conversation, Owner
from shared.conversations.decision import Decision
from shared.conversations.direct_line import TokenGiven
from shared.conversations.documents import committed, conversation_at
from shared.conversations.lifecycle import FIRST
from shared.conversations.model import ChatNotOpen, NoSuchConversation
from shared.conversations.visitors import LASTS, token_for
from shared.conversations.workstreams import LIVE_CHAT, workstream_of
from shared.kernel.documents import Documents
from shared.kernel.sensitive import Sensitive
from shared.operations.features import Feature
from shared.operations.live_features import LiveFeatures
from shared.routing.workstreams import Workstream

log = logging.getLogger(__name__)

EXTERNAL_BOT = Owner("bot", "external")
BOT_NAME = "Chat bot"


@dataclass(frozen=True, slots=True)
class OpenConversation:
    """Opens the conversation that a token is for, the bot's greeting included, in one commit (BH-1, BH-2).

    Opened again it is as it was. Where the workstream names no scenario, a bot elsewhere speaks first.
    """

    documents: Documents
    seals: Seals
    bots: BotTurns
    features: LiveFeatures

    def __call__(self, *, caller: ChatVisitor, now: datetime, real: datetime) -> TokenGiven:
        """Open it and give a fresh token, or raise `ChatNotOpen`, or `FeatureIsOff` for a new one."""
        is_new = self._opened(caller, now)
        token = token_for(self.seals, caller, real=real)
        return TokenGiven(caller.conversation_id, token, int(LASTS.total_seconds()), is_new)

    def _opened(self, visitor: ChatVisitor, now: datetime) -> bool:
        try:
            conversation_at(self.documents, visitor.conversation_id)
        except NoSuchConversation:
            self.features.require(Feature.CHAT)
            workstream = workstream_of(self.documents, LIVE_CHAT)
            committed(self.documents, None, self._begun(_begun(visitor, workstream, now), workstream, now))
            log.info("conversations.opened", extra={"conversation": visitor.conversation_id})
            return True
        return False

    def _begun(self, conversation: Conversation, workstream: Workstream, now: datetime) -> Decision:
        decision = Decision(conversation, 1)
        if workstream.scenario_id is None:
            return decision
        try:
            return self.bots.begun(decision, workstream.scenario_id, now)
        except NoSuchScenario:
            log.warning("conversations.scenario.missing", extra={"workstream": workstream.id})
            raise ChatNotOpen from None


def _begun(visitor: ChatVisitor, workstream: Workstream, now: datetime) -> Conversation:
    """Begin with what we know; `signed_in` lets the bot offer only what it can do."""
    state, _ = FIRST
    scenario_id = workstream.scenario_id
    begun = Conversation(
        id=visitor.conversation_id,
        patient_id=visitor.patient_id,
        user_id=visitor.user_id,
        workstream_id=workstream.id,
        state=state,
        owner=Owner("bot", scenario_id, BOT_NAME) if scenario_id else EXTERNAL_BOT,
        started_at=now,
        changed_at=now,
        auto_close=workstream.auto_close,
        context=Sensitive({"signed_in": int(visitor.patient_id is not None)}),
        survey_id=workstream.survey_id,
    )
    return replace(begun, closes_at=begun.silent_until(now))
