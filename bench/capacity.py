"""`make bench-capacity`: what houses of three sizes need and cost, from the budgets of units of work.

Prints the tables of `docs/capacity.md`, which a test holds equal. Operations are counted (`bench/costs.py`);
request units are estimates (`bench/charges.py`); how much work a patient makes, what the platform asks by
itself, and prices, are assumptions that stand here in one place, to be replaced by one's own.
"""

import math
from dataclasses import dataclass

from bench.costs import budget, cost_of, ticks_of_an_hour
from shared.wiring.queues import QUEUES
from tests.support.issuer import NOON

SIZES = {"10 thousand": 10_000, "1 million": 1_000_000, "30 million": 30_000_000}
HOURS_A_MONTH = 730.0
BUSIEST_HOUR = 0.12 / 21
"""Of a month's work: an eighth of a working day's falls into its busiest hour."""
PEAK_WITHIN_THE_HOUR = 2.0
MINUTES_OF_A_CHAT = 8

A_YEAR_OF_A_PATIENT = {
    "a change that starts nothing": 60.0,
    "a change that becomes a delivered message": 6.0,
    "a handover to a representative": 0.3,
    "a minute of chat (6 messages, 12 looks)": 0.3 * MINUTES_OF_A_CHAT,
    "an ending with its survey sent": 0.3,
    "an answered survey": 0.1,
    "a booked appointment": 1.5,
}
"""How often each unit of work happens: assumptions about a hospital, not measurements."""

KILOBYTES_KEPT = 60.0
"""Of a patient and a year, with indexes: messages, enrolments, audit; assumed."""

TIMERS = "an hour of timers, nothing due"
LOOKS_AT_A_QUEUE = 2
"""Each time the backlog is measured: for what waits, and for dead letters; a full queue takes more pages."""
FEED_LOOKS_A_SECOND = 5.0
"""Of the relay's trigger, at each physical partition: its `feed_poll_delay` is 200 ms."""
UNITS_OF_A_FEED_LOOK = 2.0
"""Where nothing has changed; assumed to be charged like a strong read of 1 KB."""
SIDE_CONTAINERS = 2
"""`leases` and `audit`, each made with a most of its own."""
LEAST_OF_A_SIDE_CONTAINER = 100.0
"""Request units a second: the tenth of 1,000 to which autoscale falls. What the work writes there is in the
units of `documents`."""

# US dollars, list prices as generally known for a region in the United States; not checked against a bill.
AUTOSCALE_PER_100_RU_HOUR = 0.012
STORAGE_PER_GB_MONTH = 0.25
STANDARD_NAMESPACE_MONTH = 10.0
INCLUDED_OPERATIONS_MONTH = 13e6
PER_MILLION_OPERATIONS = 0.80
PREMIUM_UNIT_MONTH = 677.0
STANDARD_MOST_PER_SECOND = 1_000.0
PREMIUM_UNIT_PER_SECOND = 4_000.0
"""Assumed for small messages; Microsoft gives 1 to 4 MB a second."""
FUNCTION_GB_SECOND = 0.000026
PER_MILLION_EXECUTIONS = 0.40
SECONDS_OF_AN_EXECUTION = 0.05
GIGABYTES_OF_AN_INSTANCE = 2.0
AT_A_TIME_IN_AN_INSTANCE = 4
"""Executions that share an instance, on average; 16 may."""
ALWAYS_READY = 2
READY_GB_SECOND = 0.000004


@dataclass(frozen=True, slots=True)
class AtRest:
    """What a house asks for by itself, whether or not anything happens."""

    partitions: int

    @property
    def ticks(self) -> int:
        """Executions of timers in an hour."""
        return len(ticks_of_an_hour(NOON))

    @property
    def operations(self) -> float:
        """Store operations of a month: the timers' own, and looks at the feed."""
        timers = cost_of(TIMERS).store_operations * HOURS_A_MONTH
        return timers + FEED_LOOKS_A_SECOND * 3600 * HOURS_A_MONTH * self.partitions

    @property
    def units(self) -> float:
        """Request units a second, as if all that timers ask were asked of every partition."""
        timers = cost_of(TIMERS).request_units / 3600
        return (timers + FEED_LOOKS_A_SECOND * UNITS_OF_A_FEED_LOOK) * self.partitions

    @property
    def queued(self) -> float:
        """Looks at queues in a month."""
        measured = sum(name == "measure_backlog" for _, name in ticks_of_an_hour(NOON))
        return measured * LOOKS_AT_A_QUEUE * len(QUEUES) * HOURS_A_MONTH


