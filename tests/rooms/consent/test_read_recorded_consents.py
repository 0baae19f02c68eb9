"""FHIR Consents count as they stand in the record (decision 0008)."""

from collections.abc import Generator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.sqlite_record import SqliteRecord
from shared.consent.in_fhir import CHANNELS
from shared.consent.model import Choice
from shared.consent.read_recorded_consents import ReadRecordedConsents
from shared.kernel.clock import StoppedClock
from shared.kernel.identity import PatientId
from shared.patients.model import Channel

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ADA = PatientId("ada")


@pytest.fixture
def record(tmp_path: Path) -> Generator[SqliteRecord]:
    with closing(SqliteRecord(tmp_path / "record.db", clock=StoppedClock(NOON))) as one:
        yield one


def a_denial(number: int, *, of: str = "ada", at: datetime = NOON, status: str = "active") -> dict[str, Any]:
    return {
        "resourceType": "Consent",
        "id": f"{of}-{number}",
        "status": status,
        "scope": {"coding": [{"code": "patient-privacy"}]},
        "category": [{"coding": [{"code": "npp"}]}],
        "policyRule": {"coding": [{"code": "OPTIN"}]},
        "patient": {"reference": f"Patient/{of}"},
        "dateTime": at.isoformat(),
        "provision": {
            "type": "deny",
            "purpose": [{"code": "CAREMGT"}],
            "code": [{"coding": [{"system": CHANNELS, "code": "sms"}]}],
        },
    }


class TestReadRecordedConsents:
    def said(self, record: SqliteRecord, channel: Channel = Channel.SMS) -> list[Choice]:
        return [said.choice for said in ReadRecordedConsents(record)(ADA, channel, now=NOON)]

    def test_are_the_patients_own_on_the_channel_asked_for(self, record: SqliteRecord) -> None:
        record.load([a_denial(1), a_denial(2, of="bob")])

        assert Choice.OPTED_OUT in self.said(record)
        assert self.said(record, Channel.EMAIL) == []
        assert ReadRecordedConsents(record)(PatientId("eve"), Channel.SMS, now=NOON) == ()

    def test_say_nothing_before_their_time_or_as_drafts(self, record: SqliteRecord) -> None:
        record.load([a_denial(1, at=NOON + timedelta(days=1)), a_denial(2, status="draft")])

        assert self.said(record) == []

    def test_are_read_to_the_last_page(self, record: SqliteRecord) -> None:
        record.load([a_denial(0)])
        of_one = len(self.said(record))

        record.load([a_denial(number) for number in range(130)])

        assert of_one > 0
        assert len(self.said(record)) == 130 * of_one
