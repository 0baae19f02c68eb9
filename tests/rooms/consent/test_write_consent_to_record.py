from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.fhir_validation import require_valid
from shared.adapters.sqlite_record import SqliteRecord
from shared.consent.documents import consents_of
from shared.consent.in_fhir import consents_in
from shared.consent.keep_word import Word, keep_word
from shared.consent.model import Choice, Consent, ConsentKept, How, Purpose, Source
from shared.consent.read_recorded_consents import ReadRecordedConsents
from shared.consent.to_fhir import consent_id, consent_resource
from shared.consent.write_consent_to_record import RecordTakesNoConsent, WriteConsentToRecord
from shared.exchange.live_write_back import LiveWriteBack
from shared.fhir.ports import Resource, SearchParameters, Write
from shared.fhir.refusals import RuleOfTheRecord
from shared.kernel.identity import PatientId
from shared.kernel.refusals import LostRace
from shared.kernel.sensitive import Sensitive
from shared.patients.contact_keys import ContactKeys
from shared.patients.model import Channel
from tests.rooms.patients.builders import a_patient
from tests.rooms.triggers.interrupted import Interrupted
from tests.support.house import House, a_house

NOON = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
ADA = PatientId("ada")
KEYS = ContactKeys(Sensitive(b"a key for tests"))
PRIVATE = KEYS.contact(Channel.EMAIL, "ada@example.org")
AT_WORK = KEYS.contact(Channel.EMAIL, "ada@work.example")
KEPT = ConsentKept(ADA, PRIVATE, Purpose.COMMERCIAL, None)


def a_word(choice: Choice = Choice.OPTED_OUT, at: datetime = NOON, topic: str | None = None) -> Consent:
    return Consent(ADA, Purpose.COMMERCIAL, topic, choice, at, Source.PATIENT)


@dataclass
class Ledger:
    """Hears words, and lets the record know."""

    house: House
    record: SqliteRecord

    def hear(self, word: Consent, contact: str = PRIVATE) -> None:
        found = consents_of(self.house.documents, contact)
        keep_word(self.house.documents, found, Word(contact, word, "ada", How.PORTAL), now=word.at)

    @property
    def write_back(self) -> LiveWriteBack:
        return LiveWriteBack(self.house.documents, self.house.clock)

    def tell(self, kept: ConsentKept = KEPT, *, is_wanted: bool = True) -> None:
        WriteConsentToRecord(self.house.documents, self.record, is_wanted, self.write_back)(kept, now=NOON)

    def change(self, *, status: str = "active", type: str | None = None, policy: str | None = None) -> None:  # noqa: A002  # FHIR's own word
        """Change what is written as the clinic does, an hour later."""
        self.house.clock.pass_by(timedelta(hours=1))
        (before,) = self.written()
        changed = {**before, "status": status}
        if type is not None:
            changed |= {"provision": {**before["provision"], "type": type}}
        if policy is not None:
            changed |= {"policyRule": {"coding": [{"code": policy}]}}
        self.record.transaction([Write("PUT", "Consent", before["id"], changed)])

    def written(self) -> list[Resource]:
        return list(self.record.search("Consent", SearchParameters((("patient", ADA),))).matches)


@dataclass
class TakesNoConsent:
    """A record with a rule of its own."""

    record: SqliteRecord

    def __getattr__(self, name: str) -> Any:
        return getattr(self.record, name)

    def transaction(self, writes: Sequence[Write]) -> Sequence[Resource | None]:
        raise RuleOfTheRecord(*((one.type, "business-rule") for one in writes))


@pytest.fixture
def ledger(tmp_path: Path) -> Generator[Ledger]:
    with a_house(tmp_path) as house:
        record = SqliteRecord(tmp_path / "record.db", clock=house.clock)
        record.transaction([Write("PUT", "Patient", "ada", a_patient())])
        try:
            yield Ledger(house, record)
        finally:
            record.close()


WORDS = st.builds(
    Consent,
    st.just(ADA),
    st.sampled_from(Purpose),
    st.sampled_from([None, "screening"]),
    st.sampled_from(Choice),
    st.just(NOON),
    st.sampled_from(Source),
    st.none(),
    st.sampled_from([None, NOON + timedelta(days=90)]),
)


class TestAConsent:
    @given(WORDS, st.sampled_from([PRIVATE, KEYS.contact(Channel.SMS, "+447700900123")]))
    def test_is_built_as_fhir_says_and_is_known_again(self, word: Consent, contact: str) -> None:
        resource = consent_resource(contact, word)

        require_valid("Consent", consent_id(contact, word), resource)
        assert consents_in(resource) == ()

    @given(WORDS.filter(lambda word: word.purpose is not Purpose.TRACKING))
    def test_says_to_others_what_was_said_to_us(self, word: Consent) -> None:
        """Read without its identifier, as any other system's would be; tracking has no word of FHIR's own."""
        resource = consent_resource(PRIVATE, word) | {"meta": {"lastUpdated": NOON.isoformat()}}
        del resource["identifier"]

        said = {
            (one.channel, one.consent.purpose, one.consent.topic, one.consent.choice)
            for one in consents_in(resource)
        }

        assert said == {(Channel.EMAIL, word.purpose, word.topic, word.choice)}

    def test_holds_no_address(self) -> None:
        assert "ada@" not in str(consent_resource(PRIVATE, a_word()))


