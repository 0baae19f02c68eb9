"""Azure's services for one story: stand-ins of this project's own, in processes beside (never Azure itself).

They are programs of the tests, started by name, since nothing that is shipped may rest on them.
"""

import contextlib
from collections.abc import Generator, Mapping
from pathlib import Path

from local.beside import beside
from local.laptop_settings import put_into_environment

STAND_INS = "tests.stand_ins.azure"
_OF = {"cosmos": ("STORE", "COSMOS_"), "servicebus": ("QUEUES", "SERVICE_BUS_")}
_ALWAYS = ("AZURE_CLIENT_ID", "TRUSTED_CA_FILE")


@contextlib.contextmanager
def on_azure(folder: Path, *, store: str, queues: str) -> Generator[tuple[str, ...]]:
    """Give the options of a host that keeps its documents and messages there; none for an embedded one."""
    chosen = tuple(prefix for name in (store, queues) for prefix in _OF.get(name, ()))
    if not chosen:
        yield ()
        return
    with beside(STAND_INS, folder) as stand_ins:
        put_into_environment(stand_ins.said["environment"])
        settings: Mapping[str, str] = stand_ins.said["settings"]
        said = [f"{name}={value}" for name, value in settings.items() if name.startswith((*chosen, *_ALWAYS))]
        fellows: list[str] = stand_ins.said["travels_with"]
        yield (
            *(part for one in said for part in ("--set", one)),
            *(part for address in fellows for part in ("--travels-with", address)),
        )
