"""Whatever reaches this room by its queue: what our own flows did, and what waits for its patient."""

from dataclasses import dataclass
from datetime import datetime

from shared.activities.model import PlaceActivity
from shared.activities.note_own_activity import NoteOwnActivity, OwnFact
from shared.activities.place_activity import PlacesActivities


@dataclass(frozen=True, slots=True)
class WorkOnActivities:
    """Told twice, each is done once."""

    note_own_activity: NoteOwnActivity
    place_activity: PlacesActivities

    def __call__(self, told: OwnFact | PlaceActivity, *, now: datetime) -> None:
        if isinstance(told, PlaceActivity):
            self.place_activity(told, now=now)
        else:
            self.note_own_activity(told, now=now)
