"""The acts of room routing, each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.once import once
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

    @once
    def offer_work(self) -> "OfferingWork":
        from shared.routing.offer_work import OfferingWork

        return OfferingWork(self.documents)

    @once
    def settle_work(self) -> "SettlingWork":
        from shared.routing.settle_work import SettlingWork

        return SettlingWork(self.documents)

    @once
    def assign_work(self) -> "AssigningWork":
        from shared.routing.assign_work import AssigningWork

        return AssigningWork(self.documents)

    @once
    def reserve_capacity(self) -> "ReservingCapacity":
        from shared.routing.reserve_capacity import ReservingCapacity

        return ReservingCapacity(self.documents)

    @once
    def note_reservation(self) -> "NoteReservation":
        from shared.routing.note_reservation import NoteReservation

        return NoteReservation(self.documents)

    @once
    def settle_capacity(self) -> "SettlingCapacity":
        from shared.routing.settle_capacity import SettlingCapacity

        return SettlingCapacity(self.documents)

    @once
    def queue_waiting_work(self) -> "QueueWaitingWork":
        from shared.routing.queue_waiting_work import QueueWaitingWork

        return QueueWaitingWork(self.documents, self.publisher)

    @once
    def put_workstream(self) -> "PutWorkstream":
        from shared.routing.put_workstream import PutWorkstream

        return PutWorkstream(self.documents)

    @once
    def read_workstream(self) -> "ReadWorkstream":
        from shared.routing.read_workstream import ReadWorkstream

        return ReadWorkstream(self.documents)

    @once
    def list_workstreams(self) -> "ListWorkstreams":
        from shared.routing.list_workstreams import ListWorkstreams

        return ListWorkstreams(self.documents)

    @once
    def put_queue(self) -> "PutQueue":
        from shared.routing.put_queue import PutQueue

        return PutQueue(self.documents)

    @once
    def read_queue(self) -> "ReadQueue":
        from shared.routing.read_queue import ReadQueue

        return ReadQueue(self.documents)

    @once
    def list_queues(self) -> "ListQueues":
        from shared.routing.list_queues import ListQueues

        return ListQueues(self.documents)

    @once
    def show_queue(self) -> "ShowQueue":
        from shared.routing.show_queue import ShowQueue

        return ShowQueue(self.documents)

    @once
    def explain_waiting(self) -> "ExplainWaiting":
        from shared.routing.explain_waiting import ExplainWaiting

        return ExplainWaiting(self.documents)

    @once
    def set_presence(self) -> "SetPresence":
        from shared.routing.set_presence import SetPresence

        return SetPresence(self.documents)

    @once
    def show_own_work(self) -> "ShowOwnWork":
        from shared.routing.show_own_work import ShowOwnWork

        return ShowOwnWork(self.documents)

    @once
    def list_representatives(self) -> "ListRepresentatives":
        from shared.routing.list_representatives import ListRepresentatives

        return ListRepresentatives(self.documents)

    @once
    def set_capacity(self) -> "SetCapacity":
        from shared.routing.set_capacity import SetCapacity

        return SetCapacity(self.documents)
