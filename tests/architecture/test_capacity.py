"""The page about capacity shows what `make bench-capacity` prints, and budgets are what is counted."""

from itertools import pairwise

from bench.capacity import A_YEAR_OF_A_PATIENT, SIZES, house, tables
from bench.costs import budget
from tests.support.tree import ROOT


class TestThePageAboutCapacity:
    def test_shows_what_is_printed(self) -> None:
        page = (ROOT / "docs/capacity.md").read_text()

        units, houses = "\n".join(tables()).split("\n\n")
        assert units in page
        assert houses in page


class TestTheSums:
    def test_are_made_of_budgeted_units_of_work(self) -> None:
        assert set(A_YEAR_OF_A_PATIENT) < set(budget())

    def test_grow_with_the_house(self) -> None:
        houses = [house(patients) for patients in SIZES.values()]

        for smaller, larger in pairwise(houses):
            assert smaller.units < larger.units
            assert smaller.store_cost + smaller.queue_cost < larger.store_cost + larger.queue_cost