@dataclass(frozen=True, slots=True)
class House:
    """What a house of a size needs in a month, and in its busiest minutes."""

    patients: int
    operations: float
    units: float
    queued: float

    @property
    def peak(self) -> float:
        """What a busy second takes of a month's work."""
        return BUSIEST_HOUR * PEAK_WITHIN_THE_HOUR / 3600

    @property
    def partitions(self) -> int:
        """Physical partitions of the store: of 10,000 request units a second, and 50 GB, each."""
        most = max(self.units * self.peak / 10_000, self.patients * KILOBYTES_KEPT / 50e6)
        return max(1, math.ceil(most))

    @property
    def at_rest(self) -> AtRest:
        return AtRest(self.partitions)

    @property
    def peak_units(self) -> float:
        """Request units a second; the store cannot be smaller than 1,000 (autoscale)."""
        busy = self.units * self.peak + self.at_rest.units
        return max(1_000.0, math.ceil(busy / 1000) * 1000.0)

    @property
    def peak_queued(self) -> float:
        return self.queued * self.peak

    @property
    def premium_units(self) -> int:
        """Messaging units of Service Bus Premium; none where Standard does."""
        if self.peak_queued <= STANDARD_MOST_PER_SECOND:
            return 0
        return 2 ** math.ceil(math.log2(max(1.0, self.peak_queued / PREMIUM_UNIT_PER_SECOND)))

    @property
    def store_cost(self) -> float:
        """Autoscale bills the highest second of each hour: a third of the peak on average, assumed."""
        used = max(self.peak_units / 10, self.peak_units / 3)
        gigabytes = self.patients * KILOBYTES_KEPT / 1e6
        used += SIDE_CONTAINERS * LEAST_OF_A_SIDE_CONTAINER
        return used / 100 * AUTOSCALE_PER_100_RU_HOUR * HOURS_A_MONTH + gigabytes * STORAGE_PER_GB_MONTH

    @property
    def queue_cost(self) -> float:
        if self.premium_units:
            return self.premium_units * PREMIUM_UNIT_MONTH
        beyond = max(0.0, self.queued + self.at_rest.queued - INCLUDED_OPERATIONS_MONTH)
        return STANDARD_NAMESPACE_MONTH + beyond / 1e6 * PER_MILLION_OPERATIONS

    @property
    def function_cost(self) -> float:
        executions = self.queued / 3 + self.operations / 5 + self.at_rest.ticks * HOURS_A_MONTH
        seconds = executions * SECONDS_OF_AN_EXECUTION / AT_A_TIME_IN_AN_INSTANCE
        ready = ALWAYS_READY * HOURS_A_MONTH * 3600 * READY_GB_SECOND
        busy = seconds * FUNCTION_GB_SECOND
        return (ready + busy) * GIGABYTES_OF_AN_INSTANCE + executions / 1e6 * PER_MILLION_EXECUTIONS


def house(patients: int) -> House:
    """Add up a month of a house."""
    shares = {unit: often * patients / 12 for unit, often in A_YEAR_OF_A_PATIENT.items()}
    costs = {unit: cost_of(unit) for unit in shares}
    return House(
        patients,
        sum(shares[unit] * costs[unit].store_operations for unit in shares),
        sum(shares[unit] * costs[unit].request_units for unit in shares),
        sum(shares[unit] * costs[unit].queue_operations for unit in shares),
    )


def tables() -> list[str]:
    """Spell both tables in Markdown."""
    return [*_per_unit(), "", *_per_house()]


def _per_unit() -> list[str]:
    head = ["| unit of work | store operations | request units | queue operations |", "|---|---|---|---|"]
    return head + [
        f"| {cost.unit} | {cost.store_operations:g} | {cost.request_units:g} | {cost.queue_operations:g} |"
        for cost in map(cost_of, budget())
    ]


def _per_house() -> list[str]:
    houses = [house(patients) for patients in SIZES.values()]
    rows = {
        "store operations a month": [_big(one.operations) for one in houses],
        "queue operations a month": [_big(one.queued) for one in houses],
        "request units in a busy second (autoscale maximum)": [f"{one.peak_units:,.0f}" for one in houses],
        "physical partitions of the store (10,000 RU/s, 50 GB each)": [
            f"{one.partitions:,}" for one in houses
        ],
        "queue operations in a busy second": [f"{one.peak_queued:,.0f}" for one in houses],
        "Service Bus": [
            f"Premium, {one.premium_units} units" if one.premium_units else "Standard" for one in houses
        ],
        "at rest: store operations a month": [_big(one.at_rest.operations) for one in houses],
        "at rest: request units a second": [f"{one.at_rest.units:,.0f}" for one in houses],
        "at rest: queue operations a month": [_big(one.at_rest.queued) for one in houses],
        "store, dollars a month": [f"{one.store_cost:,.0f}" for one in houses],
        "queues, dollars a month": [f"{one.queue_cost:,.0f}" for one in houses],
        "functions, dollars a month": [f"{one.function_cost:,.0f}" for one in houses],
    }
    head = [f"| patients | {' | '.join(SIZES)} |", "|---" * (len(SIZES) + 1) + "|"]
    return head + [f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items()]


def _big(count: float) -> str:
    return f"{count / 1e9:,.1f} billion" if count >= 1e9 else f"{count / 1e6:,.1f} million"


def main() -> None:
    print("\n".join(tables()))


if __name__ == "__main__":
    main()
