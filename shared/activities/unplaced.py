"""What was told of somebody we do not know, and waits for them for a while (UN-13)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from shared.activities.activity_types import ActivityType
from shared.activities.documents import activity_id
from shared.activities.find_named import WhyUnplaced
from shared.activities.model import PlaceActivity
from shared.activities.read_item import Item
from shared.kernel.announcements import Announcement
from shared.kernel.documents import Create, Document, Replace, announcing, replacing
from shared.kernel.identity import derived
from shared.kernel.sensitive import Sensitive

CURRENT = "unplaced~current"
WAITS = MappingProxyType({0: timedelta(minutes=10), 1: timedelta(hours=1), 2: timedelta(hours=6)})
LONGEST = timedelta(days=1)
"""Between two looks from the fourth on."""


@dataclass(frozen=True, slots=True)
class Unplaced:
    """An item that names nobody we know. `because` is why it could not be placed when last `tried`."""

    id: str
    type_id: str
    source: str
    item: Sensitive[Item]
    because: WhyUnplaced
    told_by: str
    told_at: datetime
    tried_at: datetime
    tried: int = 0

    def looked_at(self, because: WhyUnplaced, now: datetime) -> "Unplaced":
        return replace(self, because=because, tried=self.tried + 1, tried_at=now)


def unplaced_partition(unplaced_id: str) -> str:
    return f"unplaced-activity/{unplaced_id}"


def set_aside(
    item: Item, of: ActivityType, because: WhyUnplaced, *, who: str, now: datetime
) -> tuple[Unplaced, datetime]:
    """Give what is kept of an item, and until when: the same item of the same person is one."""
    named = derived("unplaced", activity_id(of.id, item.key), item.named)
    kept = Unplaced(named, of.id, of.source, Sensitive(item), because, who, now, now)
    return kept, now + timedelta(days=of.waits_days)


def kept(
    before: Document[Unplaced] | None, one: Unplaced, until: datetime
) -> tuple[Create | Replace, list[Announcement]]:
    """Write it, with the next look at it while there is one before it is forgotten."""
    write = (
        replacing(before, one, expires_at=until)
        if before is not None
        else Create(CURRENT, one, expires_at=until)
    )
    due_at = one.tried_at + WAITS.get(one.tried, LONGEST)
    if due_at >= until:
        return write, []
    content = PlaceActivity(one.id, one.tried)
    return write, [announcing(content, of=write, named=f"{one.id}~{write.version}", due_at=due_at)]
