"""The acts of room conversations, each built when first asked for."""

from functools import partial
from typing import TYPE_CHECKING

from shared.wiring.once import once
from shared.wiring.ports import Ports

if TYPE_CHECKING:
    from shared.conversations.accept_conversation import AcceptConversation
    from shared.conversations.bot_turns import BotTurns
    from shared.conversations.close_conversation import CloseConversation
    from shared.conversations.close_idle_conversation import CloseIdle
    from shared.conversations.decline_conversation import DeclineConversation
    from shared.conversations.end_conversation import EndConversation
    from shared.conversations.find_patient_of_conversation import FindPatientOfConversation
    from shared.conversations.generate_anonymous_chat_token import GenerateAnonymousChatToken
    from shared.conversations.generate_chat_token import GenerateChatToken
    from shared.conversations.hear_booking_settled import HearBookingSettled
    from shared.conversations.hear_external_bot import HearExternalBot
    from shared.conversations.lapse_offer import LapseAnOffer
    from shared.conversations.list_conversations import ListConversations
    from shared.conversations.offer_conversation import OfferConversation
    from shared.conversations.open_conversation import OpenConversation
    from shared.conversations.post_activity import PostActivity
    from shared.conversations.queue_idle_conversations import QueueIdleConversations
    from shared.conversations.queue_lapsed_offers import QueueLapsedOffers
    from shared.conversations.read_activities import ReadActivities
    from shared.conversations.read_as_bot import ReadAsBot
    from shared.conversations.read_conversation import ReadConversation
    from shared.conversations.read_transcript import ReadTranscript
    from shared.conversations.record_satisfaction import KeepSatisfaction
    from shared.conversations.refresh_chat_token import RefreshChatToken
    from shared.conversations.rejoin_conversation import RejoinConversation
    from shared.conversations.release_conversation import ReleaseConversation
    from shared.conversations.say_in_conversation import SayInConversation


class ConversationsActs(Ports):
    """What room conversations can do."""

    # -- the patient

    @once
    def generate_chat_token(self) -> "GenerateChatToken":
        from shared.conversations.generate_chat_token import GenerateChatToken

        return GenerateChatToken(self.documents, self.seals, self.live_features)

    @once
    def generate_anonymous_chat_token(self) -> "GenerateAnonymousChatToken":
        from shared.conversations.generate_anonymous_chat_token import GenerateAnonymousChatToken

        return GenerateAnonymousChatToken(self.seals, self.live_features)

    @once
    def refresh_chat_token(self) -> "RefreshChatToken":
        from shared.conversations.refresh_chat_token import RefreshChatToken

        return RefreshChatToken(self.seals)

    @once
    def open_conversation(self) -> "OpenConversation":
        from shared.conversations.open_conversation import OpenConversation

        return OpenConversation(self.documents, self.seals, self._bot_turns, self.live_features)

    @once
    def rejoin_conversation(self) -> "RejoinConversation":
        from shared.conversations.rejoin_conversation import RejoinConversation

        return RejoinConversation(self.documents, self.seals)

    @once
    def post_activity(self) -> "PostActivity":
        from shared.conversations.post_activity import PostActivity

        return PostActivity(self.documents, self._bot_turns)

    @once
    def read_activities(self) -> "ReadActivities":
        from shared.conversations.read_activities import ReadActivities

        return ReadActivities(self.documents)

    # -- bots

    @once
    def _bot_turns(self) -> "BotTurns":
        from shared.appointments.search_slots import SearchSlots
        from shared.conversations.bot_turns import BotTurns
        from shared.conversations.free_times import FreeTimes

        search = SearchSlots(self.record, self.settings.organisation_time_zone)
        return BotTurns(self.documents, FreeTimes(search, self.live_features))

    @once
    def hear_external_bot(self) -> "HearExternalBot":
        from shared.adapters.codec import from_json
        from shared.conversations.hear_external_bot import BotCommand, HearExternalBot

        return HearExternalBot(self.documents, partial(from_json, of=BotCommand))

    @once
    def read_as_bot(self) -> "ReadAsBot":
        from shared.conversations.read_as_bot import ReadAsBot

        return ReadAsBot(self.documents)

    @once
    def hear_booking_settled(self) -> "HearBookingSettled":
        from shared.conversations.hear_booking_settled import HearBookingSettled

        return HearBookingSettled(self.documents, self._bot_turns)

    # -- staff

    @once
    def find_patient_of_conversation(self) -> "FindPatientOfConversation":
        from shared.conversations.find_patient_of_conversation import FindPatientOfConversation

        return FindPatientOfConversation(self.documents)

    @once
    def list_conversations(self) -> "ListConversations":
        from shared.conversations.list_conversations import ListConversations

        return ListConversations(self.documents)

    @once
    def read_conversation(self) -> "ReadConversation":
        from shared.conversations.read_conversation import ReadConversation

        return ReadConversation(self.documents)

    @once
    def read_transcript(self) -> "ReadTranscript":
        from shared.conversations.read_transcript import ReadTranscript

        return ReadTranscript(self.documents)

    @once
    def accept_conversation(self) -> "AcceptConversation":
        from shared.conversations.accept_conversation import AcceptConversation

        return AcceptConversation(self.documents)

    @once
    def decline_conversation(self) -> "DeclineConversation":
        from shared.conversations.decline_conversation import DeclineConversation

        return DeclineConversation(self.documents)

    @once
    def say_in_conversation(self) -> "SayInConversation":
        from shared.conversations.say_in_conversation import SayInConversation

        return SayInConversation(self.documents)

    @once
    def end_conversation(self) -> "EndConversation":
        from shared.conversations.end_conversation import EndConversation

        return EndConversation(self.documents)

    @once
    def release_conversation(self) -> "ReleaseConversation":
        from shared.conversations.release_conversation import ReleaseConversation

        return ReleaseConversation(self.documents)

    @once
    def close_conversation(self) -> "CloseConversation":
        from shared.conversations.close_conversation import CloseConversation

        return CloseConversation(self.documents)

    # -- what others announce, and what is due

    @once
    def offer_conversation(self) -> "OfferConversation":
        from shared.conversations.offer_conversation import OfferConversation

        return OfferConversation(self.documents)

    @once
    def lapse_offer(self) -> "LapseAnOffer":
        from shared.conversations.lapse_offer import LapseAnOffer

        return LapseAnOffer(self.documents)

    @once
    def close_idle_conversation(self) -> "CloseIdle":
        from shared.conversations.close_idle_conversation import CloseIdle

        return CloseIdle(self.documents)

    @once
    def record_satisfaction(self) -> "KeepSatisfaction":
        from shared.conversations.record_satisfaction import KeepSatisfaction

        return KeepSatisfaction(self.documents)

    @once
    def queue_idle_conversations(self) -> "QueueIdleConversations":
        from shared.conversations.queue_idle_conversations import QueueIdleConversations

        return QueueIdleConversations(self.documents, self.publisher)

    @once
    def queue_lapsed_offers(self) -> "QueueLapsedOffers":
        from shared.conversations.queue_lapsed_offers import QueueLapsedOffers

        return QueueLapsedOffers(self.documents, self.publisher)
