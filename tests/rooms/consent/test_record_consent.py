from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.access.model import Caller
from shared.adapters.sqlite import SqliteFile
from shared.adapters.sqlite_documents import SqliteDocuments
from shared.adapters.sqlite_record import SqliteRecord
from shared.consent.model import Choice, Consent, Purpose, Source
from shared.consent.read_consents import PatientConsents, ReadConsents
from shared.consent.record_consent import (
    LONGEST_REASON,
    MOST_TOPICS,
    ConsentGiven,
    NotTheirContactPoint,
    NotYourConsent,
    RecordConsent,
    TooManyTopics,
)
from shared.fhir.ports import Write
from shared.kernel.announcements import Announcement
from shared.kernel.clock import StoppedClock
from shared.kernel.documents import Change, Commit, Documents, Unchanged
from shared.kernel.identity import PatientId
from shared.kernel.refusals import LostRace, Nonsense, NotFound
from shared.kernel.sensitive import Sensitive
from shared.patients.contact_keys import ContactKeys
from shared.patients.model import Channel
from shared.patients.read_profile import ReadProfile
from tests.rooms.patients.builders import a_patient, email
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

    def say(
        self,
        given: ConsentGiven,
        by: Caller = NURSE,
        of: PatientId = ADA,
        *,
        now: datetime = NOON,
        documents: Documents | None = None,
    ) -> Consent:
        act = RecordConsent(documents or self.house.documents, ReadProfile(self.record, "GB"), KEYS)
        return act(given, patient_id=of, caller=by, now=now).consent

    def shown(self, of: PatientId = ADA, by: Caller = NURSE) -> PatientConsents:
        act = ReadConsents(self.house.documents, ReadProfile(self.record, "GB"), KEYS)
        return act(patient_id=of, caller=by, now=NOON)

    def by_text(self, of: PatientId = ADA) -> list[tuple[Choice, PatientId]]:
        (point,) = [one for one in self.shown(of).contact_points if one.channel is Channel.SMS]
        return [(said.choice, said.patient_id) for said in point.consents]

    def audited(self) -> list[tuple[str, str]]:
        changes, _ = self.house.change_feed.read("test", limit=100)
        told = [change["body"] for change in changes if change["kind"] == "announcement"]
        entries = [each["content"] for each in told if each["type"] == "RecordAudit"]
        return [(each["what"], each["who"]) for each in entries]


class RacedDocuments(SqliteDocuments):
    """A store in which somebody else commits between the first look and the first commit."""

    def __init__(self, file: SqliteFile, rival: Callable[[], object]) -> None:
        super().__init__(file, clock=StoppedClock(NOON))
        self._rivals = [rival]

    def commit(
        self,
        partition: str,
        *,
        changes: Sequence[Change] = (),
        unchanged: Sequence[Unchanged] = (),
        announcements: Sequence[Announcement] = (),
    ) -> dict[str, str]:
        self._lose_the_race()
        return super().commit(partition, changes=changes, unchanged=unchanged, announcements=announcements)

    def commit_many(self, commits: Sequence[Commit]) -> Sequence[Exception | None]:
        self._lose_the_race()
        return super().commit_many(commits)

    def _lose_the_race(self) -> None:
        while self._rivals:
            self._rivals.pop()()


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

    @pytest.mark.parametrize("topic", ["", "x" * 65, "a b", "nul\x00", "a/b"])
    def test_refuses_a_topic_that_names_nothing(self, tmp_path: Path, topic: str) -> None:
        with a_desk(tmp_path) as desk, pytest.raises(Nonsense):
            desk.say(replace(YES, topic=topic))

    def test_always_has_room_for_a_no_however_many_topics_there_are(self, tmp_path: Path) -> None:
        with a_desk(tmp_path) as desk:
            for number in range(MOST_TOPICS):
                desk.say(replace(YES, topic=f"topic-{number}", reason="r" * LONGEST_REASON))

            with pytest.raises(TooManyTopics):
                desk.say(replace(YES, topic="one-more"))
            assert desk.say(replace(YES, topic="topic-0")).topic == "topic-0"
            assert desk.say(NO).choice is Choice.OPTED_OUT

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

    def test_stands_even_where_an_older_yes_carries_a_later_date(self, tmp_path: Path) -> None:
        with a_desk(tmp_path) as desk:
            tomorrows = desk.say(YES, now=NOON + timedelta(days=1))

            stands = desk.say(NO)

            assert stands.choice is Choice.OPTED_OUT
            assert stands.at == tomorrows.at + timedelta(microseconds=1)
            assert _newest_at(desk).choice is Choice.OPTED_OUT

    def test_stands_after_an_opposite_word_of_the_same_moment(self, tmp_path: Path) -> None:
        with a_desk(tmp_path) as desk:
            desk.say(NO)
            desk.say(YES)

            assert _newest_at(desk).choice is Choice.OPTED_IN

    def test_stands_for_the_mailbox_in_whatever_case_it_is_spelt(self, tmp_path: Path) -> None:
        with a_desk(tmp_path) as desk:
            named = Sensitive("ADA.oneill@EXAMPLE.org")
            desk.say(ConsentGiven(Channel.EMAIL, Purpose.COMMERCIAL, Choice.OPTED_OUT, address=named))
            respelt = a_patient("ada", email("ada.oneill@example.org"))
            desk.record.transaction([Write("PUT", "Patient", "ada", respelt)])

            (point,) = desk.shown().contact_points

            assert [said.choice for said in point.consents] == [Choice.OPTED_OUT]

    def test_is_tried_again_when_another_is_the_first_to_speak(self, tmp_path: Path) -> None:
        with a_desk(tmp_path) as desk:
            raced = RacedDocuments(desk.house.file, lambda: desk.say(NO, of=BOB))

            with pytest.raises(LostRace):
                desk.say(NO, documents=raced)
            desk.say(NO, documents=raced)

            assert desk.by_text() == [(Choice.OPTED_OUT, ADA), (Choice.OPTED_OUT, ADA)]


def _newest_at(desk: Desk) -> Consent:
    return max(_said_at(desk), key=lambda said: said.at)


def _said_at(desk: Desk) -> list[Consent]:
    return [said for point in desk.shown().contact_points for said in point.consents]
