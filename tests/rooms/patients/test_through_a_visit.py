"""What names nobody but the visit in which it came about is kept with it, whatever news come first (FH-1)."""

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.sqlite_record import SqliteRecord
from shared.kernel.identity import PatientId
from shared.kernel.refusals import TransientFault
from shared.patients.documents import INDEXES
from shared.segments.documents import INDEXES as OF_SEGMENTS
from shared.triggers.documents import INDEXES as OF_TRIGGERS
from tests.rooms.patients.ward import Ward
from tests.support.fhir_people import a_patient, an_encounter, an_hba1c
from tests.support.house import a_house

MARIA = PatientId("maria")
ALL = ["Encounter/visit", "Observation/june", "Observation/may"]


def of_the_visit(id_: str, **more: Any) -> dict[str, Any]:
    made = an_hba1c(id_) | {"encounter": {"reference": "Encounter/visit"}} | more
    return {name: held for name, held in made.items() if name != "subject"}


@pytest.fixture
def ward(tmp_path: Path) -> Generator[Ward]:
    """Maria is known; two results have come of a visit that the record does not have yet."""
    with (
        a_house(tmp_path, (*INDEXES, *OF_SEGMENTS, *OF_TRIGGERS)) as house,
        closing(SqliteRecord(tmp_path / "record.db", clock=house.clock)) as record,
    ):
        ward = Ward(house, record)
        ward.write(a_patient("maria"))
        ward.follows()
        ward.project_patient(MARIA, now=ward.now)
        ward.write(of_the_visit("may"), of_the_visit("june"))
        assert ward.follows() == []
        yield ward


def meanwhile(ward: Ward, method: str, of: tuple[str, ...], act: Callable[[], None]) -> Any:
    """Give the record; just before it is first asked for this, something else happens."""
    todo = [act]

    class Interrupted:
        def __getattr__(self, name: str) -> Any:
            return self._asked if name == method else getattr(ward.record, name)

        def _asked(self, *args: Any, **named: Any) -> Any:
            if args[: len(of)] == of and todo:
                todo.pop()()
            return getattr(ward.record, method)(*args, **named)

    return Interrupted()


def test_one_of_them_told_before_the_visit_holds_back_no_other(ward: Ward) -> None:
    ward.write(an_encounter("visit"))
    visit = ward.told()
    ward.write(of_the_visit("may", status="amended"))

    ward.project(ward.told())
    ward.project(visit)

    assert sorted(ward.kept("maria")) == ALL


def test_the_rest_is_kept_though_it_was_stopped_after_the_first(ward: Ward) -> None:
    def out_of_reach() -> None:
        raise TransientFault

    ward.write(an_encounter("visit"))
    (visit,) = ward.told()
    for second in ("may", "june"):
        faulty = meanwhile(ward, "read", ("Observation", second), out_of_reach)
        with pytest.raises(TransientFault):
            replace(ward.project_change, reading=faulty)(visit, now=ward.now)

    ward.project([visit])

    assert sorted(ward.kept("maria")) == ALL
    assert ward.kept("maria") == ward.recorded("maria")


def test_a_visit_that_begins_while_somebody_goes_through_the_record_brings_its_own(ward: Ward) -> None:
    """Results are looked for by the visits there were: one that was found later only would stand alone."""

    def begins() -> None:
        ward.write(an_encounter("visit"))

    builder = replace(ward.project_patient, record=meanwhile(ward, "search", ("Condition",), begins))
    builder(MARIA, now=ward.now)

    ward.follows()

    assert sorted(ward.kept("maria")) == ALL
