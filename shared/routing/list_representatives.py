"""Show the people who take work."""

from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Documents
from shared.kernel.sensitive import Sensitive
from shared.routing.documents import PRESENCE
from shared.routing.model import RepresentativeId
from shared.routing.presence import Base, Because
from shared.routing.representatives import Representative


@dataclass(frozen=True, slots=True)
class WhichRepresentatives:
    """Which to show: those who are so present, or all; `after` is a former answer's `next`."""

    presence: Base | None = None
    limit: int = 100
    after: str | None = None


@dataclass(frozen=True, slots=True)
class RepresentativeShown:
    """Where somebody is, since when and why, and how much of their capacity is used, offers included."""

    id: RepresentativeId
    subject: str
    display_name: Sensitive[str]
    presence: Base
    because: Because
    since: datetime
    units_used: int
    units_total: int
    talks: int


@dataclass(frozen=True, slots=True)
class RepresentativesFound:
    """One page of representatives."""

    representatives: tuple[RepresentativeShown, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListRepresentatives:
    """Gives representatives in order of their presence, a page at a time."""

    documents: Documents

    def __call__(self, which: WhichRepresentatives, *, now: datetime) -> RepresentativesFound:
        limit = max(1, min(which.limit, 100))
        page = self.documents.find(
            PRESENCE, Representative, equal_to=which.presence, limit=limit, after=which.after
        )
        return RepresentativesFound(tuple(shown(found.body, now) for found in page.items), page.next)


def shown(representative: Representative, now: datetime) -> RepresentativeShown:
    load, presence = representative.in_hand(now), representative.presence
    return RepresentativeShown(
        representative.id,
        representative.subject,
        representative.display_name,
        presence.base,
        presence.because,
        presence.since,
        load.units,
        load.of_units,
        load.sessions,
    )
