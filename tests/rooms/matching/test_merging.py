"""One person's values out of many records' (UN-3, UN-8), and who lives together (UN-10)."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from shared.matching.comparing import SourceRecord
from shared.matching.definitions import Column, FieldMerge, FieldWinner, MatchingDraft, Source
from shared.matching.households import household_fields, household_key, households
from shared.matching.merging import golden, winner_among
from shared.matching.model import Meaning, PersonId, RecordRef

COLUMNS = (
    Column("given", Meaning.FIRST_NAME),
    Column("family", Meaning.LAST_NAME),
    Column("line", Meaning.ADDRESS),
    Column("postcode", Meaning.POSTCODE),
    Column("phone", Meaning.PHONE),
)
HOSPITAL, CLINIC = Source("hospital", COLUMNS), Source("clinic", COLUMNS)
DRAFT = MatchingDraft("Everybody", (HOSPITAL, CLINIC))


def record(source: str, key: str, updated: str | None = None, **values: str) -> SourceRecord:
    return SourceRecord(RecordRef(source, key), values, updated)


HOME = record("hospital", "7", "2024-01-01", first_name="Ada", address="1 Mill Lane", postcode="LS1 4AP")
MOVED = record("clinic", "3", "2026-05-01", first_name="Adah", address="9 High Street", phone="0113")


class TestWinner:
    def test_is_the_most_filled_and_among_equals_the_largest_key(self) -> None:
        few = record("hospital", "30", first_name="Ada")
        much = record("hospital", "9", first_name="Ada", phone="1")
        as_much = record("hospital", "10", first_name="Ida", phone="2")

        assert winner_among([few, much, as_much], "most_filled") == as_much

    def test_may_be_the_latest_or_the_earliest(self) -> None:
        early, late = record("hospital", "1", "2020-01-01"), record("hospital", "2", "2021-01-01T08:00:00Z")
        undated = record("hospital", "3")

        assert winner_among([early, late, undated], "most_recent") == late
        assert winner_among([early, late, undated], "least_recent") == early

    def test_may_be_another_for_one_field(self) -> None:
        source = replace(HOSPITAL, winners=(FieldWinner("phone", "most_recent"),))
        full = record("hospital", "1", "2020-01-01", first_name="Ada", postcode="LS1", phone="old")
        late = record("hospital", "2", "2021-01-01", phone="new")

        assert golden(replace(DRAFT, sources=(source,)), [full, late]) == {
            "first_name": "Ada",
            "postcode": "LS1",
            "phone": "new",
        }


class TestGolden:
    def test_takes_each_field_of_the_most_important_source_that_has_one(self) -> None:
        assert golden(DRAFT, [MOVED, HOME]) == {
            "first_name": "Ada",
            "address": "1 Mill Lane",
            "postcode": "LS1 4AP",
            "phone": "0113",
        }

    def test_takes_fields_of_one_policy_as_a_unit(self) -> None:
        draft = replace(DRAFT, merge=(FieldMerge(("address", "postcode"), "most_recent"),))

        merged = golden(draft, [HOME, MOVED])

        assert merged["address"] == "9 High Street"
        assert "postcode" not in merged, "not the old house's in the new street"

    def test_follows_another_order_of_importance(self) -> None:
        draft = replace(DRAFT, merge=(FieldMerge(("first_name",), sources=("clinic",)),))

        assert golden(draft, [HOME, MOVED])["first_name"] == "Adah"

    def test_keeps_apart_leaves_out_and_calls_otherwise(self) -> None:
        draft = replace(
            DRAFT,
            merge=(
                FieldMerge(("first_name",), "separate"),
                FieldMerge(("postcode",), "exclude"),
                FieldMerge(("phone",), rename="telephone"),
            ),
        )

        assert golden(draft, [HOME, MOVED]) == {
            "address": "1 Mill Lane",
            "first_name_clinic": "Adah",
            "first_name_hospital": "Ada",
            "telephone": "0113",
        }

    @given(
        st.permutations(
            [HOME, MOVED, replace(HOME, ref=RecordRef("hospital", "8")), replace(MOVED, values={})]
        )
    )
    def test_does_not_depend_on_the_order_of_records(self, records: list[SourceRecord]) -> None:
        assert golden(DRAFT, records) == golden(DRAFT, sorted(records, key=lambda one: one.ref))


class TestHouseholds:
    def test_are_the_same_surname_at_the_same_address(self) -> None:
        people = {
            PersonId("ada"): {"last_name": "O'Brien", "address": "1 Mill Ln."},
            PersonId("bob"): {"last_name": "OBRIEN", "address": "1 mill lane"},
            PersonId("cleo"): {"last_name": "Osei", "address": "1 Mill Lane"},
            PersonId("dan"): {"last_name": "O'Brien"},
        }
        fields = household_fields(DRAFT)
        found = households({one: household_key(DRAFT, fields, values) for one, values in people.items()})

        assert found[PersonId("ada")] == found[PersonId("bob")]
        assert found[PersonId("cleo")] != found[PersonId("ada")]
        assert PersonId("dan") not in found
