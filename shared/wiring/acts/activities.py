"""The acts of room activities, each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.acts.patients import PatientsActs
from shared.wiring.once import once

if TYPE_CHECKING:
    from shared.activities.discard_unplaced import DiscardUnplaced
    from shared.activities.find_named import FindNamed
    from shared.activities.list_activities import ListActivities
    from shared.activities.list_activity_types import ListActivityTypes
    from shared.activities.list_own_activities import ListOwnActivities
    from shared.activities.list_unplaced import ListUnplaced
    from shared.activities.put_activity_type import PutActivityType
    from shared.activities.read_activity_type import ReadActivityType
    from shared.activities.take_in_activities import TakeInActivities
    from shared.activities.withdraw_activity import WithdrawActivity
    from shared.activities.work_on_activities import WorkOnActivities


class ActivitiesActs(PatientsActs):
    """What room activities can do."""

    @once
    def put_activity_type(self) -> "PutActivityType":
        from shared.activities.put_activity_type import PutActivityType

        return PutActivityType(self.documents)

    @once
    def read_activity_type(self) -> "ReadActivityType":
        from shared.activities.read_activity_type import ReadActivityType

        return ReadActivityType(self.documents)

    @once
    def list_activity_types(self) -> "ListActivityTypes":
        from shared.activities.list_activity_types import ListActivityTypes

        return ListActivityTypes(self.documents)

    @once
    def take_in_activities(self) -> "TakeInActivities":
        from shared.activities.take_in_activities import TakeInActivities

        return TakeInActivities(self.documents, self.find_named)

    @once
    def find_named(self) -> "FindNamed":
        from shared.activities.find_named import FindNamed

        return FindNamed(self.record, self.documents)

    @once
    def note_own_activity(self) -> "WorkOnActivities":
        from shared.activities.note_own_activity import NoteOwnActivity
        from shared.activities.place_activity import PlacesActivities
        from shared.activities.work_on_activities import WorkOnActivities

        place = PlacesActivities(self.documents, self.find_named)
        return WorkOnActivities(NoteOwnActivity(self.documents), place)

    @once
    def list_unplaced(self) -> "ListUnplaced":
        from shared.activities.list_unplaced import ListUnplaced

        return ListUnplaced(self.documents)

    @once
    def discard_unplaced(self) -> "DiscardUnplaced":
        from shared.activities.discard_unplaced import DiscardUnplaced

        return DiscardUnplaced(self.documents)

    @once
    def list_activities(self) -> "ListActivities":
        from shared.activities.list_activities import ListActivities

        return ListActivities(self.documents, self.find_person, self.open_record)

    @once
    def list_own_activities(self) -> "ListOwnActivities":
        from shared.activities.list_own_activities import ListOwnActivities

        return ListOwnActivities(self.documents)

    @once
    def withdraw_activity(self) -> "WithdrawActivity":
        from shared.activities.withdraw_activity import WithdrawActivity

        return WithdrawActivity(self.documents)
