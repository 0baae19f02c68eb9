"""The acts of room triggers, each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.acts.segments import SegmentsActs
from shared.wiring.once import once

if TYPE_CHECKING:
    from shared.patients.find_patient import FindPatient
    from shared.triggers.forward_changes import ForwardChanges
    from shared.triggers.hear_hook import HearHook
    from shared.triggers.list_custom_triggers import ListCustomTriggers
    from shared.triggers.list_sources import ListSources
    from shared.triggers.list_triggers import ListTriggers
    from shared.triggers.live_triggers import LiveTriggers
    from shared.triggers.poll_changes import PollRecord
    from shared.triggers.put_custom_trigger import PutCustomTrigger
    from shared.triggers.put_trigger import PutTrigger
    from shared.triggers.queue_polls import QueuePolls
    from shared.triggers.react_to_change import ReactToResourceChange
    from shared.triggers.read_custom_trigger import ReadCustomTrigger
    from shared.triggers.read_trigger import ReadTrigger
    from shared.triggers.sources import ChangeSources
    from shared.triggers.take_in_changes import TakeInChanges
    from shared.triggers.take_in_events import TakeInEvents
    from shared.triggers.taken_in import TakenIn


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
            self.find_patient,
            self.change_sources,
            self.lately_taken_in,
            ProjectedPatients(self.documents, self.find_patient),
        )

    @once
    def find_patient(self) -> "FindPatient":
        from shared.patients.find_patient import FindPatient

        return FindPatient(self.record)

    @once
    def lately_taken_in(self) -> "TakenIn":
        from shared.triggers.taken_in import TakenIn

        return TakenIn()

    @once
    def change_sources(self) -> "ChangeSources":
        from shared.triggers.sources import ChangeSource, ChangeSources

        return ChangeSources(
            [
                ChangeSource(
                    one.name, frozenset(one.types), one.account, one.base, frozenset(one.subscriptions)
                )
                for one in self.settings.fhir_sources
            ]
        )

    @once
    def hear_hook(self) -> "HearHook":
        from shared.triggers.hear_hook import HearHook

        return HearHook(self.documents, self.publisher, self.change_sources)

    @once
    def poll_record(self) -> "PollRecord":
        from shared.triggers.poll_changes import PollRecord

        return PollRecord(
            self.record, self.documents, self.live_triggers, self.change_sources, self.lately_taken_in
        )

    @once
    def queue_polls(self) -> "QueuePolls":
        from shared.triggers.queue_polls import QueuePolls

        return QueuePolls(self.publisher, self.change_sources)

    @once
    def list_sources(self) -> "ListSources":
        from shared.triggers.list_sources import ListSources

        return ListSources(self.documents, self.change_sources)

    @once
    def react_to_change(self) -> "ReactToResourceChange":
        from shared.triggers.react_to_change import ReactToResourceChange

        return ReactToResourceChange(self.record, self.documents, self.live_triggers, self.find_patient)

    @once
    def put_trigger(self) -> "PutTrigger":
        from shared.triggers.put_trigger import PutTrigger

        return PutTrigger(self.documents)

    @once
    def put_custom_trigger(self) -> "PutCustomTrigger":
        from shared.triggers.put_custom_trigger import PutCustomTrigger

        return PutCustomTrigger(self.documents)

    @once
    def read_custom_trigger(self) -> "ReadCustomTrigger":
        from shared.triggers.read_custom_trigger import ReadCustomTrigger

        return ReadCustomTrigger(self.documents)

    @once
    def list_custom_triggers(self) -> "ListCustomTriggers":
        from shared.triggers.list_custom_triggers import ListCustomTriggers

        return ListCustomTriggers(self.documents)

    @once
    def take_in_events(self) -> "TakeInEvents":
        from shared.triggers.take_in_events import TakeInEvents

        return TakeInEvents(self.documents, self.own_resources)

    @once
    def read_trigger(self) -> "ReadTrigger":
        from shared.triggers.read_trigger import ReadTrigger

        return ReadTrigger(self.documents)

    @once
    def list_triggers(self) -> "ListTriggers":
        from shared.triggers.list_triggers import ListTriggers

        return ListTriggers(self.documents)
