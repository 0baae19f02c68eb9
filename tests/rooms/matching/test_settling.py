"""Who hangs together is settled without regard to order, and never against what keeps apart (UN-3, UN-7)."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from shared.matching.settling import Settled, Tie, settled

NUMBERS = st.integers(0, 9)
PAIRS = st.tuples(NUMBERS, NUMBERS).filter(lambda pair: pair[0] < pair[1])


def tied(pair: tuple[int, int], place: int) -> Tie:
    return Tie(pair[0], pair[1], (place,))


TIES = st.lists(st.builds(tied, PAIRS, st.integers(0, 3)), max_size=14)
APART = st.sets(PAIRS, max_size=5)


def in_two_orders(ties: list[Tie]) -> st.SearchStrategy[tuple[list[Tie], list[Tie]]]:
    return st.tuples(st.just(ties), st.permutations(ties))


def together(outcome: Settled) -> set[tuple[int, int]]:
    return {pair for group in outcome.groups for pair in combinations(group, 2)}


def reached(ties: list[Tie]) -> set[tuple[int, int]]:
    """Say who can be reached from whom, the slow way."""
    joined = {(tie.left, tie.right) for tie in ties}
    joined |= {(right, left) for left, right in joined}
    while more := {(a, d) for a, b in joined for c, d in joined if b == c and a != d} - joined:
        joined |= more
    return {(left, right) for left, right in joined if left < right}


class TestSettled:
    @given(TIES)
    def test_puts_together_whatever_hangs_together(self, ties: list[Tie]) -> None:
        assert together(settled(ties, ())) == reached(ties)

    @given(TIES, APART)
    def test_never_puts_together_what_is_kept_apart(
        self, ties: list[Tie], apart: set[tuple[int, int]]
    ) -> None:
        assert not together(settled(ties, apart)) & apart

    @given(TIES.flatmap(in_two_orders), APART)
    def test_depends_on_the_order_of_nothing(
        self, orders: tuple[list[Tie], list[Tie]], apart: set[tuple[int, int]]
    ) -> None:
        ties, shuffled = orders

        assert settled(shuffled, sorted(apart, reverse=True)) == settled(ties, apart)

    @given(TIES, APART)
    def test_withholds_a_tie_or_follows_it(self, ties: list[Tie], apart: set[tuple[int, int]]) -> None:
        outcome = settled(ties, apart)
        followed = [tie for tie in ties if tie not in outcome.withheld]

        assert reached(followed) == together(outcome)

    def test_lets_the_stronger_link_have_its_way(self) -> None:
        ada, ida, slip = 1, 2, 3

        outcome = settled([Tie(ada, slip, (0,)), Tie(ida, slip, (1,))], [(ada, ida)])

        assert outcome.groups == ((ada, slip),)
        assert outcome.withheld == (Tie(ida, slip, (1,)),)

    def test_follows_neither_of_two_that_are_equally_strong(self) -> None:
        ada, ida, slip = 1, 2, 3

        outcome = settled([Tie(ada, slip, (0,)), Tie(ida, slip, (0,))], [(ada, ida)])

        assert outcome.groups == ()
        assert len(outcome.withheld) == 2
