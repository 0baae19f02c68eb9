"""The acts of room operations, each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.once import once
from shared.wiring.ports import Ports

if TYPE_CHECKING:
    from shared.operations.discard_dead_letter import DiscardDeadLetter
    from shared.operations.discard_parked import DiscardParked
    from shared.operations.explain_parked import ExplainParked
    from shared.operations.list_dead_letters import ListDeadLetters
    from shared.operations.list_message_queues import ListMessageQueues
    from shared.operations.list_parked import ListParked
    from shared.operations.park_message import ParkMessage
    from shared.operations.put_features import PutFeatures
    from shared.operations.read_features import ReadFeatures
    from shared.operations.replay_dead_letter import ReplayDeadLetter
    from shared.operations.replay_parked import ReplayParked
    from shared.operations.settle_parked import SettleParked


class OperationsActs(Ports):
    """What room operations can do."""

    @once
    def park_message(self) -> "ParkMessage":
        from shared.operations.park_message import ParkMessage

        return ParkMessage(self.documents)

    @once
    def settle_parked(self) -> "SettleParked":
        from shared.operations.settle_parked import SettleParked

        return SettleParked(self.documents, self.queues, self.receiver)

    @once
    def list_parked(self) -> "ListParked":
        from shared.operations.list_parked import ListParked

        return ListParked(self.documents)

    @once
    def explain_parked(self) -> "ExplainParked":
        from shared.operations.explain_parked import ExplainParked

        return ExplainParked(self.documents)

    @once
    def replay_parked(self) -> "ReplayParked":
        from shared.operations.replay_parked import ReplayParked

        return ReplayParked(self.documents)

    @once
    def discard_parked(self) -> "DiscardParked":
        from shared.operations.discard_parked import DiscardParked

        return DiscardParked(self.documents)

    @once
    def list_dead_letters(self) -> "ListDeadLetters":
        from shared.operations.list_dead_letters import ListDeadLetters

        return ListDeadLetters(self.receiver)

    @once
    def replay_dead_letter(self) -> "ReplayDeadLetter":
        from shared.operations.replay_dead_letter import ReplayDeadLetter

        return ReplayDeadLetter(self.documents, self.receiver)

    @once
    def discard_dead_letter(self) -> "DiscardDeadLetter":
        from shared.operations.discard_dead_letter import DiscardDeadLetter

        return DiscardDeadLetter(self.documents, self.receiver)

    @once
    def list_message_queues(self) -> "ListMessageQueues":
        from shared.operations.list_message_queues import ListMessageQueues

        return ListMessageQueues(self.receiver)

    @once
    def read_features(self) -> "ReadFeatures":
        from shared.operations.read_features import ReadFeatures

        return ReadFeatures(self.documents)

    @once
    def put_features(self) -> "PutFeatures":
        from shared.operations.put_features import PutFeatures

        return PutFeatures(self.documents)
