"""A desk with people who have things to do."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from shared.access.model import Caller, Role, Scope
from shared.kernel.clock import StoppedClock
from shared.kernel.identity import PatientId
from shared.kernel.sensitive import Sensitive
from shared.tasks.add_task import AddTask, NewTask
from shared.tasks.assign_task import Assignment, AssignTask
from shared.tasks.cancel_task import CancelTask
from shared.tasks.changing import WhyAsked
from shared.tasks.complete_task import CompleteTask, Completion
from shared.tasks.create_task import CreateRequestedTask
from shared.tasks.documents import INDEXES, task_at
from shared.tasks.list_tasks import ListTasks, WhichTasks
from shared.tasks.model import CreateTask, Task
from shared.tasks.note_task import NoteAsked, NoteTask
from shared.tasks.read_task import ReadTask
from shared.tasks.reject_task import RejectTask
from shared.tasks.start_task import StartTask
from shared.tasks.task_view import TaskShown
from tests.support.house import House, a_house

ADA = PatientId("ada")
LAST_MINUTE_OF_WINTER = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)


def somebody(name: str, role: Role, *teams: str, scope: Scope = Scope.OWN) -> Caller:
    return Caller(name, "https://issuer", frozenset({role}), frozenset(teams), scope=scope)


IDA = somebody("ida", Role.CUSTOMER_SERVICE_REPRESENTATIVE, "front-desk")
KAI = somebody("kai", Role.OMNICHANNEL_AGENT, "front-desk")
ROY = somebody("roy", Role.CUSTOMER_SERVICE_REPRESENTATIVE, "billing")
LEA = somebody("lea", Role.OMNICHANNEL_SUPERVISOR, "front-desk", scope=Scope.TEAM)
MAX = somebody("max", Role.CSR_MANAGER, "billing", scope=Scope.TEAM)
OTTO = somebody("otto", Role.HEALTHCARE_USER, scope=Scope.ORGANISATION)


def asked(task_id: str = "t-1", **more: Any) -> CreateTask:
    settled: dict[str, Any] = {
        "patient_id": ADA,
        "code": "call-back",
        "description": Sensitive("Ring Ada O'Neill: nobody answered her."),
        "because": "conversation~c-1",
        "focus": "conversation/c-1",
        "team": "front-desk",
    }
    return CreateTask(task_id, **{**settled, **more})


@dataclass
class Desk:
    """People take, give and finish tasks here."""

    house: House

    def __post_init__(self) -> None:
        documents = self.house.documents
        self.create = CreateRequestedTask(documents)
        self.add_task = AddTask(documents)
        self.list_tasks = ListTasks(documents)
        self.read_task = ReadTask(documents)
        self.assign_task = AssignTask(documents)
        self.start_task = StartTask(documents)
        self.note_task = NoteTask(documents)
        self.complete_task = CompleteTask(documents)
        self.cancel_task = CancelTask(documents)
        self.reject_task = RejectTask(documents)

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    def goes_on_for(self, **how_long: float) -> None:
        self.house.clock.pass_by(timedelta(**how_long))

    def has(self, task_id: str = "t-1", **more: Any) -> None:
        self.create(asked(task_id, **more), now=self.now)

    def add(self, caller: Caller, description: str = "Send the form.", **more: Any) -> TaskShown:
        new = NewTask(Sensitive(description), **more)
        return self.add_task(
            new, task_id=f"added-{len(self.told('RecordAudit'))}", caller=caller, now=self.now
        )

    def task(self, task_id: str = "t-1") -> Task:
        return task_at(self.house.documents, task_id).body.task

    def read(self, caller: Caller, task_id: str = "t-1") -> TaskShown:
        return self.read_task(task_id=task_id, caller=caller, now=self.now)

    def assign(
        self, caller: Caller, to: str = "me", task_id: str = "t-1", if_match: str | None = None
    ) -> TaskShown:
        return self.assign_task(
            Assignment(to), task_id=task_id, caller=caller, now=self.now, if_match=if_match
        )

    def start(self, caller: Caller, task_id: str = "t-1") -> TaskShown:
        return self.start_task(task_id=task_id, caller=caller, now=self.now, if_match=None)

    def note(
        self,
        caller: Caller,
        text: str = "Nobody answered.",
        task_id: str = "t-1",
        *,
        named: str | None = None,
        if_match: str | None = None,
    ) -> TaskShown:
        note, note_id = NoteAsked(Sensitive(text)), named or f"note-{len(self.told('RecordAudit'))}"
        return self.note_task(
            note, task_id=task_id, note_id=note_id, caller=caller, now=self.now, if_match=if_match
        )

    def complete(self, caller: Caller, outcome: str = "She is content.", task_id: str = "t-1") -> TaskShown:
        done = Completion(Sensitive(outcome))
        return self.complete_task(done, task_id=task_id, caller=caller, now=self.now, if_match=None)

    def cancel(self, caller: Caller, why: str = "She rang herself.", task_id: str = "t-1") -> TaskShown:
        why_asked = WhyAsked(Sensitive(why))
        return self.cancel_task(why_asked, task_id=task_id, caller=caller, now=self.now, if_match=None)

    def reject(self, caller: Caller, why: str = "Not our clinic.", task_id: str = "t-1") -> TaskShown:
        why_asked = WhyAsked(Sensitive(why))
        return self.reject_task(why_asked, task_id=task_id, caller=caller, now=self.now, if_match=None)

    def lists(self, caller: Caller, **which: Any) -> list[str]:
        found = self.list_tasks(WhichTasks(**which), caller=caller, now=self.now)
        return [task.id for task in found.tasks]

    def told(self, type_: str) -> list[dict[str, Any]]:
        """Give the contents of all announcements of one type that were committed and not yet relayed."""
        changes, _ = self.house.change_feed.read("a test", limit=10_000)
        bodies = [change["body"] for change in changes if change["kind"] == "announcement"]
        return [body["content"] for body in bodies if body["type"] == type_]


@contextmanager
def a_desk(folder: Path) -> Generator[Desk]:
    with a_house(folder, INDEXES, clock=StoppedClock(LAST_MINUTE_OF_WINTER)) as house:
        yield Desk(house)
