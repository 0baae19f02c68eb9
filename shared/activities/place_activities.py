"""Look at all that waits for its patient, as a stage of a refresh (UN-13, UN-17)."""

from dataclasses import dataclass
from datetime import datetime

from shared.activities.documents import UNPLACED
from shared.activities.model import PlaceActivity
from shared.activities.unplaced import Unplaced
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Documents
from shared.patients.refreshes import StageStep

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class PlaceActivities:
    """Queues a look at each, a page at a time; one that is looked at meanwhile is not looked at again."""

    documents: Documents
    publisher: Publisher

    def __call__(self, after: str | None, *, refresh_id: str, now: datetime) -> StageStep:  # noqa: ARG002  # a stage's own words
        page = self.documents.find(UNPLACED, Unplaced, limit=AT_ONCE, after=after)
        looks = [
            Announcement(
                PlaceActivity(one.body.id, one.body.tried),
                f"{one.body.id}~{refresh_id}",
                (one.id, one.version),
            )
            for one in page.items
        ]
        if looks:
            self.publisher.publish(looks)
        return StageStep(len(looks), page.next, is_through=page.next is None)
