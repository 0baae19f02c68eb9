"""What is known of somebody for the next hours, before the record says so (UN-16)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.kernel.documents import Document, Documents
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.patients.documents import patient_partition

LAST = timedelta(hours=4)
CURRENT = "override~current"


@dataclass(frozen=True, slots=True)
class Overridden:
    """What stands over the profile until it expires, by whom and since when.

    Contact points, links and legal names are none: where somebody is written to, and who they are, is the
    record's to say, and nobody's own assertion.
    """

    language: str | None
    time_zone: str | None
    preferred_name: Sensitive[str | None]
    set_by: str
    set_at: datetime
    expires_at: datetime


def override_of(documents: Documents, patient_id: PatientId) -> Document[Overridden] | None:
    """Give what is set of a patient and has not expired."""
    return documents.look(patient_partition(patient_id), CURRENT, Overridden)
