"""The acts of room tasks, each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.once import once
from shared.wiring.ports import Ports

if TYPE_CHECKING:
    from shared.tasks.add_task import AddTask
    from shared.tasks.assign_task import AssignTask
    from shared.tasks.cancel_task import CancelTask
    from shared.tasks.complete_task import CompleteTask
    from shared.tasks.create_task import CreateRequestedTask
    from shared.tasks.find_patient_of_task import FindPatientOfTask
    from shared.tasks.list_tasks import ListTasks
    from shared.tasks.note_task import NoteTask
    from shared.tasks.read_task import ReadTask
    from shared.tasks.reject_task import RejectTask
    from shared.tasks.start_task import StartTask


class TasksActs(Ports):
    """What room tasks can do."""

    @once
    def create_task(self) -> "CreateRequestedTask":
        from shared.tasks.create_task import CreateRequestedTask

        return CreateRequestedTask(self.documents)

    @once
    def add_task(self) -> "AddTask":
        from shared.tasks.add_task import AddTask

        return AddTask(self.documents)

    @once
    def find_patient_of_task(self) -> "FindPatientOfTask":
        from shared.tasks.find_patient_of_task import FindPatientOfTask

        return FindPatientOfTask(self.documents)

    @once
    def list_tasks(self) -> "ListTasks":
        from shared.tasks.list_tasks import ListTasks

        return ListTasks(self.documents)

    @once
    def read_task(self) -> "ReadTask":
        from shared.tasks.read_task import ReadTask

        return ReadTask(self.documents)

    @once
    def assign_task(self) -> "AssignTask":
        from shared.tasks.assign_task import AssignTask

        return AssignTask(self.documents)

    @once
    def start_task(self) -> "StartTask":
        from shared.tasks.start_task import StartTask

        return StartTask(self.documents)

    @once
    def note_task(self) -> "NoteTask":
        from shared.tasks.note_task import NoteTask

        return NoteTask(self.documents)

    @once
    def complete_task(self) -> "CompleteTask":
        from shared.tasks.complete_task import CompleteTask

        return CompleteTask(self.documents)

    @once
    def cancel_task(self) -> "CancelTask":
        from shared.tasks.cancel_task import CancelTask

        return CancelTask(self.documents)

    @once
    def reject_task(self) -> "RejectTask":
        from shared.tasks.reject_task import RejectTask

        return RejectTask(self.documents)
