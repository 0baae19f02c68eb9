"""FHIR Consents count as they stand in the record (decision 0008)."""

from collections.abc import Generator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.sqlite_record import SqliteRecord
from shared.consent.in_fhir import CHANNELS
from shared.consent.model import Choice, Purpose, choice_of
from shared.consent.read_recorded_consents import ReadRecordedConsents
from shared.fhir.ports import Resource, SearchPage, SearchParameters
from shared.kernel.clock import StoppedClock
from shared.kernel.identity import PatientId
from shared.patients.model import Channel
from shared.patients.read_patient import ReadPatient

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


def merged(of: str, kind: str, other: str) -> dict[str, Any]:
    link = {"type": kind, "other": {"reference": f"Patient/{other}"}}
    return {"resourceType": "Patient", "id": of, "link": [link]}


class Counted(SqliteRecord):
    """A record that notes what it is asked."""

    asked: list[str]

    def read(self, type: str, id: str) -> Resource:  # noqa: A002  # FHIR's own words
        self.asked.append(f"{type}/{id}")
        return super().read(type, id)

    def search(
        self,
        type: str,  # noqa: A002  # FHIR's own words
        parameters: SearchParameters,
        *,
        page: str | None = None,
    ) -> SearchPage:
        self.asked.append(f"{type}?{parameters.pairs[0][0]}")
        return super().search(type, parameters, page=page)


class TestWhatItCosts:
    """What a decision about a message has just read of the record it does not read again."""

    @pytest.mark.parametrize("links", [[], [merged("ada-1", "replaced-by", "ada")]])
    def test_is_one_search_beside_the_consents_where_the_person_has_been_read(
        self, tmp_path: Path, links: list[dict[str, Any]]
    ) -> None:
        with closing(Counted(tmp_path / "record.db", clock=StoppedClock(NOON))) as record:
            record.asked = []
            record.load([{"resourceType": "Patient", "id": "ada"}, *links, a_denial(1, of="ada-1")])
            ada = ReadPatient(record, "GB", "UTC")(ADA)
            without = ReadRecordedConsents(record)(ADA, Channel.SMS, now=NOON)
            record.asked.clear()

            said = ReadRecordedConsents(record)(ADA, Channel.SMS, now=NOON, as_read=ada)

        assert said == without
        assert len(said) == len(links)
        assert "Patient/ada" not in record.asked
        assert record.asked.count("Patient?link") == 1 + len(links)

    def test_does_not_miss_a_link_that_stands_on_the_patients_own_record(self, tmp_path: Path) -> None:
        with closing(Counted(tmp_path / "record.db", clock=StoppedClock(NOON))) as record:
            record.asked = []
            record.load([merged("ada", "replaces", "ada-1"), {"resourceType": "Patient", "id": "ada-1"}])
            record.load([a_denial(1, of="ada-1")])
            ada = ReadPatient(record, "GB", "UTC")(ADA)

            said = ReadRecordedConsents(record)(ADA, Channel.SMS, now=NOON, as_read=ada)

        assert [(one.patient_id, one.choice) for one in said] == [(ADA, Choice.OPTED_OUT)]


class TestAWomanWhoWasRegisteredTwice:
    """Ada came by ambulance, was registered anew, and is one again; at the first desk she had said no."""

    @pytest.mark.parametrize(
        "links",
        [
            [merged("ada-1", "replaced-by", "ada"), {"resourceType": "Patient", "id": "ada"}],
            [{"resourceType": "Patient", "id": "ada-1"}, merged("ada", "replaces", "ada-1")],
            [merged("ada-1", "replaced-by", "ada-2"), merged("ada-2", "replaced-by", "ada")],
        ],
    )
    def test_is_taken_at_her_word_wherever_the_link_stands(
        self, record: SqliteRecord, links: list[dict[str, Any]]
    ) -> None:
        record.load([*links, a_denial(1, of="ada-1")])

        said = ReadRecordedConsents(record)(ADA, Channel.SMS, now=NOON)

        assert [(one.patient_id, one.choice) for one in said] == [(ADA, Choice.OPTED_OUT)]

    def test_may_say_yes_later_under_the_name_that_stands(self, record: SqliteRecord) -> None:
        no, yes = a_denial(1, of="ada-1", at=NOON - timedelta(days=9)), a_denial(2, at=NOON)
        yes["provision"]["type"] = "permit"
        record.load([merged("ada-1", "replaced-by", "ada"), no, yes])

        said = ReadRecordedConsents(record)(ADA, Channel.SMS, now=NOON)

        assert choice_of(said, ADA, Purpose.TRANSACTIONAL, None, NOON) is Choice.OPTED_IN

    def test_has_taken_back_what_she_said_no_more_there(self, record: SqliteRecord) -> None:
        no = a_denial(1, of="ada-1", at=NOON - timedelta(days=9))
        yes = a_denial(2, of="ada-1", at=NOON - timedelta(days=2))
        yes["provision"]["type"] = "permit"
        record.load([merged("ada-1", "replaced-by", "ada"), no, yes])

        assert ReadRecordedConsents(record)(ADA, Channel.SMS, now=NOON) == ()

    @pytest.mark.parametrize("kind", ["seealso", "refer"])
    def test_is_not_her_sister_whose_record_is_only_mentioned(self, record: SqliteRecord, kind: str) -> None:
        record.load([merged("eve", kind, "ada"), a_denial(1, of="eve")])

        assert ReadRecordedConsents(record)(ADA, Channel.SMS, now=NOON) == ()

    def test_is_found_where_links_go_round_in_a_circle(self, record: SqliteRecord) -> None:
        record.load([merged("ada", "replaced-by", "ada-1"), merged("ada-1", "replaced-by", "ada")])
        record.load([a_denial(1, of="ada-1")])

        assert len(ReadRecordedConsents(record)(ADA, Channel.SMS, now=NOON)) == 1
