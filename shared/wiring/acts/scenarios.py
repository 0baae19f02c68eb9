"""The acts about the bot's scenarios, each built when first asked for."""

from functools import cached_property
from typing import TYPE_CHECKING

from shared.wiring.ports import Ports

if TYPE_CHECKING:
    from shared.conversations.bot.list_scenarios import ListScenarios
    from shared.conversations.bot.put_scenario import PutScenario
    from shared.conversations.bot.read_scenario import ReadScenario


class ScenariosActs(Ports):
    """What can be done with scenarios."""

    @cached_property
    def put_scenario(self) -> "PutScenario":
        from shared.conversations.bot.put_scenario import PutScenario

        return PutScenario(self.documents)

    @cached_property
    def read_scenario(self) -> "ReadScenario":
        from shared.conversations.bot.read_scenario import ReadScenario

        return ReadScenario(self.documents)

    @cached_property
    def list_scenarios(self) -> "ListScenarios":
        from shared.conversations.bot.list_scenarios import ListScenarios

        return ListScenarios(self.documents)
