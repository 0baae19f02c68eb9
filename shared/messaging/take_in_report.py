"""Take in whatever a provider reports about a message that it has had."""

from dataclasses import dataclass
from datetime import datetime

from shared.messaging.note_use import INTERACTIONS, NoteUse
from shared.messaging.record_delivery_report import DeliveryReport, RecordDeliveryReport


@dataclass(frozen=True, slots=True)
class TakeInReport:
    """Whether it arrived, or what was done with it; told twice, it counts once."""

    record: RecordDeliveryReport
    note_use: NoteUse

    def __call__(self, report: DeliveryReport, *, now: datetime) -> None:
        """Do so, or raise `Nonsense`, `NoSuchMessage`, or `LostRace` as `RecordDeliveryReport` does."""
        if report.Status in INTERACTIONS:
            self.note_use(report, now=now)
        else:
            self.record(report, now=now)
