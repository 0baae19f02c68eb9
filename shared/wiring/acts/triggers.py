"""The acts of room triggers, each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.acts.segments import SegmentsActs
from shared.wiring.once import once

if TYPE_CHECKING:
    from shared.triggers.forward_changes import ForwardChanges
    from shared.triggers.list_triggers import ListTriggers
    from shared.triggers.live_triggers import LiveTriggers
    from shared.triggers.put_trigger import PutTrigger
    from shared.triggers.react_to_change import ReactToResourceChange
    from shared.triggers.read_trigger import ReadTrigger
    from shared.triggers.take_in_changes import TakeInChanges


class TriggersActs(SegmentsActs):
    """What room triggers can do."""

    @once
    def live_triggers(self) -> "LiveTriggers":
        from shared.triggers.live_triggers import LiveTriggers

        return LiveTriggers(self.documents, self.clock)

    @once
    def forward_changes(self) -> "ForwardChanges":
        from shared.triggers.forward_changes import ForwardChanges

        return ForwardChanges(self.queues)

    @once
    def take_in_changes(self) -> "TakeInChanges":
        from shared.patients.projected_patients import ProjectedPatients
        from shared.triggers.take_in_changes import TakeInChanges

        return TakeInChanges(
            self.record,
            self.documents,
            self.publisher,
            self.live_triggers,
            self.live_segments,
            ProjectedPatients(self.documents),
        )

    @once
    def react_to_change(self) -> "ReactToResourceChange":
        from shared.triggers.react_to_change import ReactToResourceChange

        return ReactToResourceChange(self.record, self.documents, self.live_triggers)

    @once
    def put_trigger(self) -> "PutTrigger":
        from shared.triggers.put_trigger import PutTrigger

        return PutTrigger(self.documents)

    @once
    def read_trigger(self) -> "ReadTrigger":
        from shared.triggers.read_trigger import ReadTrigger

        return ReadTrigger(self.documents)

    @once
    def list_triggers(self) -> "ListTriggers":
        from shared.triggers.list_triggers import ListTriggers

        return ListTriggers(self.documents)
