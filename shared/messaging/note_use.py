"""Take in from a provider that a message was opened, or a link in it clicked (CH-7, CO-9)."""

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from shared.consent.documents import consents_of
from shared.consent.model import Choice, Purpose, choice_of
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Documents
from shared.kernel.identity import derived
from shared.kernel.refusals import Nonsense
from shared.messaging.decision import Decision
from shared.messaging.gate.situation import GateRules
from shared.messaging.gate.tracking import may_track
from shared.messaging.model import Interaction, MessageUsed
from shared.messaging.read_situation import ReadSituation
from shared.messaging.record_delivery_report import DeliveryReport, ReportStatus, decision_reported

log = logging.getLogger(__name__)

INTERACTIONS: Mapping[ReportStatus, Interaction] = MappingProxyType(
    {ReportStatus.OPENED: "opened", ReportStatus.CLICKED: "clicked"}
)
CLOCKS_APART = timedelta(minutes=5)
"""How far a provider's clock may be from ours."""
KNOWN_FOR = timedelta(hours=24)
"""So long after it was let through, what it was let through by is believed, but for a no said here (CO-9)."""
LONGEST_EVENT_ID = 200
_LINK = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,63}")


@dataclass(frozen=True, slots=True)
class NoteUse:
    """Tells it to the patient's own partition, if whoever got the message has agreed to being tracked.

    What may not be noted is counted in the log and kept nowhere; the provider is not told, for it would learn
    who has agreed. Told twice, it is one event.
    """

    documents: Documents
    publisher: Publisher
    read_situation: ReadSituation
    rules: GateRules

    def __call__(self, report: DeliveryReport, *, now: datetime) -> None:
        """Do so, or raise `Nonsense` or `NoSuchMessage`."""
        found = decision_reported(self.documents, report.RequestId)
        decision = found.body
        used = _used(report, decision, now)
        ignored = self._why_not(decision, now)
        if ignored is None:
            told = Announcement(used, f"{found.partition}~{used.event}", (found.id, found.version))
            self.publisher.publish([told])
        log.info(
            "messaging.use.told",
            extra={
                "message_id": used.message_id,
                "interaction": used.interaction,
                "ignored": ignored,
            },
        )

    def _why_not(self, decision: Decision, now: datetime) -> str | None:
        """Say why it may not be noted, as consent was when the message was let through, and as it is now."""
        if not decision.attempts:
            return "never_sent"
        if not decision.is_tracked:
            return "no_consent"
        return None if self._is_still_allowed(decision, now) else "consent_withdrawn"

    def _is_still_allowed(self, decision: Decision, now: datetime) -> bool:
        order = decision.order
        if now - decision.trail[-1].at > KNOWN_FOR:
            gathered = self.read_situation(order, now=now, template_version=decision.template_version)
            return may_track(gathered.situation, self.rules)
        found = consents_of(self.documents, order.contact)
        said = found.body.said if found else ()
        return choice_of(said, order.patient_id, Purpose.TRACKING, None, now) is not Choice.OPTED_OUT


def _used(report: DeliveryReport, decision: Decision, now: datetime) -> MessageUsed:
    """Read what is reported. Raises `Nonsense`."""
    problems = tuple(_problems(report, decision, now))
    if problems or report.At is None or report.EventId is None:
        raise Nonsense(*problems)
    order = decision.order
    return MessageUsed(
        message_id=order.message_id,
        patient_id=order.patient_id,
        event=derived("use", order.message_id, report.Status, report.EventId),
        interaction=INTERACTIONS[report.Status],
        link=report.Link,
        at=report.At.astimezone(UTC),
    )


def _problems(report: DeliveryReport, decision: Decision, now: datetime) -> Iterator[tuple[str, str]]:
    if not report.EventId or len(report.EventId) > LONGEST_EVENT_ID:
        yield "EventId", f"not 1 to {LONGEST_EVENT_ID} characters"
    if report.At is None or report.At.tzinfo is None:
        yield "At", "not a time with an offset"
    elif not _decided_at(decision) - CLOCKS_APART <= report.At <= now + CLOCKS_APART:
        yield "At", "not between when the message was decided about and now"
    if (report.Link is None) != (report.Status is ReportStatus.OPENED):
        yield "Link", "goes with Clicked, and with nothing else"
    elif report.Link is not None and not _LINK.fullmatch(report.Link):
        yield "Link", "not a name of up to 64 letters, digits, spaces, _ and -"


def _decided_at(decision: Decision) -> datetime:
    """Give when it was first decided about; what was stopped before that has nothing but its end."""
    return decision.trail[0].at if decision.trail else decision.moved_at
