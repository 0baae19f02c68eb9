"""Builds the application: which adapter serves which room. The one reader of the environment."""

import os
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from shared.kernel.clock import Clock, SystemClock
from shared.kernel.identity import IdSource, RandomIds
from shared.kernel.sensitive import Sensitive
from shared.wiring.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.access.resolve_caller import ResolveCaller
    from shared.access.who_am_i import WhoAmI
    from shared.adapters.local_messages import LocalMessages
    from shared.adapters.sqlite import SqliteFile
    from shared.adapters.sqlite_record import SqliteRecord
    from shared.audit.keep_audit import KeepAudit
    from shared.audit.list_audit import ListAudit
    from shared.consent.read_consents import ReadConsents
    from shared.consent.read_recorded_consents import ReadRecordedConsents
    from shared.consent.record_consent import RecordConsent
    from shared.journeys.advance_journey import AdvanceJourney
    from shared.journeys.end_enrolment import EndEnrolment
    from shared.journeys.list_enrolments import ListEnrolments
    from shared.journeys.list_journeys import ListJourneys
    from shared.journeys.live_journeys import LiveJourneys
    from shared.journeys.put_journey import PutJourney
    from shared.journeys.queue_due_enrolments import QueueDueEnrolments
    from shared.journeys.read_journey import ReadJourney
    from shared.journeys.start_journeys import StartJourneys
    from shared.journeys.stop_journeys import StopJourneys
    from shared.kernel.announcements import Publisher
    from shared.kernel.change_feed import ChangeFeed
    from shared.kernel.documents import Documents
    from shared.kernel.queues import QueueReceiver, Queues
    from shared.messaging.cancel_message import CancelMessage
    from shared.messaging.cancel_sending import CancelSending
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
    from shared.messaging.record_delivery_report import RecordDeliveryReport
    from shared.messaging.record_outcome import RecordOutcome
    from shared.messaging.remove_suppression import RemoveSuppression
    from shared.messaging.request_message import RequestMessage
    from shared.messaging.settle_claim import SettleClaim
    from shared.operations.discard_dead_letter import DiscardDeadLetter
    from shared.operations.discard_parked import DiscardParked
    from shared.operations.explain_parked import ExplainParked
    from shared.operations.list_dead_letters import ListDeadLetters
    from shared.operations.list_parked import ListParked
    from shared.operations.park_message import ParkMessage
    from shared.operations.replay_dead_letter import ReplayDeadLetter
    from shared.operations.replay_parked import ReplayParked
    from shared.operations.settle_parked import SettleParked
    from shared.patients.contact_keys import ContactKeys
    from shared.patients.read_profile import ReadProfile
    from shared.triggers.forward_changes import ForwardChanges
    from shared.triggers.list_triggers import ListTriggers
    from shared.triggers.live_triggers import LiveTriggers
    from shared.triggers.put_trigger import PutTrigger
    from shared.triggers.react_to_change import ReactToResourceChange
    from shared.triggers.read_trigger import ReadTrigger
    from shared.triggers.take_in_changes import TakeInChanges
    from shared.wiring.readiness import CheckReadiness
    from shared.wiring.relay import RelayAnnouncements, RelayLeftBehind


