"""What becomes of a timeline as it is now when a happening is told."""

from datetime import datetime

from shared.activities.activity_types import ActivityType
from shared.activities.documents import activity_id, entry_of, told_of
from shared.activities.model import Happening
from shared.activities.telling import Telling, told
from shared.kernel.documents import Documents


def retold(documents: Documents, happening: Happening, of: ActivityType, *, now: datetime) -> Telling:
    """Read what is known under the happening's key, and say what is to be written (`told`)."""
    before = told_of(documents, happening.patient_id, activity_id(of.id, happening.key))
    stands = before.body.entry_id if before else None
    entry = entry_of(documents, happening.patient_id, stands) if stands else None
    return told(happening, of, before, entry, now)
