from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.access.model import Caller
from shared.adapters.sqlite_documents import SqliteDocuments
from shared.adapters.sqlite_record import SqliteRecord
from shared.consent.in_fhir import CHANNELS
from shared.consent.model import Choice, Consent, Purpose, Source
from shared.consent.read_consents import PatientConsents, ReadConsents
from shared.consent.record_consent import (
    ConsentGiven,
    NotTheirContactPoint,
    NotYourConsent,
    RecordConsent,
)
from shared.consent.take_in_consent import TakeInConsent
from shared.fhir.ports import Write
from shared.kernel.clock import StoppedClock
from shared.kernel.documents import Commit, Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound
from shared.kernel.sensitive import Sensitive
from shared.patients.contact_keys import ContactKeys
from shared.patients.model import Channel
from shared.patients.read_profile import ReadProfile
from tests.rooms.patients.builders import a_patient
from tests.support.house import House, a_house

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ADA, BOB = PatientId("ada"), PatientId("bob")
NURSE = Caller(subject="nurse", issuer="https://staff.example")
ADA_HERSELF = Caller(subject="a", issuer="https://patients.example", patient_id=ADA)
KEYS = ContactKeys(Sensitive(b"a key for tests"))
YES = ConsentGiven(Channel.SMS, Purpose.COMMERCIAL, Choice.OPTED_IN)
NO = ConsentGiven(Channel.SMS, Purpose.COMMERCIAL, Choice.OPTED_OUT, reason="too many")


@dataclass
class Desk:
    house: House
    record: SqliteRecord

    def say(self, given: ConsentGiven, by: Caller = NURSE, of: PatientId = ADA) -> Consent:
        act = RecordConsent(self.house.documents, ReadProfile(self.record, "GB"), KEYS)
        return act(given, patient_id=of, caller=by, now=NOON).consent

    def shown(self, of: PatientId = ADA, by: Caller = NURSE) -> PatientConsents:
        act = ReadConsents(self.house.documents, ReadProfile(self.record, "GB"), KEYS)
        return act(patient_id=of, caller=by, now=NOON)

    def by_text(self, of: PatientId = ADA) -> list[tuple[Choice, PatientId]]:
        (point,) = [one for one in self.shown(of).contact_points if one.channel is Channel.SMS]
        return [(said.choice, said.patient_id) for said in point.consents]

    def take_in(self, documents: Documents | None = None) -> int:
        profiles = ReadProfile(self.record, "GB")
        act = TakeInConsent(documents or self.house.documents, self.record, profiles, KEYS)
        return act("spring", now=NOON)

    def audited(self) -> list[tuple[str, str]]:
        changes, _ = self.house.change_feed.read("test", limit=100)
        told = [change["body"]["content"] for change in changes if change["kind"] == "announcement"]
        return [(each["what"], each["who"]) for each in told]


class Killed(BaseException):
    """The process is gone."""


class TornDocuments(SqliteDocuments):
    """A store whose process is killed after the first of many commits."""

    def commit_many(self, commits: Sequence[Commit]) -> Sequence[Exception | None]:
        super().commit_many(commits[:1])
        raise Killed


@contextmanager
def a_desk(folder: Path) -> Generator[Desk]:
    """Build a desk at which Ada and Bob are known; they share one telephone."""
    record = SqliteRecord(folder / "record.db", clock=StoppedClock(NOON))
    record.transaction([Write("PUT", "Patient", of, a_patient(of)) for of in (ADA, BOB)])
    with a_house(folder) as house:
        yield Desk(house, record)
    record.close()


