"""The acts of room messaging, each built when first asked for."""

from datetime import timedelta
from typing import TYPE_CHECKING

from shared.wiring.acts.copies import CopiesActs
from shared.wiring.once import once

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.adapters.local_messages import LocalMessages
    from shared.messaging.ask_for_confirmation import AskForConfirmation
    from shared.messaging.cancel_message import CancelMessage
    from shared.messaging.cancel_sending import CancelSending
    from shared.messaging.copies_to_family import CopiesToFamily
    from shared.messaging.decide_sending import DecideSending
    from shared.messaging.deliver_message import DeliverMessage
    from shared.messaging.explain_message import ExplainMessage
    from shared.messaging.gate.situation import GateRules
    from shared.messaging.list_messages import ListMessages
    from shared.messaging.list_suppressions import ListSuppressions
    from shared.messaging.list_uncertain import ListUncertain
    from shared.messaging.model import Channel
    from shared.messaging.ports import MessageProvider
    from shared.messaging.put_template import PutTemplate
    from shared.messaging.queue_held_messages import QueueHeldMessages
    from shared.messaging.queue_lapsed_claims import QueueLapsedClaims
    from shared.messaging.read_message import ReadMessage
    from shared.messaging.read_situation import ReadSituation
    from shared.messaging.read_template import ReadTemplate
    from shared.messaging.remove_suppression import RemoveSuppression
    from shared.messaging.request_message import RequestMessage
    from shared.messaging.settle_claim import SettleClaim
    from shared.messaging.take_in_report import TakeInReport
    from shared.messaging.work_on_outcomes import WorkOnOutcomes


