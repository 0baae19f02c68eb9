"""How much has this login had sent to whoever reads some address? Counted in the store, whoever answers."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.count_guesses import count_once
from shared.access.invitation_codes import InvitationCodes
from shared.access.model import Caller
from shared.kernel.documents import Documents

MOST_SENDINGS = 60
"""Within an hour: with a stolen token nobody floods the town."""
MOST_OF_A_PATIENT = 10
"""Within an hour: they may write in any address as their own."""


@dataclass(frozen=True, slots=True)
class CountSendings:
    """Counts what will be written before it is. Raises `TooManyTries`, or `LostRace` among many at once."""

    documents: Documents
    codes: InvitationCodes

    def __call__(self, caller: Caller, *, now: datetime) -> None:
        most = MOST_OF_A_PATIENT if caller.is_patient else MOST_SENDINGS
        count_once(self.documents, self.codes.counter_of("sender", caller.who), most, now)
