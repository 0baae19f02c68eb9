"""Find out what became of a wish whose bearer fell silent, or carry it out."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.appointments.documents import intent_at, settled
from shared.appointments.fulfil import Fulfil
from shared.appointments.intents import Intent, tried_again
from shared.appointments.model import SettleBooking
from shared.kernel.documents import Document, Documents, replacing


@dataclass(frozen=True, slots=True)
class SettleIntent:
    """Brings one intent to its end; one that is settled, or gone, is left alone.

    One that was refused while an earlier try could still reach the record is looked at once more: if that
    try came through after all, the appointment stands, and everybody hears of it.
    """

    documents: Documents
    fulfil: Fulfil

    def __call__(self, told: SettleBooking, *, now: datetime) -> None:
        found = intent_at(self.documents, told.patient_id, told.booking_id)
        if found is None or found.body.settle_by is None:
            return
        if found.body.state == "refused":
            self._looked_once_more(found, now)
            return
        self.fulfil(self._put_off(found, now), was_tried_before=True, now=now)

    def _looked_once_more(self, found: Document[Intent], now: datetime) -> None:
        appointment = self.fulfil.carry_out.already(found.body)
        if appointment is not None:
            self.fulfil.done(found, appointment, now=now)
            return
        looked = replace(found.body, settle_by=None)
        self.documents.commit(found.partition, changes=[settled(found, looked, now)])

    def _put_off(self, found: Document[Intent], now: datetime) -> Document[Intent]:
        """Note the try before it is made, so that the sweep leaves it alone meanwhile."""
        write = replacing(found, tried_again(found.body, now))
        etags = self.documents.commit(found.partition, changes=[write])
        body = tried_again(found.body, now)
        return Document(found.partition, found.id, write.version, etags[found.id], body)
