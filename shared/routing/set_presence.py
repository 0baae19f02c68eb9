"""Say whether one takes work."""

import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.kernel.documents import Create, Document, Documents, replacing
from shared.kernel.refusals import AlreadyExists, LostRace, Nonsense
from shared.kernel.sensitive import Sensitive
from shared.routing.capacity import chosen
from shared.routing.documents import REPRESENTATIVE, assignments_for, representative_partition
from shared.routing.in_need import queues_that_need
from shared.routing.presence import Base, Because, Chosen, Presence
from shared.routing.representatives import Representative, representative_id

LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class PresenceAsked:
    """Where somebody says they are, and the name that patients see; without it the last one stays."""

    presence: Chosen
    display_name: Sensitive[str] | None = None


@dataclass(frozen=True, slots=True)
class PresenceShown:
    """Where somebody is, since when, and what made it so."""

    representative_id: str
    presence: Base
    because: Because
    since: datetime


@dataclass(frozen=True, slots=True)
class SetPresence:
    """Puts a person on duty, or off it; who becomes available is given what waits (RT-8, RT-12).

    Whoever comes for the first time becomes a representative by it, and needs a name. An offer that is out
    stands until it ends: going away does not take it back.
    """

    documents: Documents

    def __call__(self, asked: PresenceAsked, *, caller: Caller, now: datetime) -> PresenceShown:
        """Set it, or raise `Nonsense`."""
        named = _checked(asked.display_name) if asked.display_name else None
        partition = representative_partition(representative_id(caller))
        before = self.documents.look(partition, REPRESENTATIVE, Representative)
        name = named or (before.body.display_name if before else None)
        if name is None:
            raise Nonsense(("display_name", "missing"))
        after = chosen(_as_named(before, caller, name, now), asked.presence, now)
        write = replacing(before, after) if before else Create(REPRESENTATIVE, after)
        needing = queues_that_need(self.documents, after, now)
        audit = audited(
            write,
            what="set_presence",
            subject=f"representative/{after.id}",
            who=caller.who,
            now=now,
            why=after.presence.base,
        )
        told = [*assignments_for(needing, after.id, write), audit]
        try:
            self.documents.commit(partition, changes=[write], announcements=told)
        except AlreadyExists:  # the same person in another window
            raise LostRace from None
        return PresenceShown(after.id, after.presence.base, after.presence.because, after.presence.since)


def _checked(name: Sensitive[str]) -> Sensitive[str]:
    """Give the name without blanks around it; control characters would reach a patient's screen."""
    text = name.value.strip()
    if not 0 < len(text) <= LONGEST_NAME or any(unicodedata.category(each)[0] == "C" for each in text):
        raise Nonsense(("display_name", "not from 1 to 60 printable characters"))
    return Sensitive(text)


def _as_named(
    before: Document[Representative] | None, caller: Caller, name: Sensitive[str], now: datetime
) -> Representative:
    if before is not None:
        return replace(before.body, display_name=name)
    return Representative(
        id=representative_id(caller),
        who=caller.who,
        subject=caller.subject,
        issuer=caller.issuer,
        display_name=name,
        presence=Presence("offline", "chosen", now),
        last_released_at=now,
    )
