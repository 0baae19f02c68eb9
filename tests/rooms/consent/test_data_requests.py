from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.access.model import Caller
from shared.adapters.export_files import FolderExportFiles
from shared.adapters.export_tables import SpellsTables
from shared.adapters.parquet_comparisons import ParquetComparisons
from shared.adapters.sqlite_documents import SqliteDocuments
from shared.adapters.sqlite_record import SqliteRecord
from shared.consent.data_requests.ask_for_data import AskForData, DataAsked
from shared.consent.data_requests.carry_out_data_request import CarryOut
from shared.consent.data_requests.documents import request_at
from shared.consent.data_requests.find_person import ERASED, FindPerson
from shared.consent.data_requests.forget_words import without
from shared.consent.data_requests.model import (
    LOOKS_AGAIN_AFTER,
    DataRequest,
    Person,
    RequestKind,
    RequestState,
)
from shared.consent.model import CarryOutDataRequest, Choice, Consent, Purpose, Source, choice_of
from shared.exports.forget_in_exports import ForgetInExports
from shared.kernel.announcements import Announcement
from shared.kernel.documents import Change, Create, Unchanged
from shared.kernel.identity import PatientId, RandomIds
from shared.kernel.refusals import TransientFault
from shared.kernel.sensitive import Sensitive
from shared.patients.contact_keys import ContactKeys
from shared.patients.documents import patient_partition
from shared.patients.read_profile import ReadProfile
from shared.wiring.indexes import INDEXES
from shared.wiring.personal_data import HouseholdData
from tests.support.house import House, a_house

NOON = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
ADA, BOB = PatientId("ada"), PatientId("bob")
OFFICER = Caller("o", "https://staff.example")
KEYS = ContactKeys(Sensitive(b"a key for tests"))


class MortalDocuments(SqliteDocuments):
    """Dies at its n-th commit: before it is made, or after, when nobody hears of it."""

    left, after = 10_000, False

    def commit(
        self,
        partition: str,
        *,
        changes: Sequence[Change] = (),
        unchanged: Sequence[Unchanged] = (),
        announcements: Sequence[Announcement] = (),
    ) -> dict[str, str]:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise TransientFault
        etags = super().commit(partition, changes=changes, unchanged=unchanged, announcements=announcements)
        if self.left == 0:
            raise TransientFault
        return etags


@dataclass
class Office:
    """A privacy office, and what comes of its requests."""

    house: House
    record: SqliteRecord
    folder: Path

    def __post_init__(self) -> None:
        self.documents = MortalDocuments(self.house.file, clock=self.house.clock, indexes=INDEXES)
        people = FindPerson(self.documents, self.record, ReadProfile(self.record, "GB"), KEYS, "GB")
        files = FolderExportFiles(self.folder / "exports", ids=RandomIds())
        exports = ForgetInExports(self.documents, files, SpellsTables())
        held = HouseholdData(self.documents, ParquetComparisons(self.folder), exports)
        self.ask = AskForData(self.documents, people, held)
        self.act = CarryOut(self.documents, people, held)

    def hold(self, patient_id: PatientId, count: int) -> None:
        changes = [Create(f"firing~{number:03}", {"of": patient_id}) for number in range(count)]
        for begin in range(0, count, 90):
            self.documents.commit(patient_partition(patient_id), changes=changes[begin : begin + 90])

    def erase(self) -> DataRequest:
        asked = DataAsked(RequestKind.ERASE, "by letter", ADA)
        return self.ask(asked, request_id="r1", caller=OFFICER, now=NOON)

    def stands(self) -> DataRequest:
        return request_at(self.documents, "r1").body

    def step(self) -> DataRequest:
        """Do the next step as its queue would: again and again until it has been done."""
        found = request_at(self.documents, "r1")
        told = CarryOutDataRequest("r1", found.body.step, found.version)
        for _ in range(3):
            try:
                self.act(told, now=self.house.clock.now())
            except TransientFault:
                continue
            break
        self.house.clock.pass_by(LOOKS_AGAIN_AFTER)
        return self.stands()

    def to_the_end(self) -> DataRequest:
        for _ in range(12):
            if self.step().state is not RequestState.IN_PROGRESS:
                break
        return self.stands()

    def held(self, patient_id: PatientId) -> int:
        return len(
            self.documents.list(patient_partition(patient_id), "firing", dict[str, Any], limit=500).items
        )


@pytest.fixture
def office(tmp_path: Path) -> Generator[Office]:
    with a_house(tmp_path, INDEXES) as house:
        record = SqliteRecord(tmp_path / "record.db", clock=house.clock)
        try:
            yield Office(house, record, tmp_path)
        finally:
            record.close()


