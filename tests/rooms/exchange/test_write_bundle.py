"""A bundle that is taken in while others write, and while nobody can be told (FH-6)."""

import json
import logging
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from shared.access.model import Caller, Role
from shared.adapters.fhir_reading import R4Reading
from shared.adapters.sqlite_record import SqliteRecord
from shared.audit.model import RecordAudit
from shared.exchange.write_bundle import BundleWritten, WriteBundle
from shared.exchange.write_entries import WriteEntries
from shared.fhir.ports import ClinicalRecord, Resource, Write
from shared.fhir.refusals import RuleOfTheRecord
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.identity import RandomIds
from shared.kernel.refusals import LostRace, TransientFault
from tests.rooms.patients.builders import a_patient
from tests.rooms.triggers.interrupted import Interrupted
from tests.support.house import House, a_house

ENGINE = Caller("engine", "https://login.example", frozenset({Role.FHIR_SYNC_ADMINISTRATOR}))


@dataclass
class Told(Publisher):
    """Remembers what it was told, or cannot be told anything."""

    announcements: list[Announcement] = field(default_factory=list[Announcement])
    is_out_of_order: bool = False

    def publish(self, announcements: Sequence[Announcement]) -> None:
        if self.is_out_of_order:
            raise TransientFault
        self.announcements += announcements

    @property
    def patients(self) -> list[str | None]:
        return [cast("RecordAudit", one.content).patient_id for one in self.announcements]


@dataclass
class Door:
    """Somebody sends bundles to a house with a record."""

    house: House
    record: SqliteRecord
    told: Told = field(default_factory=Told)

    def sends(self, *resources: Resource, record: Any = None, kind: str = "collection") -> BundleWritten:
        writes = WriteEntries(
            self.house.documents, record or self.record, R4Reading(), self.told, RandomIds()
        )
        entries = [
            {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
            for one in resources
        ]
        bundle = {"resourceType": "Bundle", "type": kind, "entry": entries}
        return WriteBundle(writes)(
            body=json.dumps(bundle).encode(), caller=ENGINE, now=self.house.clock.now()
        )

    def interrupted(self, happens: Callable[[], object]) -> ClinicalRecord:
        return cast("ClinicalRecord", Interrupted(self.record, "read_many", happens))

    def writes(self, resource: Resource) -> None:
        self.record.transaction([Write("PUT", resource["resourceType"], resource["id"], resource)])


@dataclass
class Strict:
    """A record with a rule of its own against one type."""

    record: SqliteRecord
    takes_no: str

    def __getattr__(self, name: str) -> Any:
        return getattr(self.record, name)

    def transaction(self, writes: Sequence[Write]) -> Sequence[Resource | None]:
        if any(one.type == self.takes_no for one in writes):
            raise RuleOfTheRecord(("Condition.code", "business-rule"))
        return self.record.transaction(writes)


@pytest.fixture
def door(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Generator[Door]:
    caplog.set_level(logging.INFO)  # as it runs: what is logged is made, too
    with a_house(tmp_path) as house:
        record = SqliteRecord(tmp_path / "record.db", clock=house.clock)
        record.transaction([Write("PUT", "Patient", "ada", a_patient())])
        try:
            yield Door(house, record)
        finally:
            record.close()


def ward(name: str) -> Resource:
    return {"resourceType": "Location", "id": "ward", "name": name}


def knee(text: str) -> Resource:
    about = {"reference": "Patient/ada"}
    return {"resourceType": "Condition", "id": "knee", "subject": about, "code": {"text": text}}


class TestARace:
    def test_never_writes_over_what_came_after_it_looked(self, door: Door) -> None:
        door.writes(ward("North"))

        with pytest.raises(LostRace):
            door.sends(ward("South"), record=door.interrupted(lambda: door.writes(ward("East"))))

        assert door.record.read("Location", "ward")["name"] == "East"
        (again,) = door.sends(ward("South")).results
        assert (again.outcome, again.version) == ("updated", 3)

    def test_takes_all_of_the_bundle_with_it(self, door: Door) -> None:
        door.writes(ward("North"))

        with pytest.raises(LostRace):
            door.sends(
                knee("Gonarthrosis"),
                ward("South"),
                record=door.interrupted(lambda: door.writes(ward("East"))),
            )

        assert door.record.read_many([("Condition", "knee")]).resources == {}


class TestABatch:
    def test_does_one_by_one_what_the_record_does_not_take_together(
        self, door: Door, caplog: pytest.LogCaptureFixture
    ) -> None:
        strict = cast("ClinicalRecord", Strict(door.record, takes_no="Condition"))

        refused, done = door.sends(knee("Gonarthrosis"), ward("North"), record=strict, kind="batch").results

        assert (refused.outcome, refused.why, done.outcome) == (
            "refused",
            "the record does not take it",
            "created",
        )
        assert door.record.read("Location", "ward")["name"] == "North"
        assert "exchange.entry.not_written" in caplog.messages

    def test_is_not_what_a_transaction_is(self, door: Door) -> None:
        strict = cast("ClinicalRecord", Strict(door.record, takes_no="Condition"))

        with pytest.raises(RuleOfTheRecord):
            door.sends(knee("Gonarthrosis"), ward("North"), record=strict, kind="transaction")

        assert door.record.read_many([("Location", "ward")]).resources == {}


class TestWhatIsRemembered:
    def test_comes_before_what_is_done(self, door: Door) -> None:
        door.told.is_out_of_order = True

        with pytest.raises(TransientFault):
            door.sends(knee("Gonarthrosis"))

        assert door.record.read_many([("Condition", "knee")]).resources == {}

    def test_names_each_patient_once_and_what_is_nobodys_by_its_type(self, door: Door) -> None:
        door.sends(ward("North"), knee("Gonarthrosis"), knee("Gout") | {"id": "toe"})

        assert door.told.patients == [None, "ada"]
        assert [cast("RecordAudit", one.content).subject for one in door.told.announcements] == [
            "fhir/Location",
            "patient~ada",
        ]

    def test_is_nothing_where_nothing_changes(self, door: Door) -> None:
        door.sends(knee("Gonarthrosis"))
        door.told.announcements.clear()

        door.sends(knee("Gonarthrosis"))

        assert door.told.announcements == []
