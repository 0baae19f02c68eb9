"""The page about capacity shows what `make bench-capacity` prints, and budgets are what is counted."""

import re
from collections import Counter
from itertools import pairwise

from bench.capacity import (
    A_YEAR_OF_A_PATIENT,
    FEED_LOOKS_A_SECOND,
    LEAST_OF_A_SIDE_CONTAINER,
    SIDE_CONTAINERS,
    SIZES,
    TIMERS,
    AtRest,
    house,
    tables,
)
from bench.costs import budget, ticks_of_an_hour
from tests.support.bicep import facts
from tests.support.issuer import NOON
from tests.support.the_app import functions
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


class TestWhatRunsByItself:
    def test_is_in_every_house_and_grows_with_its_partitions(self) -> None:
        one, four = AtRest(1), AtRest(4)

        assert 4 * one.units == four.units
        assert one.operations < four.operations
        assert one.queued == four.queued == 68 * 60 * 730

    def test_is_paid_for_by_a_house_of_nobody(self) -> None:
        nobody, some = house(0), house(10_000)

        assert nobody.operations == nobody.queued == 0
        assert nobody.at_rest.partitions == 1
        assert 0 < nobody.function_cost < some.function_cost
        assert nobody.peak_units == 1_000

    def test_ticks_as_the_schedules_say(self) -> None:
        ticks = Counter(name for _, name in ticks_of_an_hour(NOON))
        page = (ROOT / "docs/capacity.md").read_text()

        assert f"tick {ticks.total():,} times an hour" in page
        assert ticks["measure_backlog"] == 60
        assert ticks["queue_lapsed_claims"] == 360
        assert ticks["fill_indexes"] == 1

    def test_asks_more_in_an_hour_than_once(self) -> None:
        once, hour = budget()["every timer ticking once, nothing due"], budget()[TIMERS]

        assert once["store_operations"] * 60 < hour["store_operations"]

    def test_looks_at_the_feed_as_often_as_its_trigger_says(self) -> None:
        (relay,) = [one for one in functions() if one.get_function_name() == "relay"]
        delays = [binding.get_dict_repr().get("feedPollDelay") for binding in relay.get_bindings()]

        assert 1000 / FEED_LOOKS_A_SECOND in delays

    def test_holds_the_side_containers_that_are_made(self) -> None:
        made = facts.path("modules/cosmos.bicep").read_text()
        (most,) = re.findall(r"param sideThroughput int = (\d+)", made)

        assert made.count("throughput: sideThroughput") == SIDE_CONTAINERS
        assert int(most) / 10 == LEAST_OF_A_SIDE_CONTAINER