class MessagingActs(CopiesActs):
    """What room messaging can do."""

    @once
    def gate_rules(self) -> "GateRules":
        from shared.wiring.house_rules import gate_rules

        return gate_rules(self.settings.organisation_time_zone)

    @property
    def claim_lasts(self) -> timedelta:
        return timedelta(seconds=self.settings.claim_lasts_seconds)

    @property
    def clocks_apart(self) -> timedelta:
        return timedelta(seconds=self.settings.clocks_apart_seconds)

    @once
    def local_messages(self) -> "LocalMessages":
        from shared.adapters.local_messages import LocalMessages

        self.folder.mkdir(parents=True, exist_ok=True)
        return LocalMessages(self.folder / "messages.db", clock=self.clock)

    @once
    def providers(self) -> "Mapping[Channel, MessageProvider]":
        """One provider per channel; a third of a claim is as long as any of them may take."""
        from shared.adapters.watched_provider import WatchedProvider
        from shared.messaging.model import Channel

        named = {Channel.SMS: self._sms(), Channel.EMAIL: self._email()}
        return {channel: WatchedProvider(provider, channel) for channel, provider in named.items()}

    def _sms(self) -> "MessageProvider":
        if self.settings.sms_provider == "local":
            return self.local_messages
        from shared.adapters.gateway_sms import GatewaySms

        return GatewaySms(
            self.settings.sms_gateway_url,
            self.settings.sms_gateway_secret,
            honours_keys=self.settings.sms_gateway_honours_keys,
            timeout=self.claim_lasts / 3,
        )

    def _email(self) -> "MessageProvider":
        if self.settings.email_provider == "local":
            return self.local_messages
        from shared.adapters.smtp import SmtpEmail

        return SmtpEmail(
            self.settings.smtp_host,
            self.settings.smtp_port,
            self.settings.email_from,
            timeout=self.claim_lasts / 3,
        )

    @once
    def request_message(self) -> "RequestMessage":
        from shared.messaging.request_message import RequestMessage

        return RequestMessage(self.documents, self.read_profile, self.contact_keys, self.copies_to_family)

    @once
    def copies_to_family(self) -> "CopiesToFamily":
        from shared.messaging.copies_to_family import CopiesToFamily

        return CopiesToFamily(self.documents, self.read_related, self.contact_keys)

    @once
    def ask_for_confirmation(self) -> "AskForConfirmation":
        from shared.consent.still_unanswered import StillUnanswered
        from shared.messaging.ask_for_confirmation import AskForConfirmation

        unanswered = StillUnanswered(
            self.documents, self.read_recorded_consents, self.names_contact, self.seals
        )
        return AskForConfirmation(self.documents, unanswered)

    @once
    def cancel_message(self) -> "CancelMessage":
        from shared.messaging.cancel_message import CancelMessage

        return CancelMessage(self.documents, self.copies_to_family)

    @once
    def cancel_sending(self) -> "CancelSending":
        from shared.messaging.cancel_sending import CancelSending

        return CancelSending(self.documents)

    @once
    def read_situation(self) -> "ReadSituation":
        from shared.messaging.read_situation import ReadSituation
        from shared.messaging.tell_of_patient import TellOfPatient

        return ReadSituation(
            self.documents,
            self.read_patient,
            self.read_related,
            self.standing_copies,
            self.read_recorded_consents,
            self.live_features,
            self.preference_links,
            self.copy_links,
            self.gate_rules.enforcements,
            self.settings.honour_legacy_flags,
            self.settings.organisation_time_zone,
            self.own_resources,
            TellOfPatient(self.record),
        )

    @once
    def decide_sending(self) -> "DecideSending":
        from shared.messaging.decide_sending import DecideSending

        return DecideSending(self.documents, self.read_situation, self.gate_rules)

    @once
    def deliver_message(self) -> "DeliverMessage":
        from shared.messaging.deliver_message import DeliverMessage

        return DeliverMessage(
            self.documents,
            self.read_situation,
            self.providers,
            self.gate_rules,
            self.clock,
            self.spell_code,
            claim_lasts=self.claim_lasts,
            sending_takes=self.claim_lasts * 5 / 12,
        )

    @once
    def settle_claim(self) -> "SettleClaim":
        from shared.messaging.settle_claim import SettleClaim

        return SettleClaim(self.documents, self.providers, self.clock, self.clocks_apart)

    @once
    def queue_lapsed_claims(self) -> "QueueLapsedClaims":
        from shared.messaging.queue_lapsed_claims import QueueLapsedClaims

        return QueueLapsedClaims(self.documents, self.publisher, self.clock, self.clocks_apart)

    @once
    def queue_held_messages(self) -> "QueueHeldMessages":
        from shared.messaging.queue_held_messages import QueueHeldMessages

        return QueueHeldMessages(self.documents, self.publisher)

    @once
    def record_outcome(self) -> "WorkOnOutcomes":
        from shared.activities.note_message import NoteMessage
        from shared.messaging.record_outcome import RecordOutcome
        from shared.messaging.record_use import RecordUse
        from shared.messaging.work_on_outcomes import WorkOnOutcomes

        note = NoteMessage()
        return WorkOnOutcomes(RecordOutcome(self.documents, note), RecordUse(self.documents, note))

    @once
    def record_delivery_report(self) -> "TakeInReport":
        from shared.messaging.note_use import NoteUse
        from shared.messaging.record_delivery_report import RecordDeliveryReport
        from shared.messaging.take_in_report import TakeInReport

        return TakeInReport(
            RecordDeliveryReport(self.documents),
            NoteUse(self.documents, self.publisher, self.read_situation, self.gate_rules),
        )

    @once
    def list_messages(self) -> "ListMessages":
        from shared.messaging.list_messages import ListMessages

        return ListMessages(self.documents)

    @once
    def read_message(self) -> "ReadMessage":
        from shared.messaging.read_message import ReadMessage

        return ReadMessage(self.documents)

    @once
    def explain_message(self) -> "ExplainMessage":
        from shared.messaging.explain_message import ExplainMessage

        return ExplainMessage(self.documents)

    @once
    def list_uncertain(self) -> "ListUncertain":
        from shared.messaging.list_uncertain import ListUncertain

        return ListUncertain(self.documents)

    @once
    def put_template(self) -> "PutTemplate":
        from shared.messaging.put_template import PutTemplate

        return PutTemplate(self.documents)

    @once
    def read_template(self) -> "ReadTemplate":
        from shared.messaging.read_template import ReadTemplate

        return ReadTemplate(self.documents)

    @once
    def list_suppressions(self) -> "ListSuppressions":
        from shared.messaging.list_suppressions import ListSuppressions

        return ListSuppressions(self.documents)

    @once
    def remove_suppression(self) -> "RemoveSuppression":
        from shared.messaging.remove_suppression import RemoveSuppression

        return RemoveSuppression(self.documents)
