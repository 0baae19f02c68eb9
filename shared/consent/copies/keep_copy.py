"""Write down what has become of one copy, with its audit."""

import logging
from datetime import datetime

from shared.audit.announced import audited
from shared.audit.model import Action
from shared.consent.copies.documents import keeping
from shared.consent.copies.model import Copies, Copy
from shared.kernel.documents import Document, Documents
from shared.kernel.identity import PatientId

log = logging.getLogger(__name__)


def keep_copy(  # noqa: PLR0913  # what became of it, of whose, by whom, why and when
    documents: Documents,
    found: Document[Copies],
    after: Copy,
    *,
    what: str,
    who: str,
    why: str | None,
    patient_id: PatientId,
    now: datetime,
) -> None:
    """Write it over what was read; where nothing has changed, nothing is written."""
    if found.body.copy(after.id) == after:
        return
    write = keeping(found, found.body.with_copy(after))
    told = audited(
        write,
        what=what,
        subject=f"copies/{after.id}",
        who=who,
        now=now,
        patient_id=patient_id,
        why=why,
        entry_id=f"{what}~{patient_id}~{write.version}",
        action=Action.UPDATE,
    )
    documents.commit(found.partition, changes=[write], announcements=[told])
    log.info("consent.copies.changed", extra={"copy": after.id, "what": what})
