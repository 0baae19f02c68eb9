"""How many invitations has this login had sent? Counted in the store, whoever answers (PA-1)."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.count_guesses import count_once
from shared.access.invitation_codes import InvitationCodes
from shared.access.model import Caller
from shared.kernel.documents import Documents

MOST_SENDINGS = 60
"""Within an hour: with a stolen token nobody floods the town."""


@dataclass(frozen=True, slots=True)
class CountSendings:
    """Counts a letter before it is written. Raises `TooManyTries`, or `LostRace` among many at once."""

    documents: Documents
    codes: InvitationCodes

    def __call__(self, caller: Caller, *, now: datetime) -> None:
        count_once(self.documents, self.codes.counter_of("sender", caller.who), MOST_SENDINGS, now)
