"""Does the record name this contact point as the patient's own, to be written to now?"""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound
from shared.patients.contact_keys import ContactKeys, channel_of
from shared.patients.read_profile import ReadProfile


@dataclass(frozen=True, slots=True)
class NamesContact:
    """Says so by the Patient as it is now: an old address may be somebody else's by then."""

    profiles: ReadProfile
    contact_keys: ContactKeys

    def __call__(self, contact: str, *, patient_id: PatientId, now: datetime) -> bool:
        channel = channel_of(contact)
        try:
            points = self.profiles(patient_id).contact_points
        except NotFound:
            return False
        return any(
            self.contact_keys.contact(channel, point.value.value) == contact
            for point in points
            if point.is_current(now) and point.serves(channel)
        )