class Application:
    """Ports and acts, each built when first asked for, so that a function pays for its own room only."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or SystemClock()
        self.ids: IdSource = RandomIds()
        self.folder = Path(settings.data_folder)

    # -- ports

    @cached_property
    def store(self) -> "SqliteFile":
        from shared.adapters.sqlite import SqliteFile

        self.folder.mkdir(parents=True, exist_ok=True)
        return SqliteFile(self.folder / "store.db")

    @cached_property
    def documents(self) -> "Documents":
        from shared.adapters.sqlite_documents import SqliteDocuments
        from shared.wiring.indexes import INDEXES

        return SqliteDocuments(self.store, clock=self.clock, indexes=INDEXES)

    @cached_property
    def change_feed(self) -> "ChangeFeed":
        from shared.adapters.sqlite_change_feed import SqliteChangeFeed

        return SqliteChangeFeed(self.store)

    @cached_property
    def receiver(self) -> "QueueReceiver":
        from shared.adapters.sqlite_queues import SqliteQueues
        from shared.wiring.queues import SESSION_QUEUES

        return SqliteQueues(self.store, clock=self.clock, session_queues=SESSION_QUEUES)

    @cached_property
    def queues(self) -> "Queues":
        from shared.adapters.sqlite_queues import SqliteQueues
        from shared.wiring.queues import SESSION_QUEUES

        return SqliteQueues(self.store, clock=self.clock, session_queues=SESSION_QUEUES)

    @cached_property
    def record(self) -> "SqliteRecord":
        from shared.adapters.sqlite_record import SqliteRecord

        self.folder.mkdir(parents=True, exist_ok=True)
        return SqliteRecord(self.folder / "record.db", clock=self.clock)

    @cached_property
    def publisher(self) -> "Publisher":
        from shared.wiring.relay import PublishToQueues

        return PublishToQueues(self.queues)

    @cached_property
    def live_triggers(self) -> "LiveTriggers":
        from shared.triggers.live_triggers import LiveTriggers

        return LiveTriggers(self.documents, self.clock)

    @cached_property
    def live_journeys(self) -> "LiveJourneys":
        from shared.journeys.live_journeys import LiveJourneys

        return LiveJourneys(self.documents, self.clock)

    @cached_property
    def contact_keys(self) -> "ContactKeys":
        from shared.patients.contact_keys import ContactKeys

        return ContactKeys(Sensitive(self.settings.contact_key.value.encode()))

    @cached_property
    def gate_rules(self) -> "GateRules":
        from shared.wiring.house_rules import gate_rules

        return gate_rules(self.settings.organisation_time_zone)

    @property
    def claim_lasts(self) -> timedelta:
        return timedelta(seconds=self.settings.claim_lasts_seconds)

    @cached_property
    def local_messages(self) -> "LocalMessages":
        from shared.adapters.local_messages import LocalMessages

        self.folder.mkdir(parents=True, exist_ok=True)
        return LocalMessages(self.folder / "messages.db", clock=self.clock)

    @cached_property
    def providers(self) -> "Mapping[Channel, MessageProvider]":
        """One provider per channel; a third of a claim is as long as any of them may take."""
        from shared.messaging.model import Channel

        return {Channel.SMS: self._sms(), Channel.EMAIL: self._email()}

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

    # -- relay and readiness

    @cached_property
    def relay_announcements(self) -> "RelayAnnouncements":
        from shared.wiring.relay import RelayAnnouncements

        return RelayAnnouncements(self.documents, self.queues, self.park_message)

    @cached_property
    def relay_left_behind(self) -> "RelayLeftBehind":
        from shared.wiring.relay import RelayLeftBehind

        return RelayLeftBehind(self.documents, self.relay_announcements)

    @cached_property
    def check_readiness(self) -> "CheckReadiness":
        from shared.wiring.readiness import CheckReadiness

        return CheckReadiness(self.documents, self.receiver, self.record)

    # -- access

    @cached_property
    def resolve_caller(self) -> "ResolveCaller":
        from shared.access.resolve_caller import ResolveCaller

        return ResolveCaller(self.documents)

    @cached_property
    def who_am_i(self) -> "WhoAmI":
        from shared.access.who_am_i import WhoAmI

        return WhoAmI()

    # -- audit

    @cached_property
    def keep_audit(self) -> "KeepAudit":
        from shared.audit.keep_audit import KeepAudit

        return KeepAudit(self.documents)

    @cached_property
    def list_audit(self) -> "ListAudit":
        from shared.audit.list_audit import ListAudit

        return ListAudit(self.documents)

    # -- operations

    @cached_property
    def park_message(self) -> "ParkMessage":
        from shared.operations.park_message import ParkMessage

        return ParkMessage(self.documents)

    @cached_property
    def settle_parked(self) -> "SettleParked":
        from shared.operations.settle_parked import SettleParked

        return SettleParked(self.documents, self.queues, self.receiver)

    @cached_property
    def list_parked(self) -> "ListParked":
        from shared.operations.list_parked import ListParked

        return ListParked(self.documents)

    @cached_property
    def explain_parked(self) -> "ExplainParked":
        from shared.operations.explain_parked import ExplainParked

        return ExplainParked(self.documents)

    @cached_property
    def replay_parked(self) -> "ReplayParked":
        from shared.operations.replay_parked import ReplayParked

        return ReplayParked(self.documents)

    @cached_property
    def discard_parked(self) -> "DiscardParked":
        from shared.operations.discard_parked import DiscardParked

        return DiscardParked(self.documents)

    @cached_property
    def list_dead_letters(self) -> "ListDeadLetters":
        from shared.operations.list_dead_letters import ListDeadLetters

        return ListDeadLetters(self.receiver)

    @cached_property
    def replay_dead_letter(self) -> "ReplayDeadLetter":
        from shared.operations.replay_dead_letter import ReplayDeadLetter

        return ReplayDeadLetter(self.documents, self.receiver)

    @cached_property
    def discard_dead_letter(self) -> "DiscardDeadLetter":
        from shared.operations.discard_dead_letter import DiscardDeadLetter

        return DiscardDeadLetter(self.documents, self.receiver)

    # -- consent

    @cached_property
    def record_consent(self) -> "RecordConsent":
        from shared.consent.record_consent import RecordConsent

        return RecordConsent(self.documents, self.read_profile, self.contact_keys)

    @cached_property
    def read_consents(self) -> "ReadConsents":
        from shared.consent.read_consents import ReadConsents

        return ReadConsents(self.documents, self.read_profile, self.contact_keys)

    @cached_property
    def read_recorded_consents(self) -> "ReadRecordedConsents":
        from shared.consent.read_recorded_consents import ReadRecordedConsents

        return ReadRecordedConsents(self.record)

    # -- patients

    @cached_property
    def read_profile(self) -> "ReadProfile":
        from shared.patients.read_profile import ReadProfile

        return ReadProfile(self.record, self.settings.organisation_country)

    # -- messaging

    @cached_property
    def request_message(self) -> "RequestMessage":
        from shared.messaging.request_message import RequestMessage

        return RequestMessage(self.documents, self.read_profile, self.contact_keys)

    @cached_property
    def cancel_message(self) -> "CancelMessage":
        from shared.messaging.cancel_message import CancelMessage

        return CancelMessage(self.documents)

    @cached_property
    def cancel_sending(self) -> "CancelSending":
        from shared.messaging.cancel_sending import CancelSending

        return CancelSending(self.documents)

    @cached_property
    def read_situation(self) -> "ReadSituation":
        from shared.messaging.read_situation import ReadSituation

        return ReadSituation(self.documents, self.read_profile, self.read_recorded_consents)

    @cached_property
    def decide_sending(self) -> "DecideSending":
        from shared.messaging.decide_sending import DecideSending

        return DecideSending(self.documents, self.read_situation, self.gate_rules)

    @cached_property
    def deliver_message(self) -> "DeliverMessage":
        from shared.messaging.deliver_message import DeliverMessage

        return DeliverMessage(
            self.documents,
            self.read_situation,
            self.providers,
            self.gate_rules,
            self.clock,
            claim_lasts=self.claim_lasts,
            sending_takes=self.claim_lasts * 5 / 12,
        )

    @cached_property
    def settle_claim(self) -> "SettleClaim":
        from shared.messaging.settle_claim import SettleClaim

        return SettleClaim(self.documents, self.providers, self.clock)

    @cached_property
    def queue_lapsed_claims(self) -> "QueueLapsedClaims":
        from shared.messaging.queue_lapsed_claims import QueueLapsedClaims

        return QueueLapsedClaims(self.documents, self.publisher, self.clock)

    @cached_property
    def queue_held_messages(self) -> "QueueHeldMessages":
        from shared.messaging.queue_held_messages import QueueHeldMessages

        return QueueHeldMessages(self.documents, self.publisher)

    @cached_property
    def record_outcome(self) -> "RecordOutcome":
        from shared.messaging.record_outcome import RecordOutcome

        return RecordOutcome(self.documents)

    @cached_property
    def record_delivery_report(self) -> "RecordDeliveryReport":
        from shared.messaging.record_delivery_report import RecordDeliveryReport

        return RecordDeliveryReport(self.documents)

    @cached_property
    def list_messages(self) -> "ListMessages":
        from shared.messaging.list_messages import ListMessages

        return ListMessages(self.documents)

    @cached_property
    def read_message(self) -> "ReadMessage":
        from shared.messaging.read_message import ReadMessage

        return ReadMessage(self.documents)

    @cached_property
    def explain_message(self) -> "ExplainMessage":
        from shared.messaging.explain_message import ExplainMessage

        return ExplainMessage(self.documents)

    @cached_property
    def list_uncertain(self) -> "ListUncertain":
        from shared.messaging.list_uncertain import ListUncertain

        return ListUncertain(self.documents)

    @cached_property
    def put_template(self) -> "PutTemplate":
        from shared.messaging.put_template import PutTemplate

        return PutTemplate(self.documents)

    @cached_property
    def read_template(self) -> "ReadTemplate":
        from shared.messaging.read_template import ReadTemplate

        return ReadTemplate(self.documents)

    @cached_property
    def list_suppressions(self) -> "ListSuppressions":
        from shared.messaging.list_suppressions import ListSuppressions

        return ListSuppressions(self.documents)

    @cached_property
    def remove_suppression(self) -> "RemoveSuppression":
        from shared.messaging.remove_suppression import RemoveSuppression

        return RemoveSuppression(self.documents)

    # -- triggers

    @cached_property
    def forward_changes(self) -> "ForwardChanges":
        from shared.triggers.forward_changes import ForwardChanges

        return ForwardChanges(self.queues)

    @cached_property
    def take_in_changes(self) -> "TakeInChanges":
        from shared.triggers.take_in_changes import TakeInChanges

        return TakeInChanges(self.record, self.documents, self.publisher, self.live_triggers)

    @cached_property
    def react_to_change(self) -> "ReactToResourceChange":
        from shared.triggers.react_to_change import ReactToResourceChange

        return ReactToResourceChange(self.record, self.documents, self.live_triggers)

    @cached_property
    def put_trigger(self) -> "PutTrigger":
        from shared.triggers.put_trigger import PutTrigger

        return PutTrigger(self.documents)

    @cached_property
    def read_trigger(self) -> "ReadTrigger":
        from shared.triggers.read_trigger import ReadTrigger

        return ReadTrigger(self.documents)

    @cached_property
    def list_triggers(self) -> "ListTriggers":
        from shared.triggers.list_triggers import ListTriggers

        return ListTriggers(self.documents)

    # -- journeys

    @cached_property
    def start_journeys(self) -> "StartJourneys":
        from shared.journeys.start_journeys import StartJourneys

        return StartJourneys(self.documents, self.live_journeys, self.settings.organisation_time_zone)

    @cached_property
    def stop_journeys(self) -> "StopJourneys":
        from shared.journeys.stop_journeys import StopJourneys

        return StopJourneys(self.documents, self.live_journeys)

    @cached_property
    def advance_journey(self) -> "AdvanceJourney":
        from shared.journeys.advance_journey import AdvanceJourney

        return AdvanceJourney(self.documents, self.live_journeys, self.settings.organisation_time_zone)

    @cached_property
    def queue_due_enrolments(self) -> "QueueDueEnrolments":
        from shared.journeys.queue_due_enrolments import QueueDueEnrolments

        return QueueDueEnrolments(self.documents, self.publisher, self.live_journeys)

    @cached_property
    def put_journey(self) -> "PutJourney":
        from shared.journeys.put_journey import PutJourney

        return PutJourney(self.documents)

    @cached_property
    def read_journey(self) -> "ReadJourney":
        from shared.journeys.read_journey import ReadJourney

        return ReadJourney(self.documents)

    @cached_property
    def list_journeys(self) -> "ListJourneys":
        from shared.journeys.list_journeys import ListJourneys

        return ListJourneys(self.documents)

    @cached_property
    def list_enrolments(self) -> "ListEnrolments":
        from shared.journeys.list_enrolments import ListEnrolments

        return ListEnrolments(self.documents, self.live_journeys)

    @cached_property
    def end_enrolment(self) -> "EndEnrolment":
        from shared.journeys.end_enrolment import EndEnrolment

        return EndEnrolment(self.documents, self.live_journeys)


def build(settings: Settings, *, clock: Clock | None = None) -> Application:
    """Put an application together; nothing is opened until it is used."""
    return Application(settings, clock=clock)


_serving: list[Application] = []


def application() -> Application:
    """Give the process's application, built from the environment unless `serve_as` came first."""
    if not _serving:
        _serving.append(build(Settings.read_from(os.environ)))
    return _serving[0]


def serve_as(app: Application | None) -> None:
    """Make `app` the process's application; with None, the next call builds one from the environment."""
    _serving[:] = [] if app is None else [app]
