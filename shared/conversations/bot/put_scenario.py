"""Keep a scenario as its maker wants it."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.conversations.bot.definitions import drafted
from shared.conversations.bot.documents import CURRENT, scenario_partition, version_id
from shared.conversations.bot.model import (
    Scenario,
    ScenarioChangedMeanwhile,
    ScenarioDraft,
    ScenarioIsThere,
)
from shared.kernel.documents import Change, Create, Documents, as_seen, replacing


@dataclass(frozen=True, slots=True)
class KeptScenario:
    """The scenario as kept, with the etag to change it by."""

    scenario: Scenario
    etag: str


@dataclass(frozen=True, slots=True)
class PutScenario:
    """Writes the scenario as it now is and, when another thing will be said, its next version.

    No conversation under way notices: it goes on by the version that it began with. One that is there is
    changed only by whoever has seen it.
    """

    documents: Documents

    def __call__(
        self, draft: ScenarioDraft, *, scenario_id: str, caller: Caller, now: datetime, if_match: str | None
    ) -> KeptScenario:
        """Keep it, or raise `Nonsense`, `ScenarioIsThere` or `ScenarioChangedMeanwhile`."""
        partition = scenario_partition(scenario_id)
        before = self.documents.look(partition, CURRENT, Scenario)
        as_seen(before, if_match, is_there=ScenarioIsThere, changed=ScenarioChangedMeanwhile)
        scenario = drafted(scenario_id, draft, before.body if before else None)
        write = replacing(before, scenario) if before else Create(CURRENT, scenario)
        changes: list[Change] = [write]
        if before is None or before.body.version != scenario.version:
            changes.append(Create(version_id(scenario.version), scenario))
        told = audited(write, what="put_scenario", subject=f"scenario/{scenario_id}", who=caller.who, now=now)
        etags = self.documents.commit(partition, changes=changes, announcements=[told])
        return KeptScenario(scenario, etags[CURRENT])
