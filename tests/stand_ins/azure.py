"""All that stands in for Azure, run by one program: `python -m tests.stand_ins.azure --folder RUN_FOLDER`.

Makes what a deployment makes: the containers with the indexing of `infra/cosmos-indexing.json`, and the
queues of `infra/queues.json`. Prints one line of JSON when all is ready: the `settings` and the
`environment` that an application needs, whom the local host takes along when time is moved (`travels_with`),
and the control ports by name. In memory: it outlives the applications that use it, and nothing else.
"""

import argparse
import json
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.own_host import ROOT
from tests.stand_ins.identity import CLIENT_ID, ENDINGS, an_identity
from tests.stand_ins.process import StandIn, a_stand_in

DATABASE, DOCUMENTS, AUDIT, LEASES = "engagement", "documents", "audit", "leases"
INFRA = ROOT / "infra"
EVERYTHING_INDEXED = {"includedPaths": [{"path": "/*"}], "excludedPaths": []}


def main() -> None:
    """Serve until told to end."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--locks-last", help="how long every queue's locks last (PT10S); else as deployed")
    asked = parser.parse_args()
    folder: Path = asked.folder
    queues = queues_in(folder, asked.locks_last)
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
    with (
        an_identity(folder) as identity,
        a_stand_in("tests.stand_ins.cosmos", folder) as cosmos,
        a_stand_in("tests.stand_ins.service_bus", folder, "--queues", str(queues)) as service_bus,
    ):
        make_containers(cosmos)
        ready = {
            "control": cosmos.addresses["control"],
            "cosmos": cosmos.addresses["control"],
            "service_bus": service_bus.addresses["control"],
            "environment": identity.environment,
            "settings": settings_of(cosmos, service_bus),
            "travels_with": [f"{service_bus.addresses['control']}/control/clock"],
        }
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        signal.sigwait(ENDINGS)


def queues_in(folder: Path, locks_last: str | None) -> Path:
    """Give the file of queues: the deployment's, or a copy whose locks last so long."""
    deployed = INFRA / "queues.json"
    if locks_last is None:
        return deployed
    folder.mkdir(parents=True, exist_ok=True)
    queues: list[dict[str, Any]] = json.loads(deployed.read_text())
    copy = folder / "queues.json"
    copy.write_text(json.dumps([{**queue, "lockDuration": locks_last} for queue in queues]))
    return copy


def settings_of(cosmos: StandIn, service_bus: StandIn) -> Mapping[str, str]:
    """Give the application's settings, as Bicep gives them in Azure."""
    return {
        "STORE": "cosmos",
        "QUEUES": "servicebus",
        "AZURE_CLIENT_ID": CLIENT_ID,
        "TRUSTED_CA_FILE": str(cosmos.addresses["ca"]),
        "COSMOS_ENDPOINT": str(cosmos.addresses["endpoint"]),
        "COSMOS_DATABASE": DATABASE,
        "COSMOS_CONTAINER": DOCUMENTS,
        "COSMOS_AUDIT_CONTAINER": AUDIT,
        "COSMOS_LEASES": LEASES,
        "SERVICE_BUS_NAMESPACE": "hospital.servicebus.windows.net",
        "SERVICE_BUS_ENDPOINT": str(service_bus.addresses["endpoint"]),
    }


def make_containers(cosmos: StandIn) -> None:
    """Make the three containers; the audit's can only be added to."""
    policy: Any = json.loads((INFRA / "cosmos-indexing.json").read_text())
    made = {"database": DATABASE, "default_ttl": -1}
    documents = {"partition_key": "/partition", "indexing_policy": policy}
    cosmos.tell("containers", container=DOCUMENTS, **made, **documents)
    cosmos.tell("containers", container=AUDIT, role="append-only", **made, **documents)
    cosmos.tell(
        "containers", container=LEASES, partition_key="/id", indexing_policy=EVERYTHING_INDEXED, **made
    )


if __name__ == "__main__":
    main()
