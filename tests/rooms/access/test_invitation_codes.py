"""Codes: read aloud, typed with thumbs, and never kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.access.invitation_codes import RANDOM_SYMBOLS, SYMBOLS, InvitationCodes
from shared.kernel.refusals import Nonsense
from shared.kernel.sensitive import Sensitive

CODES = InvitationCodes(Sensitive(b"a key of the test"))
made = st.uuids().map(lambda seed: CODES.made_of(seed.hex).value)
places = st.integers(0, RANDOM_SYMBOLS)


def bare(code: str) -> str:
    return code.replace("-", "")


def name_of(typed: str) -> str:
    return CODES.name_of(Sensitive(typed))


class TestCodes:
    def test_have_no_symbols_that_look_alike(self) -> None:
        alike = ("0OQD", "1IL", "2Z", "5S", "6G", "8B", "UV")

        assert all(sum(symbol in SYMBOLS for symbol in group) <= 1 for group in alike)
        assert len(set(SYMBOLS)) == 23

    def test_are_more_than_anybody_tries(self) -> None:
        assert len(SYMBOLS) ** RANDOM_SYMBOLS > 2**80

    @given(made)
    def test_are_read_however_they_are_typed(self, code: str) -> None:
        ways = (code.lower(), bare(code), f"  {code.replace('-', ' ')}\n", code.replace("-", "--"))

        assert {name_of(way) for way in ways} == {name_of(code)}

    @given(made, places, st.sampled_from(SYMBOLS))
    def test_find_every_slip_of_one_symbol(self, code: str, place: int, symbol: str) -> None:
        spelt = bare(code)
        slipped = spelt[:place] + symbol + spelt[place + 1 :]

        if slipped == spelt:
            assert name_of(slipped) == name_of(code)
        else:
            with pytest.raises(Nonsense, match="code: mistyped"):
                name_of(slipped)

    @given(made, places, places)
    def test_find_any_two_that_changed_places(self, code: str, one: int, other: int) -> None:
        symbols = list(bare(code))
        symbols[one], symbols[other] = symbols[other], symbols[one]

        if symbols == list(bare(code)):
            return
        with pytest.raises(Nonsense):
            name_of("".join(symbols))

    @given(st.text(max_size=200))
    def test_take_nothing_else_and_repeat_none_of_it(self, text: str) -> None:
        """What is typed into the wrong field may be a password."""
        with pytest.raises(Nonsense) as refused:
            name_of(text)

        assert refused.value.fields == (("code", "mistyped"),)

    def test_are_different_for_every_seed_and_named_under_the_key(self) -> None:
        codes = {CODES.made_of(f"seed {n}").value for n in range(200)}
        other = InvitationCodes(Sensitive(b"another key"))
        code = CODES.made_of("seed")

        assert len(codes) == 200
        assert CODES.name_of(code) != other.name_of(code)
        assert bare(code.value) not in repr(code)
