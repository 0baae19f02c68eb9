"""Copy somebody no more."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.close_way_in import WhyClosed
from shared.access.model import Caller
from shared.consent.copies.documents import checked_reason, copies_of
from shared.consent.copies.keep_copy import keep_copy
from shared.consent.copies.model import NoSuchCopy, ended
from shared.consent.record_consent import NotYourConsent
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId


@dataclass(frozen=True, slots=True)
class CopiesEnded:
    """What has ended; what waits to be sent of it meets that at the door."""

    copy_id: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class EndCopies:
    """End somebody's copies: the patient may, and staff with a reason (PA-9). Done twice, it is once."""

    documents: Documents

    def __call__(
        self, given: WhyClosed, *, patient_id: PatientId, copy_id: str, caller: Caller, now: datetime
    ) -> CopiesEnded:
        """End them, or raise `NoSuchCopy`."""
        if caller.patient_id not in {None, patient_id}:
            raise NotYourConsent
        found = copies_of(self.documents, patient_id)
        copy = found.body.copy(copy_id) if found else None
        if found is None or copy is None:
            raise NoSuchCopy
        after = ended(copy, now)
        keep_copy(
            self.documents,
            found,
            after,
            what="end_copies",
            who=caller.who,
            why=checked_reason(given.why),
            patient_id=patient_id,
            now=now,
        )
        return CopiesEnded(copy_id, after.ended_at)
