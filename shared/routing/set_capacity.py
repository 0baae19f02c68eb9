"""Say how much a representative takes at once."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.kernel.documents import Documents, replacing
from shared.kernel.refusals import Nonsense
from shared.routing.capacity import given_units
from shared.routing.documents import assignments_for, representative_at
from shared.routing.in_need import queues_that_need
from shared.routing.list_representatives import RepresentativeShown, shown
from shared.routing.representatives import MOST_UNITS


@dataclass(frozen=True, slots=True)
class CapacityAsked:
    """Units of work at a time; 0 is none at all."""

    units: int


@dataclass(frozen=True, slots=True)
class SetCapacity:
    """Lets somebody take more or less from now on (RT-11); what is in hand stays so, even beyond it."""

    documents: Documents

    def __call__(
        self, asked: CapacityAsked, *, representative_id: str, caller: Caller, now: datetime
    ) -> RepresentativeShown:
        """Set it, or raise `Nonsense` or `NoSuchRepresentative`."""
        if not 0 <= asked.units <= MOST_UNITS:
            raise Nonsense(("units", "not from 0 to 100"))
        found = representative_at(self.documents, representative_id)
        after = given_units(found.body, asked.units, now)
        write = replacing(found, after)
        told = assignments_for(queues_that_need(self.documents, after, now), after.id, write)
        subject = f"representative/{representative_id}"
        audit = audited(write, what="set_capacity", subject=subject, who=caller.who, now=now)
        self.documents.commit(found.partition, changes=[write], announcements=[*told, audit])
        return shown(after, now)
