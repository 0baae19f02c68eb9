"""Take away a way into a record, whichever it is."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.access.documents import keeping, portal_of, portal_partition
from shared.access.model import Caller
from shared.access.portal_access import PortalAccess
from shared.audit.announced import audited
from shared.audit.model import Action
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Nonsense, NotFound

log = logging.getLogger(__name__)

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class WhyClosed:
    """Why it is taken away, which the audit keeps."""

    why: str


@dataclass(frozen=True, slots=True)
class ClosedWay:
    """What was taken away; from the next request on it opens nothing."""

    id: str
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class Closing:
    """What is taken away, and what takes it away."""

    what: str
    subject: str
    change: Callable[[PortalAccess], PortalAccess]
    missing: type[NotFound]


@dataclass(frozen=True, slots=True)
class CloseWayIn:
    """Takes one away in one commit with its audit: no request that is under way can bring it back."""

    documents: Documents

    def __call__(
        self, closing: Closing, why: str, *, patient_id: PatientId, caller: Caller, now: datetime
    ) -> None:
        found = portal_of(self.documents, patient_id)
        if found is None:
            raise closing.missing
        access = closing.change(found.body)
        if access == found.body:
            return
        write = keeping(found, access)
        told = audited(
            write,
            what=closing.what,
            subject=closing.subject,
            who=caller.who,
            now=now,
            patient_id=patient_id,
            why=why,
            entry_id=f"{closing.what}~{patient_id}~{write.version}",
            action=Action.DELETE,
        )
        self.documents.commit(portal_partition(patient_id), changes=[write], announcements=[told])
        log.info("access.way.closed", extra={"what": closing.what})


def reason_of(given: WhyClosed) -> str:
    """Give why, or raise `Nonsense`: nothing is taken away without a reason."""
    why = given.why.strip()
    if not 0 < len(why) <= LONGEST_REASON:
        raise Nonsense(("why", f"must be 1 to {LONGEST_REASON} characters"))
    return why
