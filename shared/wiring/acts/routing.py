"""The acts of room routing, each built when first asked for."""

from functools import cached_property
from typing import TYPE_CHECKING

from shared.wiring.ports import Ports

if TYPE_CHECKING:
    from shared.routing.assign_work import AssigningWork
    from shared.routing.explain_waiting import ExplainWaiting
    from shared.routing.list_queues import ListQueues
    from shared.routing.list_representatives import ListRepresentatives
    from shared.routing.list_workstreams import ListWorkstreams
    from shared.routing.note_reservation import NoteReservation
    from shared.routing.offer_work import OfferingWork
    from shared.routing.put_queue import PutQueue
    from shared.routing.put_workstream import PutWorkstream
    from shared.routing.queue_waiting_work import QueueWaitingWork
    from shared.routing.read_queue import ReadQueue
    from shared.routing.read_workstream import ReadWorkstream
    from shared.routing.reserve_capacity import ReservingCapacity
    from shared.routing.set_capacity import SetCapacity
    from shared.routing.set_presence import SetPresence
    from shared.routing.settle_capacity import SettlingCapacity
    from shared.routing.settle_work import SettlingWork
    from shared.routing.show_own_work import ShowOwnWork
    from shared.routing.show_queue import ShowQueue


class RoutingActs(Ports):
    """What room routing can do."""

    @cached_property
    def offer_work(self) -> "OfferingWork":
        from shared.routing.offer_work import OfferingWork

        return OfferingWork(self.documents)

    @cached_property
    def settle_work(self) -> "SettlingWork":
        from shared.routing.settle_work import SettlingWork

        return SettlingWork(self.documents)

    @cached_property
    def assign_work(self) -> "AssigningWork":
        from shared.routing.assign_work import AssigningWork

        return AssigningWork(self.documents)

    @cached_property
    def reserve_capacity(self) -> "ReservingCapacity":
        from shared.routing.reserve_capacity import ReservingCapacity

        return ReservingCapacity(self.documents)

    @cached_property
    def note_reservation(self) -> "NoteReservation":
        from shared.routing.note_reservation import NoteReservation

        return NoteReservation(self.documents)

    @cached_property
    def settle_capacity(self) -> "SettlingCapacity":
        from shared.routing.settle_capacity import SettlingCapacity

        return SettlingCapacity(self.documents)

    @cached_property
    def queue_waiting_work(self) -> "QueueWaitingWork":
        from shared.routing.queue_waiting_work import QueueWaitingWork

        return QueueWaitingWork(self.documents, self.publisher)

    @cached_property
    def put_workstream(self) -> "PutWorkstream":
        from shared.routing.put_workstream import PutWorkstream

        return PutWorkstream(self.documents)

    @cached_property
    def read_workstream(self) -> "ReadWorkstream":
        from shared.routing.read_workstream import ReadWorkstream

        return ReadWorkstream(self.documents)

    @cached_property
    def list_workstreams(self) -> "ListWorkstreams":
        from shared.routing.list_workstreams import ListWorkstreams

        return ListWorkstreams(self.documents)

    @cached_property
    def put_queue(self) -> "PutQueue":
        from shared.routing.put_queue import PutQueue

        return PutQueue(self.documents)

    @cached_property
    def read_queue(self) -> "ReadQueue":
        from shared.routing.read_queue import ReadQueue

        return ReadQueue(self.documents)

    @cached_property
    def list_queues(self) -> "ListQueues":
        from shared.routing.list_queues import ListQueues

        return ListQueues(self.documents)

    @cached_property
    def show_queue(self) -> "ShowQueue":
        from shared.routing.show_queue import ShowQueue

        return ShowQueue(self.documents)

    @cached_property
    def explain_waiting(self) -> "ExplainWaiting":
        from shared.routing.explain_waiting import ExplainWaiting

        return ExplainWaiting(self.documents)

    @cached_property
    def set_presence(self) -> "SetPresence":
        from shared.routing.set_presence import SetPresence

        return SetPresence(self.documents)

    @cached_property
    def show_own_work(self) -> "ShowOwnWork":
        from shared.routing.show_own_work import ShowOwnWork

        return ShowOwnWork(self.documents)

    @cached_property
    def list_representatives(self) -> "ListRepresentatives":
        from shared.routing.list_representatives import ListRepresentatives

        return ListRepresentatives(self.documents)

    @cached_property
    def set_capacity(self) -> "SetCapacity":
        from shared.routing.set_capacity import SetCapacity

        return SetCapacity(self.documents)
