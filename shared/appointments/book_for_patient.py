"""Book the slot that a patient has chosen with the bot."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.appointments.model import BookForPatient
from shared.appointments.spelling import fitting
from shared.appointments.wish_booking import WishBooking
from shared.operations.features import Feature
from shared.operations.live_features import LiveFeatures


@dataclass(frozen=True, slots=True)
class BookAtBotsWord:
    """Carries the instruction out; told twice, it books once, and how it went is announced once.

    A refusal ends the message: the conversation is told of it in the commit that keeps it. So is a wish made
    while booking is switched off, for the patient waits for an answer (OP-3).
    """

    wish: WishBooking
    features: LiveFeatures

    def __call__(self, wished: BookForPatient, *, now: datetime) -> None:
        self.wish(
            replace(wished, reason=fitting(wished.reason)),
            asked_by=None,
            now=now,
            is_open=self.features.has(Feature.BOOKING),
        )
