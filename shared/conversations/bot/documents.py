"""Where scenarios are kept, and how they are found."""

from shared.conversations.bot.model import NoSuchScenario, Scenario
from shared.kernel.documents import Document, Documents, Index
from shared.kernel.refusals import NotFound

STATE = Index("scenario", "state")
"""Which scenarios are live; versions of old are of another kind and not among them."""
INDEXES = (STATE,)

CURRENT = "scenario~current"


def scenario_partition(scenario_id: str) -> str:
    return f"scenario/{scenario_id}"


def version_id(version: int) -> str:
    return f"version~{version}"


def scenario_at(documents: Documents, scenario_id: str, version: int | None = None) -> Scenario:
    """Read a scenario as it now is, or as it was at a version. Raises `NoSuchScenario`."""
    if version is None:
        return current_scenario(documents, scenario_id).body
    return _read(documents, scenario_id, version_id(version)).body


def current_scenario(documents: Documents, scenario_id: str) -> Document[Scenario]:
    """Read a scenario as it now is, with the etag to change it by. Raises `NoSuchScenario`."""
    return _read(documents, scenario_id, CURRENT)


def _read(documents: Documents, scenario_id: str, document_id: str) -> Document[Scenario]:
    try:
        return documents.read(scenario_partition(scenario_id), document_id, Scenario)
    except NotFound:
        raise NoSuchScenario from None