class TestRecordConsent:
    def test_keeps_what_staff_record_for_a_patient_and_who_did(self, tmp_path: Path) -> None:
        with a_desk(tmp_path) as desk:
            assert desk.say(YES).source is Source.STAFF

            assert desk.by_text() == [(Choice.OPTED_IN, ADA)]
            assert desk.audited() == [("record_consent", NURSE.who)]

    def test_keeps_what_patients_say_for_themselves(self, tmp_path: Path) -> None:
        with a_desk(tmp_path) as desk:
            assert desk.say(NO, by=ADA_HERSELF).source is Source.PATIENT

    def test_changes_nothing_when_said_twice(self, tmp_path: Path) -> None:
        with a_desk(tmp_path) as desk:
            desk.say(YES)
            desk.say(YES)

            assert len(desk.audited()) == 1

    def test_refuses_a_patient_who_speaks_for_another(self, tmp_path: Path) -> None:
        with a_desk(tmp_path) as desk:
            with pytest.raises(NotYourConsent):
                desk.say(YES, by=ADA_HERSELF, of=BOB)
            with pytest.raises(NotYourConsent):
                desk.shown(BOB, by=ADA_HERSELF)

    @pytest.mark.parametrize("address", ["+447700900999", "ada@example.org", ""])
    def test_refuses_a_contact_point_that_is_not_theirs(self, tmp_path: Path, address: str) -> None:
        elsewhere = ConsentGiven(Channel.SMS, Purpose.COMMERCIAL, Choice.OPTED_IN, address=Sensitive(address))

        with a_desk(tmp_path) as desk, pytest.raises(NotTheirContactPoint):
            desk.say(elsewhere)

    def test_refuses_a_patient_nobody_knows(self, tmp_path: Path) -> None:
        with a_desk(tmp_path) as desk, pytest.raises(NotFound):
            desk.say(YES, of=PatientId("nobody"))

    def test_shows_a_housemates_opt_out_but_neither_their_name_nor_their_opt_in(self, tmp_path: Path) -> None:
        with a_desk(tmp_path) as desk:
            desk.say(YES, of=BOB)
            assert desk.by_text() == []

            desk.say(NO, of=BOB)

            assert desk.by_text() == [(Choice.OPTED_OUT, ADA)]
            assert "too many" not in str(desk.shown())


class TestTakeInConsent:
    def _file(self, desk: Desk, provision_type: str, said_on: str, *, by: Sequence[str] = ("sms",)) -> None:
        desk.record.transaction(
            [
                Write(
                    "PUT",
                    "Consent",
                    "spring",
                    {
                        "resourceType": "Consent",
                        "id": "spring",
                        "status": "active",
                        "scope": {"coding": [{"code": "patient-privacy"}]},
                        "category": [{"coding": [{"code": "IRB"}]}],
                        "policyRule": {"coding": [{"code": "OPTIN"}]},
                        "patient": {"reference": "Patient/ada"},
                        "dateTime": said_on,
                        "provision": {
                            "type": provision_type,
                            "purpose": [{"code": "HMARKT"}],
                            "code": [{"coding": [{"system": CHANNELS, "code": channel}]} for channel in by],
                        },
                    },
                )
            ]
        )

    def test_lets_a_consent_of_the_record_count(self, tmp_path: Path) -> None:
        with a_desk(tmp_path) as desk:
            self._file(desk, "permit", "2026-03-01")

            assert desk.take_in() == 1
            assert desk.by_text() == [(Choice.OPTED_IN, ADA)]

    def test_does_nothing_the_second_time(self, tmp_path: Path) -> None:
        with a_desk(tmp_path) as desk:
            self._file(desk, "permit", "2026-03-01")
            desk.take_in()

            assert desk.take_in() == 0

    def test_goes_on_where_it_was_killed(self, tmp_path: Path) -> None:
        with a_desk(tmp_path) as desk:
            self._file(desk, "deny", "2026-03-01", by=("sms", "email"))
            with pytest.raises(Killed):
                desk.take_in(TornDocuments(desk.house.file, clock=desk.house.clock))
            half = [said.choice for said in _said_at(desk)]

            changed = desk.take_in()

            assert half == [Choice.OPTED_OUT]
            assert changed == 1
            assert [said.choice for said in _said_at(desk)] == [Choice.OPTED_OUT, Choice.OPTED_OUT]

    def test_gives_way_to_what_was_said_since(self, tmp_path: Path) -> None:
        with a_desk(tmp_path) as desk:
            desk.say(YES)
            self._file(desk, "deny", "2026-02-01")
            desk.take_in()

            profile_says = desk.by_text()

            assert (Choice.OPTED_IN, ADA) in profile_says
            assert max(_said_at(desk), key=lambda said: said.at).choice is Choice.OPTED_IN


def _said_at(desk: Desk) -> list[Consent]:
    return [said for point in desk.shown().contact_points for said in point.consents]
