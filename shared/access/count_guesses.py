"""How often has a login, or an address, tried a code, or been refused? Counted in the store (PA-1)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.access.invitation_codes import InvitationCodes
from shared.access.model import Caller
from shared.kernel.documents import Create, Documents, replacing
from shared.kernel.refusals import AlreadyExists, LostRace, Throttled

COUNTED_FOR = timedelta(hours=1)
MOST_OF_A_LOGIN = 10
MOST_OF_AN_ADDRESS = 60
"""A hospital's own network is one address to us, and on its open day many redeem there."""
MOST_REFUSED = 60
"""Each is an entry of the audit: nobody shall fill it with what they were not let do."""


class TooManyTries(Throttled):
    """Too many codes were tried, or sent; try again later."""


class TooManyRefusals(Throttled):
    """You were refused too often; try again later."""


@dataclass(frozen=True, slots=True)
class Guesses:
    """How many tries in one hour."""

    tries: int


@dataclass(frozen=True, slots=True)
class CountGuesses:
    """Counts a try before it is answered, so that no number of them at once is answered beyond the limit.

    A try that opens something counts like any other. Raises `TooManyTries`, or `LostRace` among many at once.
    """

    documents: Documents
    codes: InvitationCodes

    def __call__(self, caller: Caller, address: str | None, *, now: datetime) -> None:
        count_once(self.documents, self.codes.counter_of("login", caller.who), MOST_OF_A_LOGIN, now)
        if address is not None:
            count_once(self.documents, self.codes.counter_of("address", address), MOST_OF_AN_ADDRESS, now)

    def refused(self, caller: Caller, *, now: datetime) -> None:
        """Count that a login was not let at somebody's data. Raises `TooManyRefusals` beyond the limit."""
        counter = self.codes.counter_of("refused", caller.who)
        count_once(self.documents, counter, MOST_REFUSED, now, TooManyRefusals)


def count_once(
    documents: Documents, counter: str, most: int, now: datetime, beyond: type[Throttled] = TooManyTries
) -> None:
    """Count one more within the hour. Raises `beyond` where there were so many."""
    begins = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    ends = begins + COUNTED_FOR
    partition, named = guesses_partition(counter), f"guesses~{begins:%Y%m%dT%H}"
    found = documents.look(partition, named, Guesses)
    tries = found.body.tries if found else 0
    if tries >= most:
        raise beyond(retry_after=ends - now)
    counted = Guesses(tries + 1)
    change = replacing(found, counted, expires_at=ends) if found else Create(named, counted, ends)
    try:
        documents.commit(partition, changes=[change])
    except AlreadyExists:
        raise LostRace from None


def guesses_partition(counter: str) -> str:
    return f"guesses/{counter}"
