"""The acts that tell the record what the house keeps by itself (FH-7), each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.acts.patients import PatientsActs
from shared.wiring.once import once

if TYPE_CHECKING:
    from shared.exchange.keep_in_record import KeepInRecord
    from shared.exchange.write_task_to_record import WriteTaskToRecord
    from shared.messaging.write_message_to_record import WriteMessageToRecord
    from shared.surveys.write_answers_to_record import WriteAnswersToRecord


class WriteBackActs(PatientsActs):
    """What rooms messaging, surveys and exchange write into the record."""

    @once
    def keep_in_record(self) -> "KeepInRecord":
        from shared.exchange.keep_in_record import KeepInRecord

        return KeepInRecord(self.record, self.find_person, self.live_write_back, self.publisher)

    @once
    def write_message_to_record(self) -> "WriteMessageToRecord":
        from shared.messaging.write_message_to_record import WriteMessageToRecord

        return WriteMessageToRecord(
            self.documents,
            self.keep_in_record,
            self.own_resources,
            self.settings.write_message_text_to_record,
        )

    @once
    def write_answers_to_record(self) -> "WriteAnswersToRecord":
        from shared.surveys.write_answers_to_record import WriteAnswersToRecord

        return WriteAnswersToRecord(self.documents, self.keep_in_record, self.settings.public_address)

    @once
    def write_task_to_record(self) -> "WriteTaskToRecord":
        from shared.exchange.write_task_to_record import WriteTaskToRecord

        return WriteTaskToRecord(self.documents, self.keep_in_record)
