"""What the house keeps by itself, in the record: once, newest last, and never over others (FH-7)."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from shared.audit.model import Action
from shared.exchange.keep_in_record import KeepInRecord, NotTakenByRecord
from shared.exchange.write_task_to_record import WriteTaskToRecord, recorded_task_id
from shared.fhir.ports import ClinicalRecord, Resource
from shared.fhir.refusals import ResourceNotFound, RuleOfTheRecord
from shared.kernel.documents import Documents, deleting
from shared.kernel.identity import PatientId
from shared.kernel.refusals import LostRace, Nonsense, Refusal, Throttled
from shared.tasks.documents import CURRENT, task_at
from shared.tasks.model import TaskChanged
from tests.rooms.messaging.mortal import Killed
from tests.rooms.patients.builders import a_patient
from tests.rooms.tasks.builders import ADA, IDA, KAI, Desk, a_desk
from tests.rooms.triggers.interrupted import Interrupted
from tests.support.written_back import Refusing, Shelf, a_shelf

CHANGED = TaskChanged("t-1", ADA)


@dataclass
class Scene:
    """A desk, and the record that is told what is done there."""

    desk: Desk
    shelf: Shelf

    def tell(
        self,
        changed: TaskChanged = CHANGED,
        *,
        keep: KeepInRecord | None = None,
        documents: Documents | None = None,
    ) -> None:
        act = WriteTaskToRecord(documents or self.desk.house.documents, keep or self.shelf.keep)
        act(changed, now=self.desk.now)

    def task(self) -> Resource:
        (found,) = self.shelf.written("Task")
        return found


@pytest.fixture(params=["embedded", "elsewhere"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Scene]:
    is_elsewhere = request.param == "elsewhere"
    with a_desk(tmp_path) as desk, a_shelf(tmp_path, desk.house, is_elsewhere=is_elsewhere) as shelf:
        shelf.allow()
        shelf.has(a_patient("ada"))
        desk.has()
        yield Scene(desk, shelf)


class TestWhatIsTold:
    def test_told_again_writes_nothing(self, scene: Scene) -> None:
        scene.tell()

        scene.tell()

        assert (scene.task()["status"], scene.task()["meta"]["versionId"]) == ("requested", "1")
        assert len(scene.shelf.remembered.entries) == 1

    def test_is_as_it_stands_whatever_was_told_first(self, scene: Scene) -> None:
        scene.desk.assign(IDA)
        scene.desk.start(IDA)

        scene.tell()
        scene.tell()

        assert (scene.task()["status"], scene.task()["meta"]["versionId"]) == ("in-progress", "1")

    def test_takes_away_what_is_so_no_more(self, scene: Scene) -> None:
        scene.desk.assign(IDA)
        scene.tell()
        scene.desk.assign(IDA, to="nobody")

        scene.tell()

        assert scene.task()["status"] == "requested"
        assert "owner" not in scene.task()

    def test_is_told_to_the_audit_as_the_houses_doing(self, scene: Scene) -> None:
        scene.tell()
        scene.desk.assign(IDA)
        scene.tell()

        entries = scene.shelf.remembered.entries
        assert [one.action for one in entries] == [Action.CREATE, Action.UPDATE]
        assert {(one.who, one.patient_id, one.subject) for one in entries} == {
            ("house|write-back", "ada", f"Task/{recorded_task_id('t-1')}")
        }
        assert len({one.entry_id for one in entries}) == 2

    def test_about_nobody_is_about_nobody(self, scene: Scene) -> None:
        scene.desk.has("t-2", patient_id=None)

        scene.tell(TaskChanged("t-2", None))

        assert "for" not in scene.task()

    def test_which_was_erased_meanwhile_leaves_the_record_as_it_was(self, scene: Scene) -> None:
        scene.tell()
        found = task_at(scene.desk.house.documents, "t-1")
        scene.desk.house.documents.commit(found.partition, changes=[deleting(found)])

        scene.tell()

        assert (found.id, scene.task()["meta"]["versionId"]) == (CURRENT, "1")


class TestKilled:
    def test_after_it_was_written_it_is_not_written_again(self, scene: Scene) -> None:
        dying = Interrupted(scene.shelf.record, "transaction", _dies)

        with pytest.raises(Killed):
            scene.tell(keep=scene.shelf.keeping(cast("ClinicalRecord", dying)))
        scene.tell()

        assert scene.task()["meta"]["versionId"] == "1"

    def test_before_it_was_written_it_is_written_and_audited_as_one(self, scene: Scene) -> None:
        dying = cast("ClinicalRecord", Refusing(scene.shelf.record, Killed()))

        with pytest.raises(Killed):
            scene.tell(keep=scene.shelf.keeping(dying))
        scene.tell()

        assert scene.task()["meta"]["versionId"] == "1"
        assert len({one.entry_id for one in scene.shelf.remembered.entries}) == 1


def _dies() -> None:
    raise Killed


class TestOfTwoAtOnce:
    def test_whoever_reads_first_and_writes_last_looks_again(self, scene: Scene) -> None:
        """Another sees the newer state, and writes it, while this one still holds the older."""

        def another() -> None:
            scene.desk.assign(IDA)
            scene.tell()

        raced = cast("Documents", Interrupted(scene.desk.house.documents, "look", another))

        with pytest.raises(LostRace):
            scene.tell(documents=raced)
        assert scene.task()["status"] == "requested"
        scene.tell()

        assert scene.task()["status"] == "accepted"

    def test_news_while_it_is_written_makes_it_look_again(self, scene: Scene) -> None:
        raced = cast(
            "ClinicalRecord",
            Interrupted(scene.shelf.record, "transaction", lambda: scene.desk.assign(IDA)),
        )

        with pytest.raises(LostRace):
            scene.tell(keep=scene.shelf.keeping(raced))
        scene.tell()

        assert scene.task()["status"] == "accepted"

    def test_what_somebody_else_writes_there_is_not_written_over_unseen(self, scene: Scene) -> None:
        scene.tell()
        scene.desk.assign(KAI)
        theirs = {**scene.task(), "groupIdentifier": {"value": "ward"}}
        raced = cast(
            "ClinicalRecord",
            Interrupted(scene.shelf.record, "read", lambda: scene.shelf.has(theirs), after=2),
        )

        with pytest.raises(LostRace):
            scene.tell(keep=scene.shelf.keeping(raced))
        scene.tell()

        assert (scene.task()["status"], scene.task()["groupIdentifier"]) == ("accepted", {"value": "ward"})


class TestAboutWhom:
    def test_of_who_was_merged_it_is_written_to_who_stands_for_them(self, scene: Scene) -> None:
        other = {"other": {"reference": "Patient/adele"}, "type": "replaced-by"}
        scene.shelf.has(a_patient("adele"), a_patient("ada", active=False, link=[other]))

        scene.tell()

        assert scene.task()["for"] == {"reference": "Patient/adele"}
        assert [one.patient_id for one in scene.shelf.remembered.entries] == ["adele"]

    def test_of_whose_links_lead_round_in_a_circle_it_is_written_to_themselves(self, scene: Scene) -> None:
        def link(to: str) -> list[dict[str, Any]]:
            return [{"other": {"reference": f"Patient/{to}"}, "type": "replaced-by"}]

        scene.shelf.has(a_patient("adele", link=link("ada")), a_patient("ada", link=link("adele")))

        scene.tell()

        assert scene.task()["for"] == {"reference": "Patient/ada"}

    def test_of_who_has_died_it_is_written_all_the_same(self, scene: Scene) -> None:
        scene.shelf.has(a_patient("ada", active=False, deceasedDateTime="2026-03-01"))

        scene.tell()

        assert scene.task()["for"] == {"reference": "Patient/ada"}

    def test_of_whom_the_record_does_not_know_nothing_is_written(self, scene: Scene) -> None:
        scene.desk.has("t-2", patient_id=PatientId("nobody"))

        scene.tell(TaskChanged("t-2", PatientId("nobody")))

        assert scene.shelf.written("Task") == []
        assert scene.shelf.remembered.entries == []


class TestWhatMayNotBeWritten:
    def test_is_not_while_the_map_does_not_allow_it(self, tmp_path: Path) -> None:
        with a_desk(tmp_path) as desk, a_shelf(tmp_path, desk.house) as shelf:
            shelf.allow("Communication")
            shelf.has(a_patient("ada"))
            desk.has()

            Scene(desk, shelf).tell()

            assert shelf.written("Task") == []

    @pytest.mark.parametrize(
        ("why", "fields"),
        [
            (RuleOfTheRecord(("Task.focus", "not-found")), (("Task.focus", "not-found"),)),
            (Nonsense(("Task.code", "code-invalid")), (("Task.code", "code-invalid"),)),
            (ResourceNotFound(), (("Task", "ResourceNotFound"),)),
            (Refusal(), (("Task", "Refusal"),)),
        ],
    )
    def test_is_left_to_a_person_with_its_reason(
        self, scene: Scene, why: Exception, fields: tuple[tuple[str, str], ...]
    ) -> None:
        strict = cast("ClinicalRecord", Refusing(scene.shelf.record, why))

        with pytest.raises(NotTakenByRecord) as refused:
            scene.tell(keep=scene.shelf.keeping(strict))

        assert refused.value.fields == fields
        scene.tell()
        assert scene.task()["status"] == "requested"

    def test_now_comes_again(self, scene: Scene) -> None:
        busy = cast("ClinicalRecord", Refusing(scene.shelf.record, Throttled()))

        with pytest.raises(Throttled):
            scene.tell(keep=scene.shelf.keeping(busy))

    def test_goes_under_an_id_that_nobody_chose(self, scene: Scene) -> None:
        """Who asks for a task may name it as they like, a Task of the hospital's own among others."""
        theirs = {
            "resourceType": "Task",
            "id": "t-1",
            "status": "ready",
            "intent": "order",
            "description": "Theirs.",
        }
        scene.shelf.has(theirs)

        scene.tell()

        assert scene.shelf.record.read("Task", "t-1")["description"] == "Theirs."
        assert len(scene.shelf.written("Task")) == 2
