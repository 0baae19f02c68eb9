"""A house that sends messages: the acts of the room over the embedded adapters."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from shared.access.family_terms import Terms
from shared.access.invitation_codes import InvitationCodes
from shared.access.spell_code import SpellCode
from shared.activities.note_message import NoteMessage
from shared.adapters.codec import from_plain
from shared.adapters.sqlite_record import SqliteRecord
from shared.consent.copies.standing_copies import StandingCopies
from shared.consent.model import Choice, Purpose
from shared.consent.read_recorded_consents import ReadRecordedConsents
from shared.consent.record_consent import ConsentGiven, RecordConsent
from shared.fhir.ports import Resource, Write
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.clock import StoppedClock
from shared.kernel.documents import Delete, Documents
from shared.kernel.sensitive import Sensitive
from shared.messaging import model
from shared.messaging.cancel_message import CancelMessage
from shared.messaging.cancel_sending import CancelSending
from shared.messaging.copies_to_family import CopiesToFamily
from shared.messaging.decide_sending import DecideSending
from shared.messaging.decision import Decision
from shared.messaging.deliver_message import CLAIM_LASTS, DeliverMessage, SomebodyIsSending
from shared.messaging.documents import (
    CLAIMED_UNTIL,
    DECISION_STATE,
    RELEASE_AT,
    SUPPRESSED_SINCE,
    decision_at,
    message_at,
)
from shared.messaging.explain_message import ExplainMessage
from shared.messaging.gate.situation import GateRules
from shared.messaging.message_view import WhyMessage
from shared.messaging.model import Channel, SendMessage
from shared.messaging.note_use import NoteUse
from shared.messaging.ports import MessageProvider
from shared.messaging.put_template import PutTemplate
from shared.messaging.queue_held_messages import QueueHeldMessages
from shared.messaging.queue_lapsed_claims import QueueLapsedClaims
from shared.messaging.read_situation import ReadSituation
from shared.messaging.record_delivery_report import DeliveryReport, RecordDeliveryReport
from shared.messaging.record_outcome import RecordOutcome
from shared.messaging.record_use import RecordUse
from shared.messaging.request_message import RequestMessage
from shared.messaging.settle_claim import SettleClaim
from shared.messaging.take_in_report import TakeInReport
from shared.messaging.template import TemplateContent
from shared.operations.live_features import LiveFeatures
from shared.patients.read_patient import ReadPatient
from shared.patients.read_profile import ReadProfile
from shared.patients.read_related import ReadRelated
from tests.rooms.messaging.builders import ADA, KEYS, MOBILE, NOON, NURSE, a_content
from tests.rooms.patients.builders import a_patient
from tests.support.house import House, a_house

INDEXES = (RELEASE_AT, CLAIMED_UNTIL, DECISION_STATE, SUPPRESSED_SINCE)


@dataclass
class Told(Publisher):
    """Keeps what sweeps publish."""

    announcements: list[Announcement] = field(default_factory=list[Announcement])

    def publish(self, announcements: Sequence[Announcement]) -> None:
        self.announcements.extend(announcements)

    @property
    def contents(self) -> list[object]:
        return [announcement.content for announcement in self.announcements]


def spelling(documents: Documents) -> SpellCode:
    return SpellCode(documents, InvitationCodes(Sensitive(b"a key of the test")))


INSTRUCTIONS: dict[str, type[Any]] = {
    each.__name__: each
    for each in (
        model.CancelMessage,
        model.CancelSending,
        model.DecideSending,
        model.DeliverMessage,
        model.SettleClaim,
        model.MessageMoved,
        model.MessageUsed,
    )
}


@dataclass
class Post:
    """A house that sends messages: the acts of this room over the embedded adapters."""

    house: House
    documents: Documents
    record: SqliteRecord
    providers: Mapping[Channel, MessageProvider]
    rules: GateRules = field(default_factory=GateRules)
    claim_lasts: timedelta = CLAIM_LASTS
    told: Told = field(default_factory=Told)
    pending: list[object] = field(default_factory=list[object])
    later: list[object] = field(default_factory=list[object])
    put_off: list[object] = field(default_factory=list[object])
    moves: list[model.MessageMoved] = field(default_factory=list[model.MessageMoved])

    @property
    def clock(self) -> StoppedClock:
        return self.house.clock

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def admit(self, patient: Resource) -> None:
        self.record.transaction([Write("PUT", "Patient", patient["id"], patient)])

    def put_template(self, content: TemplateContent) -> None:
        put = PutTemplate(self.documents)
        put(content, template_id="hba1c", caller=NURSE, now=self.now, if_match=None)

    def say(self, choice: Choice, purpose: Purpose = Purpose.COMMERCIAL) -> None:
        record = RecordConsent(self.documents, self.profiles, KEYS)
        record(ConsentGiven(Channel.SMS, purpose, choice), patient_id=ADA, caller=NURSE, now=self.now)

    @property
    def profiles(self) -> ReadProfile:
        return ReadProfile(self.record, "GB")

    @property
    def situations(self) -> ReadSituation:
        return ReadSituation(
            self.documents,
            ReadPatient(self.record, "GB", "Europe/London"),
            self.related,
            StandingCopies(self.documents, Terms(self.record, 18, "Europe/London")),
            ReadRecordedConsents(self.record),
            LiveFeatures(self.documents, self.clock),
        )

    @property
    def related(self) -> ReadRelated:
        return ReadRelated(self.record, "GB")

    @property
    def copies(self) -> CopiesToFamily:
        return CopiesToFamily(self.documents, self.related, KEYS)

    def request(self, asked: SendMessage) -> None:
        RequestMessage(self.documents, self.profiles, KEYS, self.copies)(asked, now=self.now)

    def cancel(self, cancelled: model.CancelMessage) -> None:
        CancelMessage(self.documents, self.copies)(cancelled, now=self.now)

    def decide(self, order: model.DecideSending) -> None:
        DecideSending(self.documents, self.situations, self.rules)(order, now=self.now)

    def deliver(self, asked: model.DeliverMessage) -> None:
        act = DeliverMessage(
            self.documents,
            self.situations,
            self.providers,
            self.rules,
            self.clock,
            spelling(self.documents),
            claim_lasts=self.claim_lasts,
        )
        act(asked, now=self.now)

    def settle(self, asked: model.SettleClaim) -> None:
        SettleClaim(self.documents, self.providers, self.clock)(asked, now=self.now)

    def sweep(self) -> None:
        """Let both timers tick, and handle what they queue."""
        QueueLapsedClaims(self.documents, self.told, self.clock)()
        QueueHeldMessages(self.documents, self.told)(now=self.now)
        self.pending += self.told.contents
        self.told.announcements.clear()
        self.run()

    def run(self) -> None:
        """Handle what is announced until nothing is left; what is due later waits in `later`.

        What a handler dies of stays pending, as a message stays in its queue; what stands aside for another
        comes again with the next run.
        """
        self.pending += [*self.put_off, *self._announced()]
        self.put_off.clear()
        while self.pending:
            self._handle(self.pending[0])
            del self.pending[0]
            self.pending += self._announced()

    def decide_only(self) -> None:
        """Let the gate decide, and leave what follows from it pending."""
        for content in self._announced():
            self._handle(content)

    def take(self) -> list[object]:
        """Give what is announced by now, for a test to handle in an order of its own."""
        return self._announced()

    def stop(self, cancelled: model.CancelMessage) -> None:
        """Cancel at the contact point, whatever the patient's own partition has heard of it by now."""
        order = message_at(self.documents, cancelled.patient_id, cancelled.message_id).body.order
        assert order is not None
        CancelSending(self.documents)(model.CancelSending(order.contact, order), now=self.now)

    def decision(self, message_id: str = "m1", contact: str = MOBILE) -> Decision:
        return decision_at(self.documents, contact, message_id).body

    def why(self, message_id: str = "m1") -> WhyMessage:
        return ExplainMessage(self.documents)(patient_id=ADA, message_id=message_id)

    def report(self, report: DeliveryReport) -> None:
        note_use = NoteUse(self.documents, self.told, self.situations, self.rules)
        TakeInReport(RecordDeliveryReport(self.documents), note_use)(report, now=self.now)

    def _handle(self, content: object) -> None:
        match content:
            case model.SendMessage():
                self.request(content)
            case model.CancelMessage():
                self.cancel(content)
            case model.CancelSending():
                CancelSending(self.documents)(content, now=self.now)
            case model.DecideSending():
                self.decide(content)
            case model.DeliverMessage():
                try:
                    self.deliver(content)
                except SomebodyIsSending:
                    self.put_off.append(content)
            case model.SettleClaim():
                self.settle(content)
            case model.MessageMoved():
                self.moves.append(content)
                RecordOutcome(self.documents, NoteMessage())(content, now=self.now)
            case model.MessageUsed():
                RecordUse(self.documents, NoteMessage())(content, now=self.now)
            case _:
                pass

    def _announced(self) -> list[object]:
        """Take the announcements of the feed that nobody has taken yet."""
        changes, mark = self.house.change_feed.read("test", limit=1000)
        self.house.change_feed.advance("test", mark)
        taken = [change for change in changes if change["kind"] == "announcement"]
        for each in taken:
            self.house.documents.commit(each["partition"], changes=[Delete(each["id"], each["_etag"])])
        contents = [(_content(each["body"]), each["body"]["due_at"]) for each in taken]
        self.later += [content for content, due_at in contents if due_at is not None]
        return [content for content, due_at in contents if due_at is None]


def _content(body: dict[str, Any]) -> object:
    of = INSTRUCTIONS.get(body["type"])
    return from_plain(body["content"], of) if of else None


@contextmanager
def a_post(
    folder: Path,
    provider: MessageProvider,
    *,
    purpose: Purpose = Purpose.TRANSACTIONAL,
    rules: GateRules | None = None,
) -> Generator[Post]:
    """Build one in which Ada is known, has allowed everything, and the template stands."""
    clock = StoppedClock(NOON)
    record = SqliteRecord(folder / "record.db", clock=clock)
    with a_house(folder, INDEXES, clock=clock) as house:
        post = Post(house, house.documents, record, dict.fromkeys(Channel, provider), rules or GateRules())
        post.admit(a_patient("ada"))
        post.put_template(a_content(purpose))
        post.say(Choice.OPTED_IN)
        post.run()
        yield post
    record.close()