class TestAnErasure:
    @pytest.mark.parametrize("after", [False, True])
    @pytest.mark.parametrize("nth", [1, 30, 51, 52, 60, 62, 63])
    def test_killed_anywhere_takes_each_document_once_and_nobody_elses(
        self, office: Office, nth: int, *, after: bool
    ) -> None:
        office.hold(ADA, 60)
        office.hold(BOB, 7)
        office.erase()
        office.documents.left, office.documents.after = nth, after

        ended = office.to_the_end()

        assert ended.state is RequestState.COMPLETED
        assert dict(ended.done) == {"patient.firing": 60}
        assert (office.held(ADA), office.held(BOB)) == (0, 7)

    def test_told_a_step_that_is_past_does_nothing(self, office: Office) -> None:
        office.hold(ADA, 3)
        office.erase()
        office.step()
        before = office.stands()

        office.act(CarryOutDataRequest("r1", 0, 1), now=office.house.clock.now())

        assert office.stands() == before

    def test_ends_only_when_a_second_look_finds_nothing(self, office: Office) -> None:
        office.hold(ADA, 1)
        office.erase()
        office.step()
        first = office.step()
        office.hold(ADA, 3)  # one of them is the one that went before, made anew

        ended = office.to_the_end()

        assert (first.state, first.looked_again) == (RequestState.IN_PROGRESS, True)
        assert office.held(ADA) == 0
        assert dict(ended.done) == {"patient.firing": 4}


def a_word(**more: Any) -> Consent:
    settled: dict[str, Any] = {
        "patient_id": ADA,
        "purpose": Purpose.COMMERCIAL,
        "topic": None,
        "choice": Choice.OPTED_OUT,
        "at": NOON,
        "source": Source.PATIENT,
        "reason": "too many",
    }
    return Consent(**{**settled, **more})


WORDS = st.lists(
    st.builds(
        a_word,
        patient_id=st.sampled_from([ADA, BOB]),
        choice=st.sampled_from(Choice),
        topic=st.sampled_from([None, "screening"]),
        at=st.integers(0, 5).map(lambda days: NOON - timedelta(days=days)),
    ),
    max_size=6,
)


class TestWords:
    @given(WORDS)
    def test_without_a_person_name_them_nowhere_and_lose_no_refusal(self, words: list[Consent]) -> None:
        after = without(words, Person(ADA), before=NOON)

        assert all(one.patient_id != ADA for one in after)
        for one in words:
            newest = choice_of(words, ADA, one.purpose, one.topic, NOON)
            if newest is Choice.OPTED_OUT and one.is_refusal and one.patient_id == ADA:
                stood = choice_of(after, ADA, one.purpose, one.topic, NOON)
                assert stood is Choice.OPTED_OUT

    @given(WORDS)
    def test_without_a_person_are_the_same_when_that_is_done_again(self, words: list[Consent]) -> None:
        once = without(words, Person(ADA), before=NOON)

        assert without(once, Person(ADA), before=NOON) == once

    @given(WORDS)
    def test_of_others_are_left_as_they_were(self, words: list[Consent]) -> None:
        after = without(words, Person(ADA), before=NOON)

        assert [one for one in after if one.patient_id == BOB] == [
            one for one in words if one.patient_id == BOB
        ]

    def test_of_a_person_alone_at_an_address_leave_a_no_to_advertising_and_no_reason(self) -> None:
        after = without([a_word(choice=Choice.OPTED_IN)], Person(ADA), before=NOON)

        assert {(one.patient_id, one.purpose, one.choice, one.reason) for one in after} == {
            (ERASED, Purpose.COMMERCIAL, Choice.OPTED_OUT, None),
            (ERASED, Purpose.TRACKING, Choice.OPTED_OUT, None),
        }

    def test_of_the_last_of_a_family_leave_a_no_to_advertising(self) -> None:
        """A refusal of who was forgotten before stands there: nobody uses the address by it."""
        shared = [
            a_word(choice=Choice.OPTED_OUT, purpose=Purpose.TRANSACTIONAL),
            a_word(patient_id=BOB, choice=Choice.OPTED_IN),
        ]

        after = without(without(shared, Person(ADA), before=NOON), Person(BOB), before=NOON)

        assert choice_of(after, ADA, Purpose.COMMERCIAL, None, NOON) is Choice.OPTED_OUT
        assert without(after, Person(BOB), before=NOON) == after

    def test_said_since_are_kept(self) -> None:
        later = a_word(choice=Choice.OPTED_IN, at=NOON + timedelta(minutes=1))

        assert without([later], Person(ADA), before=NOON) == (later,)
