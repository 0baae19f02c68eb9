"""The audit's order of time rests on how stores list and find; it must hold on each of them (decision 37)."""

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from shared.audit.documents import INDEXES
from shared.audit.keep_audit import KeepAudit
from shared.audit.list_audit import ListAudit
from shared.audit.model import AuditEntry, AuditQuery, RecordAudit
from shared.kernel.identity import PatientId
from tests.support.cosmos_house import StoreHouse, a_cosmos_house
from tests.support.house import A_MINUTE_BEFORE_SUMMER_TIME, a_house

NURSE = "https://login.example/staff|n. o'brien"
FIRST = (A_MINUTE_BEFORE_SUMMER_TIME - timedelta(hours=3)).date()
LAST = FIRST + timedelta(days=1)
ADA = PatientId("ada")


@pytest.fixture(params=["sqlite", "cosmos"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[StoreHouse]:
    if request.param == "sqlite":
        with a_house(tmp_path, INDEXES) as built:
            yield built
    else:
        with a_cosmos_house(request.getfixturevalue("cosmos_server"), INDEXES) as built:
            yield built


def entries() -> list[RecordAudit]:
    """Give forty entries over midnight, half of them Ada's, all by one nurse."""
    begins = A_MINUTE_BEFORE_SUMMER_TIME - timedelta(hours=3)
    return [
        RecordAudit(
            f"entry {number}",
            begins + timedelta(minutes=7) * number,
            NURSE,
            "read_patient",
            "patient~ada",
            ADA if number % 2 else PatientId("grace"),
        )
        for number in range(40)
    ]


class TestOrder:
    @pytest.mark.parametrize(
        ("query", "of"),
        [
            (AuditQuery(since=FIRST, until=LAST, limit=7), {"ada", "grace"}),
            (AuditQuery(patient_id=ADA, limit=7), {"ada"}),
            (AuditQuery(who=NURSE, limit=7), {"ada", "grace"}),
        ],
    )
    def test_is_that_of_time_page_after_page(
        self, house: StoreHouse, query: AuditQuery, of: set[str]
    ) -> None:
        keep = KeepAudit(house.documents)
        for one in sorted(entries(), key=lambda each: each.entry_id):
            keep(one, now=one.at)
        found: list[AuditEntry] = []
        asked: AuditQuery | None = query
        while asked is not None:
            page = ListAudit(house.documents)(asked)
            assert len(page.entries) <= 7
            found += page.entries
            asked = replace(asked, after=page.next) if page.next else None

        assert [one.at for one in found] == [one.at for one in entries() if one.patient_id in of]
