"""Who a login is in the record, and what that ties them to."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from shared.access.model import Caller
from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.ports import SearchPage, SearchParameters, Write
from shared.kernel.clock import StoppedClock
from shared.patients.care_relationship import names_in_record
from tests.support.issuer import NOON

ISSUER = "https://login.example/tenant,1"
COSTA = Caller("costa|7", ISSUER)


class PassingOver:
    """A record whose search knows no parameter but the type, and says nothing of it."""

    def __init__(self, record: SqliteRecord) -> None:
        self.record = record

    def search(self, kind: str, _: SearchParameters, *, page: str | None = None) -> SearchPage:
        return self.record.search(kind, SearchParameters(), page=page)


@pytest.fixture
def record(tmp_path: Path) -> Generator[SqliteRecord]:
    record = SqliteRecord(tmp_path / "record.db", clock=StoppedClock(NOON))
    for id_, system, value, active in (
        ("costa", ISSUER, "costa|7", True),
        ("other", ISSUER, "costa", True),
        ("elsewhere", "https://login.example/other", "costa|7", True),
        ("left", ISSUER, "gone", False),
    ):
        write(record, "Practitioner", id_, active=active, identifier=[{"system": system, "value": value}])
        role = {"practitioner": {"reference": f"Practitioner/{id_}"}}
        write(
            record, "PractitionerRole", f"r-{id_}", **role, organization={"reference": f"Organization/{id_}"}
        )
    yield record
    record.close()


def write(record: SqliteRecord, kind: str, id_: str, **elements: Any) -> None:
    record.transaction([Write("PUT", kind, id_, {"resourceType": kind, "id": id_, **elements})])


class TestNamesInTheRecord:
    def test_are_ones_own_alone_even_where_a_search_gives_everybody(self, record: SqliteRecord) -> None:
        passing_over: Any = PassingOver(record)

        found = names_in_record(passing_over, COSTA, NOON)

        assert found == ({"Practitioner/costa", "PractitionerRole/r-costa"}, {"Organization/costa"})

    def test_are_none_of_who_has_left_or_is_not_there(self, record: SqliteRecord) -> None:
        for subject in ("gone", "nobody", ""):
            assert names_in_record(record, Caller(subject, ISSUER), NOON) == (set(), set())

    def test_are_found_by_a_plain_login(self, record: SqliteRecord) -> None:
        issuer = "https://login.example/other"
        write(record, "Practitioner", "plain", identifier=[{"system": issuer, "value": "plain"}])

        assert names_in_record(record, Caller("plain", issuer), NOON)[0] == {"Practitioner/plain"}
