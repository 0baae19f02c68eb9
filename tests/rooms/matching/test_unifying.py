"""Records of several sources become persons, and only those that are surely one (UN-3, UN-4, UN-7)."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.known_truth import measured
from bench.made_up_people import World, draft, records
from shared.adapters.splink_matching import SplinkMatching
from shared.matching.comparing import SourceRecord
from shared.matching.definitions import Alias, Bypass, Condition, MatchingDraft, Rule, Source
from shared.matching.model import PersonId, RecordPair, RecordRef, Withheld
from shared.matching.reviewing import Review, Verdict, sayings
from shared.matching.unifying import MOST_IN_ONE, Unified, read_all, unified
from tests.rooms.matching.people import ADA, COLUMNS, Lists, record

HOSPITAL, CLINIC = Source("hospital", COLUMNS), Source("clinic", COLUMNS)
PORTAL = Source("portal", COLUMNS, self_asserted=True)
DRAFT = MatchingDraft("Everybody", (HOSPITAL, CLINIC, PORTAL))
NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
IDA = {**ADA, "first_name": "Ida"}


@pytest.fixture
def engine(tmp_path: Path) -> SplinkMatching:
    return SplinkMatching(tmp_path)


class House:
    def __init__(self, engine: SplinkMatching) -> None:
        self._engine = engine

    def __call__(
        self, *rows: SourceRecord, by: MatchingDraft = DRAFT, reviews: tuple[Review, ...] = ()
    ) -> "Outcome":
        return Outcome(unified(by, sayings(by, reviews), read_all(by, Lists(rows)), engine=self._engine))


class Outcome:
    def __init__(self, found: Unified) -> None:
        self.found = found
        self.people = list(found.persons)

    @property
    def persons(self) -> list[list[str]]:
        return [[one.ref.key for one in person.records] for person in self.people]

    @property
    def proposed(self) -> list[tuple[str, str, Withheld]]:
        return [
            (one.link.pair.left.key, one.link.pair.right.key, one.because) for one in self.found.proposals
        ]


@pytest.fixture
def matched(engine: SplinkMatching) -> House:
    return House(engine)


def said(verdict: Verdict, left: RecordRef, right: RecordRef, *, nth: int = 1) -> Review:
    at = NOON.replace(minute=nth)
    return Review(f"r{nth}", "all", verdict, (left,), (right,), (PersonId("p"),), "asked them", "ina", at)


class TestPersons:
    def test_are_found_within_and_between_sources(self, matched: House) -> None:
        outcome = matched(
            record("hospital", "1"),
            record("hospital", "2", last_name="OBRIEN"),
            record("clinic", "3", first_name="ADA", postcode="ls14ap"),
            record("clinic", "4", IDA, birth_date="1961-05-05"),
        )

        assert outcome.persons == [["1", "2", "3"], ["4"]]
        assert {link.why.rule for link in outcome.people[0].links} == {"name and birth date, postcode"}

    def test_twins_are_two(self, matched: House) -> None:
        outcome = matched(record("hospital", "1"), record("clinic", "2", IDA))

        assert outcome.persons == [["1"], ["2"]]

    def test_what_may_be_a_twin_or_a_slip_is_for_a_reviewer(self, matched: House) -> None:
        outcome = matched(
            record("hospital", "1", first_name="Anna"), record("clinic", "2", first_name="Hanna")
        )

        assert outcome.persons == [["1"], ["2"]]
        assert outcome.proposed == [("2", "1", Withheld.CONTRADICTED)]

    def test_a_father_and_a_son_of_one_name_are_two(self, matched: House) -> None:
        outcome = matched(record("hospital", "1"), record("clinic", "2", birth_date="1961-05-13"))

        assert outcome.persons == [["1"], ["2"]]

    def test_a_family_address_and_mailbox_make_nobody_one(self, matched: House) -> None:
        mother = record(
            "hospital", "1", email="family@example.org", birth_date="1960-03-03", first_name="Eve"
        )

        outcome = matched(mother, record("clinic", "2", email="family@example.org"))

        assert outcome.persons == [["1"], ["2"]]

    def test_are_never_joined_on_what_people_say_of_themselves(self, matched: House) -> None:
        outcome = matched(record("hospital", "1"), record("portal", "2"), record("portal", "3"))

        assert outcome.persons == [["1"], ["2"], ["3"]]
        assert {because for _, _, because in outcome.proposed} == {Withheld.SELF_ASSERTED}

    def test_the_first_row_of_a_key_counts_and_the_others_are_reported(self, matched: House) -> None:
        outcome = matched(record("hospital", "1"), record("hospital", "1", IDA), record("hospital", " "))

        assert outcome.people[0].records == (record("hospital", "1"),)
        profile = outcome.found.sources[0]
        assert (profile.rows, profile.records, profile.repeated_keys, profile.without_key) == (3, 1, 1, 1)

    @pytest.mark.parametrize(
        ("keys", "kind", "problems"),
        [
            (("1", "-2"), "whole_number", []),
            (("6F9619FF-8B86-D011-B42D-00CF4FC964FF",), "guid", []),
            (("1", "6f9619ff-8b86-d011-b42d-00cf4fc964ff"), "text", []),
            (("1.0", "1e+16", "nan", "4.2.1"), "text", [("key_is_a_fraction", 3)]),
            (("7", "7", "7", " "), "whole_number", [("key_missing", 1), ("key_repeated", 2)]),
            ((" ",), None, [("key_missing", 1)]),
        ],
    )
    def test_are_told_apart_by_keys_of_which_is_said_what_they_are_and_what_is_wrong(
        self, matched: House, keys: tuple[str, ...], kind: str | None, problems: list[tuple[str, int]]
    ) -> None:
        profile = matched(*(record("hospital", key) for key in keys)).found.sources[0]

        assert profile.keys_are == kind
        assert [(one.what, one.rows) for one in profile.problems] == problems

    def test_of_a_source_that_includes_only_matches_leave_out_the_others(self, matched: House) -> None:
        by = replace(DRAFT, sources=(HOSPITAL, replace(CLINIC, include_all=False)))

        outcome = matched(record("hospital", "1"), record("clinic", "2"), record("clinic", "3", IDA), by=by)

        assert outcome.persons == [["1", "2"]]

    def test_are_not_made_of_a_hundred_records(self, matched: House) -> None:
        by = replace(DRAFT, sources=(replace(HOSPITAL, dedupe=(Rule("telephone", (Condition("phone"),)),)),))
        many = [record("hospital", f"{n:03}", first_name=f"A{n}") for n in range(MOST_IN_ONE + 1)]

        outcome = matched(*many, by=by)

        assert len(outcome.persons) == MOST_IN_ONE + 1
        assert {because for _, _, because in outcome.proposed} == {Withheld.TOO_MANY}


class TestRules:
    def test_are_tried_next_only_where_one_matched_nothing(self, matched: House) -> None:
        by_number = Rule("number", (Condition("identifier"),))
        by_phone = Rule("telephone", (Condition("phone"),))
        clinic = replace(CLINIC, dedupe=(), match=(by_number, by_phone))
        by = MatchingDraft("Everybody", (replace(HOSPITAL, dedupe=()), clinic), exceptions=())
        right = record("hospital", "1", identifier="9434765919", phone="1")
        other = record("hospital", "2", phone="2")

        outcome = matched(right, other, record("clinic", "3", identifier="943 476 5919", phone="2"), by=by)

        assert outcome.persons == [["1", "3"], ["2"]]

    def test_are_counted(self, matched: House) -> None:
        outcome = matched(record("hospital", "1"), record("clinic", "2"), record("clinic", "3", {}))

        counted = {one.rule: one for one in outcome.found.rules}["name and birth date, postcode"]
        assert (counted.pairs, counted.records, counted.unique_records) == (1, 2, 2)

    @pytest.mark.parametrize(
        ("aliases", "together"), [((), False), ((Alias("last_name", "osei", "obrien"),), True)]
    )
    def test_know_another_spelling(
        self, matched: House, aliases: tuple[Alias, ...], *, together: bool
    ) -> None:
        outcome = matched(
            record("hospital", "1"),
            record("clinic", "2", last_name="Osei", phone=""),
            by=replace(DRAFT, aliases=aliases),
        )

        assert (outcome.persons == [["1", "2"]]) == together

    def test_pass_over_a_value_that_says_nothing(self, matched: House) -> None:
        by = replace(DRAFT, bypass=(Bypass("phone", "441134960001"), Bypass("postcode", "ls14ap")))

        assert matched(record("hospital", "1"), record("clinic", "2"), by=by).persons == [["1"], ["2"]]


class TestWhatReviewersSay:
    ADA, CLINIC_ADA = RecordRef("hospital", "1"), RecordRef("clinic", "2")

    def test_keeps_apart_what_a_rule_would_join(self, matched: House) -> None:
        rows = (record("hospital", "1"), record("clinic", "2"))
        apart = said("different", self.ADA, self.CLINIC_ADA)

        outcome = matched(*rows, reviews=(apart,))

        assert outcome.persons == [["1"], ["2"]]
        assert outcome.proposed == [], "it has been decided"

    def test_keeps_apart_whatever_else_hangs_on_them(self, matched: House) -> None:
        rows = (record("hospital", "1"), record("clinic", "2"), record("clinic", "3"))
        apart = said("different", self.ADA, self.CLINIC_ADA)

        persons = matched(*rows, reviews=(apart,)).persons

        assert not any({"1", "2"} <= set(person) for person in persons)

    def test_joins_what_no_rule_would_and_what_people_say_of_themselves(self, matched: House) -> None:
        rows = (record("hospital", "1"), record("portal", "2", IDA))
        same = said("same", self.ADA, RecordRef("portal", "2"))

        outcome = matched(*rows, reviews=(same,))

        assert outcome.persons == [["1", "2"]]
        assert [link.why.rule for link in outcome.people[0].links] == ["review"]

    def test_said_last_counts(self, matched: House) -> None:
        rows = (record("hospital", "1"), record("clinic", "2", IDA))
        same = said("same", self.ADA, self.CLINIC_ADA)
        different = said("different", self.ADA, self.CLINIC_ADA, nth=2)

        assert matched(*rows, reviews=(different, same)).persons == [["1"], ["2"]]

    def test_counts_before_the_lists_of_the_definition(self, matched: House) -> None:
        by = replace(DRAFT, always=(RecordPair(self.CLINIC_ADA, self.ADA),))
        rows = (record("hospital", "1"), record("clinic", "2", IDA))

        assert matched(*rows, by=by).persons == [["1", "2"]]
        different = said("different", self.ADA, self.CLINIC_ADA)
        assert matched(*rows, by=by, reviews=(different,)).persons == [["1"], ["2"]]


class TestKnownTruth:
    def test_of_ten_thousand_records_is_found(self, tmp_path: Path) -> None:
        found = measured(draft(), records(10_000, World("1")), tmp_path)

        assert found.precision >= 0.999
        assert found.recall >= 0.95