class TestWriting:
    def test_lets_the_record_know(self, ledger: Ledger) -> None:
        ledger.hear(a_word())

        ledger.tell()

        (written,) = ledger.written()
        assert (written["status"], written["provision"]["type"]) == ("active", "deny")

    def test_that_the_record_refuses_is_left_to_a_person(self, ledger: Ledger) -> None:
        ledger.hear(a_word())
        strict = Ledger(ledger.house, cast("SqliteRecord", TakesNoConsent(ledger.record)))

        with pytest.raises(RecordTakesNoConsent) as refused:
            strict.tell()

        assert refused.value.needs_a_person
        ledger.tell()
        assert len(ledger.written()) == 1

    def test_told_again_writes_nothing(self, ledger: Ledger) -> None:
        ledger.hear(a_word())
        ledger.tell()

        ledger.tell()

        (written,) = ledger.written()
        assert written["meta"]["versionId"] == "1"

    def test_makes_a_newer_word_its_next_version_in_whatever_order_it_is_told(self, ledger: Ledger) -> None:
        ledger.hear(a_word())
        ledger.tell()
        ledger.hear(a_word(Choice.OPTED_IN, NOON + timedelta(hours=1)))
        ledger.hear(a_word(Choice.NOT_SET, NOON + timedelta(hours=2)))

        ledger.tell()
        ledger.tell()

        (written,) = ledger.written()
        assert (written["status"], written["meta"]["versionId"]) == ("inactive", "2")

    def test_does_not_come_back_as_somebody_elses_word(self, ledger: Ledger) -> None:
        """It is about one mailbox; read from the record, it would be about every mailbox of hers."""
        ledger.hear(a_word())

        ledger.tell()

        read = ReadRecordedConsents(ledger.record)
        assert read(ADA, Channel.EMAIL, now=NOON + timedelta(days=1)) == ()

    @pytest.mark.parametrize(
        ("before", "changed", "stands"),
        [
            (Choice.OPTED_IN, {"type": "deny", "policy": "OPTOUT"}, {Choice.OPTED_OUT}),
            (Choice.OPTED_IN, {"status": "inactive"}, {Choice.NOT_SET}),
            (Choice.OPTED_OUT, {"type": "permit", "policy": "OPTIN"}, set[Choice]()),
            (Choice.OPTED_OUT, {"status": "inactive"}, set[Choice]()),
            (Choice.OPTED_IN, {"status": "entered-in-error"}, set[Choice]()),
        ],
    )
    def test_is_believed_where_the_clinic_has_made_it_narrower(
        self, ledger: Ledger, before: Choice, changed: dict[str, str], stands: set[Choice]
    ) -> None:
        """She tells the ward that she wants no more, and they change the Consent that they find."""
        ledger.hear(a_word(before))
        ledger.tell()

        ledger.change(**changed)
        ledger.tell()

        read = ReadRecordedConsents(ledger.record)(ADA, Channel.EMAIL, now=NOON + timedelta(days=1))
        assert {one.choice for one in read} == stands
        assert all(one.at > NOON for one in read), "newer than the word that it takes back"

    def test_of_two_mailboxes_writes_two(self, ledger: Ledger) -> None:
        ledger.hear(a_word())
        ledger.hear(a_word(Choice.OPTED_IN), AT_WORK)

        ledger.tell()
        ledger.tell(ConsentKept(ADA, AT_WORK, Purpose.COMMERCIAL, None))

        assert {one["provision"]["type"] for one in ledger.written()} == {"deny", "permit"}

    def test_is_not_done_where_the_house_does_not_want_it(self, ledger: Ledger) -> None:
        ledger.hear(a_word())

        ledger.tell(is_wanted=False)

        assert ledger.written() == []

    def test_of_who_is_not_in_the_record_is_not_done(self, ledger: Ledger) -> None:
        ledger.hear(a_word())
        ledger.record.transaction([Write("DELETE", "Patient", "ada")])

        ledger.tell()

        assert ledger.written() == []

    def test_begins_again_where_somebody_has_written_meanwhile(self, ledger: Ledger) -> None:
        ledger.hear(a_word())
        ledger.tell()
        ledger.hear(a_word(Choice.OPTED_IN, NOON + timedelta(hours=1)))
        (before,) = ledger.written()
        rival = [Write("PUT", "Consent", before["id"], {**before, "status": "rejected"})]
        raced = Interrupted(ledger.record, "read", lambda: ledger.record.transaction(rival), after=2)

        with pytest.raises(LostRace):
            WriteConsentToRecord(ledger.house.documents, raced, True, ledger.write_back)(KEPT, now=NOON)  # noqa: FBT003  # pyright: ignore[reportArgumentType]  # the third is whether it is wanted; does all that a record does

        ledger.tell()
        (written,) = ledger.written()
        assert (written["status"], written["provision"]["type"]) == ("active", "permit")
