"""Take in what a provider reports about a message it had accepted (CH-5)."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.kernel.announcements import Announcement
from shared.kernel.documents import Change, Document, Documents, replacing
from shared.kernel.refusals import AlreadyExists, LostRace, NotFound
from shared.messaging.decision import Decision, reported
from shared.messaging.documents import decision_at, suppressing, suppression_of, telling
from shared.messaging.model import BounceCategory
from shared.messaging.suppression import Suppression, after_bounce, after_complaint, after_delivery

log = logging.getLogger(__name__)

_REQUEST_ID = re.compile(r"(?P<contact>(?:sms|email|push|letter)~[0-9a-f]{40})~(?P<message>[^/\\?#]{1,119})")


class NoSuchMessage(NotFound):
    """There is no such message."""


class ReportStatus(StrEnum):
    """CH-5's two words, one for a reader who has called it spam, and two for one who has used it (CH-7)."""

    DELIVERED = "Delivered"
    NOT_DELIVERED = "NotDelivered"
    COMPLAINED = "Complained"
    OPENED = "Opened"
    CLICKED = "Clicked"


@dataclass(frozen=True, slots=True)
class ReportDetails:
    """Why. The reason counts where it is a category of CH-6; the provider's message is not kept (D17)."""

    Reason: str | None = None
    Message: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A report as CH-5 spells it; of a message that was opened or clicked `EventId` and `At` as well.

    `EventId` is the provider's, the same however often it tells of the event; `Link` is the name of the link
    that was clicked, and never its address.
    """

    RequestId: str
    Status: ReportStatus
    MessageId: str | None = None
    ChannelDefinitionId: str | None = None
    Details: ReportDetails | None = None
    EventId: str | None = None
    At: datetime | None = None
    Link: str | None = None


@dataclass(frozen=True, slots=True)
class RecordDeliveryReport:
    """Move the message on, and let what came back count against the address; told twice, it counts once.

    Raises `LostRace` when something else came back from the address at the same moment.
    """

    documents: Documents

    def __call__(self, report: DeliveryReport, *, now: datetime) -> None:
        found = decision_reported(self.documents, report.RequestId)
        after = reported(found.body, _bounce(report), now)
        is_news = after != found.body
        suppression = suppression_of(self.documents, found.body.order.contact)
        heard = _heard(suppression, found.body, report, now, is_news=is_news)
        moved = replacing(found, after) if is_news else None
        changes: list[Change] = [*heard, *((moved,) if moved else ())]
        if changes:
            told = telling(moved, after) if moved else ()
            self._commit(found.partition, changes, told)
        log.info(
            "messaging.report.taken",
            extra={"message_id": found.body.order.message_id, "state": after.state, "is_news": is_news},
        )

    def _commit(self, partition: str, changes: Sequence[Change], told: Sequence[Announcement]) -> None:
        try:
            self.documents.commit(partition, changes=changes, announcements=told)
        except AlreadyExists:  # the first that ever came back from this address came with another: read it
            raise LostRace from None


def decision_reported(documents: Documents, request_id: str) -> Document[Decision]:
    """Read what was decided about the message that a provider calls so. Raises `NoSuchMessage`."""
    parts = _REQUEST_ID.fullmatch(request_id)
    if parts is None:
        raise NoSuchMessage
    try:
        return decision_at(documents, parts["contact"], parts["message"])
    except NotFound:
        raise NoSuchMessage from None


def _bounce(report: DeliveryReport) -> BounceCategory | None:
    if report.Status is not ReportStatus.NOT_DELIVERED:
        return None
    reason = report.Details.Reason if report.Details else None
    return next((category for category in BounceCategory if category == reason), BounceCategory.OTHER)


def _heard(
    found: Document[Suppression] | None,
    decision: Decision,
    report: DeliveryReport,
    now: datetime,
    *,
    is_news: bool,
) -> tuple[Change, ...]:
    """Count it against the address, or in its favour."""
    former = found.body if found else Suppression(decision.order.contact)
    if report.Status is ReportStatus.COMPLAINED and not former.is_for_good:
        return suppressing(found, after_complaint(former, now))
    bounce = _bounce(report)
    if not is_news or (bounce is None and found is None):
        return ()
    after = after_bounce(former, bounce, now) if bounce else after_delivery(former)
    return () if after == former else suppressing(found, after)
