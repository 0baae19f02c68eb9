"""Show one scenario."""

from dataclasses import dataclass

from shared.conversations.bot.documents import current_scenario
from shared.conversations.bot.put_scenario import KeptScenario
from shared.kernel.documents import Documents


@dataclass(frozen=True, slots=True)
class ReadScenario:
    """Gives a scenario as it now is, and the etag to change it by."""

    documents: Documents

    def __call__(self, *, scenario_id: str) -> KeptScenario:
        """Give it, or raise `NoSuchScenario`."""
        found = current_scenario(self.documents, scenario_id)
        return KeptScenario(found.body, found.etag)
