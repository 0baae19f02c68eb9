"""Tell former contact points that a patient's own details have changed (PA-7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Create, announcing
from shared.kernel.identity import PatientId, derived
from shared.kernel.sensitive import Sensitive
from shared.messaging.documents import message_id_of
from shared.messaging.model import Message, MessageState, SendMessage
from shared.patients.pending_details import PointBefore
from shared.patients.ports import DetailsNotices, Notice


@dataclass(frozen=True, slots=True)
class WriteDetailsNotices(DetailsNotices):
    """Begins a message to each of them, whether the record still has it or not; the gate has its say.

    They go at once, by day and by night, and whatever was said with the login that may have been taken over.
    """

    template_id: str

    def __call__(
        self, request_id: str, points: Sequence[PointBefore], *, patient_id: PatientId, now: datetime
    ) -> Sequence[Notice]:
        return [self._notice(request_id, one, patient_id, now) for one in points]

    def _notice(self, request_id: str, point: PointBefore, patient_id: PatientId, now: datetime) -> Notice:
        message_id = derived("details notice", request_id, point.contact)
        message = Message(
            asked=SendMessage(
                message_id=message_id,
                patient_id=patient_id,
                channel=point.channel,
                template_id=self.template_id,
                because=f"details:{request_id}",
                values=Sensitive({"changed_at": now.isoformat()}),
                ignore_quiet_time=True,
                is_account_notice=True,
            ),
            contact=point.contact,
            address=point.address,
            state=MessageState.REQUESTED,
            reason=None,
            asked_at=now,
            moved_at=now,
        )
        create = Create(message_id_of(message_id), message)
        return Notice(create, announcing(message.order, of=create, named=f"{message_id}~0"))
