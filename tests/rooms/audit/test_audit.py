"""The audit: written once, listed, spelt in FHIR."""

from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from shared.audit.documents import BUCKETS, INDEXES, partition_of
from shared.audit.in_fhir import audit_event
from shared.audit.keep_audit import KeepAudit
from shared.audit.list_audit import ListAudit
from shared.audit.model import AuditEntry, AuditQuery, RecordAudit
from shared.kernel.identity import PatientId
from shared.kernel.refusals import AlreadyExists, Nonsense
from tests.support.house import House, a_house

AT = datetime(2026, 3, 29, 23, 59, 59, tzinfo=UTC)
DAY = date(2026, 3, 29)


@pytest.fixture
def house(tmp_path: Path) -> Generator[House]:
    with a_house(tmp_path, indexes=INDEXES) as one:
        yield one


def an_act(name: str = "a1", *, at: datetime = AT, patient: str = "ada") -> RecordAudit:
    return RecordAudit(
        name, at, "entra|nurse", "record_consent", "consent~email", PatientId(patient), "asked"
    )


def whole_day(house: House, day: date, *, limit: int = 100) -> list[AuditEntry]:
    found: list[AuditEntry] = []
    query: AuditQuery | None = AuditQuery(day, limit=limit)
    while query is not None:
        page = ListAudit(house.documents)(query)
        found += page.entries
        query = replace(query, after=page.next) if page.next else None
    return found


class TestKeepAudit:
    def test_writes_an_entry_once(self, house: House) -> None:
        keep = KeepAudit(house.documents)
        keep(an_act(), now=AT)

        with pytest.raises(AlreadyExists):
            keep(an_act(), now=AT + timedelta(days=2))

        assert len(whole_day(house, DAY)) == 1

    def test_keeps_it_under_its_own_day_in_utc(self, house: House) -> None:
        stockholm = timezone(timedelta(hours=2))
        KeepAudit(house.documents)(an_act(at=AT.astimezone(stockholm)), now=AT + timedelta(hours=5))

        assert len(whole_day(house, DAY)) == 1
        assert whole_day(house, date(2026, 3, 30)) == []

    def test_spreads_a_day_over_buckets(self) -> None:
        assert len({partition_of(an_act(f"a{n}")) for n in range(500)}) == BUCKETS


class TestListAudit:
    @pytest.mark.parametrize("limit", [1, 3, 100])
    def test_gives_every_entry_of_a_day_once(self, house: House, limit: int) -> None:
        for n in range(40):
            KeepAudit(house.documents)(an_act(f"a{n}", at=AT - timedelta(minutes=n)), now=AT)

        entries = whole_day(house, DAY, limit=limit)

        assert {entry.at for entry in entries} == {AT - timedelta(minutes=n) for n in range(40)}
        assert len(entries) == 40

    def test_gives_what_was_done_to_a_patient(self, house: House) -> None:
        KeepAudit(house.documents)(an_act("a1", patient="ada"), now=AT)
        KeepAudit(house.documents)(an_act("a2", patient="grace"), now=AT)

        page = ListAudit(house.documents)(AuditQuery(patient_id=PatientId("grace")))

        assert [entry.patient_id for entry in page.entries] == ["grace"]

    @pytest.mark.parametrize(
        "query",
        [
            AuditQuery(),
            AuditQuery(DAY, since=DAY),
            AuditQuery(since=DAY),
            AuditQuery(since=DAY, until=DAY - timedelta(days=1)),
            AuditQuery(since=DAY, until=DAY + timedelta(days=31)),
            AuditQuery(DAY, limit=0),
            AuditQuery(DAY, limit=501),
            AuditQuery(DAY, after="x!"),
            AuditQuery(DAY, after="99!"),
            AuditQuery(DAY, after=f"!audit~20261331T000000000000~{0:040x}"),
            AuditQuery(patient_id=PatientId("ada"), after=f"00!audit~20261031T000000000000~{0:040x}"),
        ],
    )
    def test_refuses_a_question_it_cannot_answer(self, house: House, query: AuditQuery) -> None:
        with pytest.raises(Nonsense):
            ListAudit(house.documents)(query)


class TestAuditEvent:
    def test_names_who_what_whom_and_why(self) -> None:
        entry = AuditEntry(
            AT, "entra|nurse", "read_patient", "Patient/ada", PatientId("ada"), "Emergency", AT
        )

        event = audit_event(entry, observer="Riverside")

        assert event["agent"] == [{"altId": "entra|nurse", "requestor": True}]
        assert event["subtype"] == [{"code": "read_patient"}]
        assert event["recorded"] == "2026-03-29T23:59:59+00:00"
        assert event["entity"][1]["what"] == {"reference": "Patient/ada"}
        assert event["purposeOfEvent"] == [{"text": "Emergency"}]

    def test_leaves_out_what_there_is_not(self) -> None:
        entry = AuditEntry(AT, "entra|nurse", "put_journey", "journey~flu", None, None, AT)

        event = audit_event(entry, observer="Riverside")

        assert "purposeOfEvent" not in event
        assert len(event["entity"]) == 1
