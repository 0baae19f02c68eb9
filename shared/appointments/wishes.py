"""How a wish begins, and when another is the same one."""

from shared.appointments.documents import intent_id
from shared.appointments.intents import Intent, Wish
from shared.appointments.refusals import BookingIdUsedForAnother
from shared.kernel.documents import Create, Document, Documents
from shared.kernel.refusals import AlreadyExists, LostRace
from shared.patients.documents import patient_partition


def begun(documents: Documents, intent: Intent) -> Document[Intent]:
    create = Create(intent_id(intent.booking_id), intent)
    partition = patient_partition(intent.patient_id)
    try:
        etags = documents.commit(partition, changes=[create])
    except AlreadyExists:
        raise LostRace from None
    return Document(partition, create.id, create.version, etags[create.id], intent)


def require_same(intent: Intent, wished: tuple[Wish, str, str | None]) -> None:
    if (intent.wants, intent.appointment_id, intent.slot_id) != wished:
        raise BookingIdUsedForAnother
