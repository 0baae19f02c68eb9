"""Values are spelt one way for comparing (UN-6), and how alike they are is one number (UN-5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.matching.definitions import LEVELS
from shared.matching.model import Meaning
from shared.matching.names import TITLES, VARIANTS
from shared.matching.normalising import USUAL, Normalisation, normalised
from shared.matching.scoring import edit_distance, score

TEXTS = st.text(max_size=12)
WORDS = st.text(alphabet="abcü", max_size=6)


class TestSpelling:
    @pytest.mark.parametrize(
        ("meaning", "one", "other"),
        [
            (Meaning.FIRST_NAME, "Dr. Bob", "ROBERT"),
            (Meaning.FIRST_NAME, "Peggy", "Margaret"),
            (Meaning.FIRST_NAME, "Zoë", "Zoe"),
            (Meaning.FIRST_NAME, "\N{CYRILLIC CAPITAL LETTER I}\N{CYRILLIC SMALL LETTER VE}ан", "Ivan"),
            (Meaning.LAST_NAME, "O\N{RIGHT SINGLE QUOTATION MARK}Brien", "OBRIEN"),
            (Meaning.LAST_NAME, "de la Cruz", "De La Cruz "),
            (Meaning.LAST_NAME, "Müller-Lüdenscheidt", "Muller Ludenscheidt"),
            (Meaning.LAST_NAME, "Straße", "STRASSE"),
            (Meaning.FULL_NAME, "O'Brien, Bill", "William O'Brien"),
            (Meaning.PHONE, "+44 (0)20 7946 0958", "0044 20 7946-0958"),
            (Meaning.PHONE, "020 7946 0958 ext. 12", "020 79460958 x12"),
            (Meaning.PHONE, "٠٢٠ ٧٩٤٦", "020 7946"),
            (Meaning.EMAIL, " Ada@Example.ORG", "ada@example.org"),
            (Meaning.BIRTH_DATE, "1990-01-02T00:00:00Z", "19900102"),
            (Meaning.IDENTIFIER, "943 476 5919", "943-476-5919"),
            (Meaning.ADDRESS, "Hauptstr. 12, Apt 4", "Haupt Strasse 12 apartment 4"),
            (Meaning.ADDRESS, "12 St. John's Rd.", "12 street johns road"),
            (Meaning.POSTCODE, "ls1 4ap", "LS14AP"),
            (Meaning.ORGANISATION, "The Acme Clinics GmbH & Co. KG", "Acme Clinics"),
        ],
    )
    def test_overlooks_how_it_was_written(self, meaning: Meaning, one: str, other: str) -> None:
        spelt = normalised(one, USUAL[meaning])

        assert spelt is not None
        assert spelt == normalised(other, USUAL[meaning])

    @pytest.mark.parametrize(
        ("meaning", "one", "other"),
        [
            (Meaning.PHONE, "+44 20 7946 0958", "020 7946 0958"),  # a country's code counts
            (Meaning.PHONE, "020 7946 0958 x12", "020 7946 0958"),
            (Meaning.FULL_NAME, "John Smith Jr", "John Smith"),  # a father and his son
            (Meaning.BIRTH_DATE, "1990-01-02", "1990-02-01"),
            (Meaning.FIRST_NAME, "Anna", "Hanna"),
        ],
    )
    def test_tells_apart_what_differs(self, meaning: Meaning, one: str, other: str) -> None:
        assert normalised(one, USUAL[meaning]) != normalised(other, USUAL[meaning])

    @pytest.mark.parametrize("nothing", [None, "", "  ", "'", "-"])
    def test_leaves_nothing_of_nothing(self, nothing: str | None) -> None:
        assert normalised(nothing, USUAL[Meaning.LAST_NAME]) is None

    def test_leaves_a_name_that_is_only_a_title(self) -> None:
        assert normalised("Dr", USUAL[Meaning.FIRST_NAME]) == "dr"

    @given(TEXTS, st.sampled_from(sorted(USUAL)))
    def test_of_what_is_spelt_changes_nothing(self, text: str, meaning: str) -> None:
        spelt = normalised(text, USUAL[meaning])

        again = normalised(spelt, USUAL[meaning])

        if meaning != Meaning.PHONE:  # an extension that was marked by a word is marked by an x
            assert normalised(again, USUAL[meaning]) == again

    @given(TEXTS, st.sets(st.sampled_from(list(Normalisation))))
    def test_does_not_depend_on_the_order_asked_for(self, text: str, by: set[Normalisation]) -> None:
        assert normalised(text, sorted(by)) == normalised(text, sorted(by, reverse=True))


class TestNames:
    def test_have_more_than_five_hundred_forms(self) -> None:
        assert len(VARIANTS) > 500

    def test_lead_to_one_name_at_once(self) -> None:
        assert {VARIANTS[name] for name in VARIANTS.values()} == set(VARIANTS.values())

    def test_are_no_titles(self) -> None:
        assert not TITLES & set(VARIANTS)


class TestScore:
    @pytest.mark.parametrize(
        ("one", "other", "percent"),
        [
            ("smith", "smith", 100),
            ("smith", "smyth", 80),
            ("souza", "souaz", 60),
            ("anna", "hanna", 80),
            ("abc", "xyz", 0),
            ("李小龙", "李小虎", 0),  # letters that databases count differently
        ],
    )
    def test_is_the_share_of_letters_that_stay(self, one: str, other: str, percent: int) -> None:
        assert score(one, other) == percent

    def test_reaches_the_levels_where_the_original_put_them(self) -> None:
        assert LEVELS == {"low": 30, "medium": 60, "high": 80, "exact": 100}

    @given(WORDS, WORDS, WORDS)
    def test_rests_on_a_distance(self, one: str, other: str, third: str) -> None:
        assert edit_distance(one, other) == edit_distance(other, one)
        assert (edit_distance(one, other) == 0) == (one == other)
        assert edit_distance(one, third) <= edit_distance(one, other) + edit_distance(other, third)
