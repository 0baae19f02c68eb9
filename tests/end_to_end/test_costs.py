"""No unit of work costs more than its budget: one operation more per message is millions more a year."""

from pathlib import Path

import pytest

from bench.costs import Cost, all_costs, budget


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> list[Cost]:
    return all_costs(Path(tmp_path_factory.mktemp("costs")))


class TestCosts:
    def test_are_budgeted_for_every_unit_of_work(self, costs: list[Cost]) -> None:
        assert [cost.unit for cost in costs] == list(budget())

    def test_are_charged_as_the_page_about_capacity_says(self, costs: list[Cost]) -> None:
        assert {cost.unit: cost.request_units for cost in costs} == {
            unit: most["request_units"] for unit, most in budget().items()
        }

    def test_are_within_the_budget(self, costs: list[Cost]) -> None:
        over = [
            f"{cost.unit}: {cost.store_operations} in the store and {cost.queue_operations} in queues"
            for cost in costs
            if cost.store_operations > budget()[cost.unit]["store_operations"]
            or cost.queue_operations > budget()[cost.unit]["queue_operations"]
        ]

        assert over == []

    def test_leave_less_than_one_operation_of_room(self, costs: list[Cost]) -> None:
        """Or else one more per message would go unnoticed."""
        for cost in costs:
            most = budget()[cost.unit]
            assert most["store_operations"] - cost.store_operations < 1, cost.unit
            assert most["queue_operations"] - cost.queue_operations < 1, cost.unit
