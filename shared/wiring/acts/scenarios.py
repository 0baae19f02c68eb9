"""The acts about the bot's scenarios, each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.once import once
from shared.wiring.ports import Ports

if TYPE_CHECKING:
    from shared.conversations.bot.list_scenarios import ListScenarios
    from shared.conversations.bot.put_scenario import PutScenario
    from shared.conversations.bot.read_scenario import ReadScenario


class ScenariosActs(Ports):
    """What can be done with scenarios."""

    @once
    def put_scenario(self) -> "PutScenario":
        from shared.conversations.bot.put_scenario import PutScenario

        return PutScenario(self.documents)

    @once
    def read_scenario(self) -> "ReadScenario":
        from shared.conversations.bot.read_scenario import ReadScenario

        return ReadScenario(self.documents)

    @once
    def list_scenarios(self) -> "ListScenarios":
        from shared.conversations.bot.list_scenarios import ListScenarios

        return ListScenarios(self.documents)
