"""Asks for a refresh when history has been loaded: without one nobody who was imported is found (UN-17)."""

from contextlib import closing
from pathlib import Path

from local.laptop_settings import EXAMPLE, laptop_settings
from shared.access.model import Caller, Role
from shared.patients.refreshes import RefreshUnderWay
from shared.wiring.composition import build
from shared.wiring.settings import Settings

IMPORT = Caller("import", "local", frozenset({Role.FHIR_SYNC_ADMINISTRATOR}))
_ANY_PORT = 7071

BEGUN = (
    "Search finds everybody once the refresh that is now asked for is through: it runs while the host does "
    "(make run), and GET /api/refreshes shows how far it has come."
)
UNDER_WAY = (
    "A refresh is under way that may have passed some of this: when GET /api/refreshes shows it over, "
    "POST /api/refreshes begins another, and search finds everybody."
)


def ask_for_refresh(folder: Path) -> str:
    """Ask for one in the store of this data folder, for whichever host runs on it; say what to expect."""
    settings = laptop_settings(EXAMPLE, port=_ANY_PORT, data=folder, said={})
    with closing(build(Settings.read_from(settings))) as application:
        try:
            application.begin_refresh(made=application.ids.new(), caller=IMPORT, now=application.clock.now())
        except RefreshUnderWay:
            return UNDER_WAY
    return BEGUN
