"""The real SDK, as the tests of the stand-in use it, and a way to ask what the SDK would not."""

import itertools
import ssl
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.core.credentials import TokenCredential
from azure.cosmos import ContainerProxy, CosmosClient
from azure.cosmos.documents import SSLConfiguration
from azure.cosmos.exceptions import CosmosHttpResponseError

from tests.stand_ins.identity import Identity
from tests.stand_ins.process import StandIn

DATABASE = "hospital"
ASTRID, BENTO = "patient/astrid-o'neill", "patient/bento-conceição"
FOR_COSMOS = "https://cosmos.azure.com"
Json = dict[str, Any]
POLICY: Mapping[str, Any] = {
    "includedPaths": [{"path": "/kind/?"}, {"path": "/partition/?"}, {"path": "/keys/*"}],
    "excludedPaths": [{"path": "/*"}],
    "compositeIndexes": [
        [{"path": "/keys/due", "order": "ascending"}, {"path": "/id", "order": "ascending"}],
        [{"path": "/keys/due", "order": "ascending"}, {"path": "/keys/name", "order": "descending"}],
    ],
}


@dataclass(slots=True)
class Cosmos:
    """The gateway, the identity it believes, and one client for all tests."""

    gateway: StandIn
    identity: Identity
    folder: Path
    credential: TokenCredential
    client: CosmosClient
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def container(self, **wish: Any) -> ContainerProxy:
        """Have a new container made, as a deployment does."""
        name = f"documents-{next(self._numbers)}"
        asked = {"partition_key": "/partition", "default_ttl": -1, "indexing_policy": POLICY, **wish}
        self.gateway.tell("containers", database=DATABASE, container=name, **asked)
        return self.client.get_database_client(DATABASE).get_container_client(name)

    def as_seen_by(self, client: CosmosClient, container: ContainerProxy) -> ContainerProxy:
        """Give the same container as another client sees it."""
        return client.get_database_client(DATABASE).get_container_client(container.id)

    def raw(self, container: ContainerProxy, method: str, what: str, **asked: Any) -> httpx.Response:
        """Ask what the SDK would not ask: a path below the container, headers, a body."""
        token = asked.pop("token", None) or self.identity.token(FOR_COSMOS)
        headers = {"authorization": f"type=aad&ver=1.0&sig={token}", **asked.pop("headers", {})}
        address = f"{self.gateway.addresses['endpoint']}{container.container_link}/{what}"
        trusting = ssl.create_default_context(cafile=self.folder / "ca.pem")
        return httpx.request(method, address, headers=headers, verify=trusting, trust_env=False, **asked)

    def asked(self, container: ContainerProxy) -> dict[str, dict[str, Any]]:
        """Give what was asked of a container, by kind."""
        return self.gateway.ask("counts").get(container.id, {})

    def lags(self, container: ContainerProxy, **behind: float) -> None:
        self.gateway.tell("lag", database=DATABASE, container=container.id, **behind)

    def fails(self, container: ContainerProxy, **how: Any) -> None:
        self.gateway.tell("faults", container=container.id, **how)


@contextmanager
def a_client(gateway: StandIn, folder: Path, credential: TokenCredential | str) -> Generator[CosmosClient]:
    """Have a client that trusts the test's authority alone."""
    trusting = SSLConfiguration()
    trusting.SSLCaCerts = str(folder / "ca.pem")
    endpoint = gateway.addresses["endpoint"]
    with CosmosClient(
        endpoint, credential, ssl_config=trusting, connection_verify=trusting.SSLCaCerts
    ) as made:
        yield made


def ask(container: ContainerProxy, query: str, *, partition: str | None = ASTRID, **given: Any) -> list[Any]:
    """Ask one partition, or all."""
    parameters: list[dict[str, object]] = [{"name": f"@{name}", "value": given[name]} for name in given]
    if partition is None:
        found = container.query_items(query, parameters=parameters, enable_cross_partition_query=True)
    else:
        found = container.query_items(query, parameters=parameters, partition_key=partition)
    return list(found)


def refused(act: Callable[[], object]) -> tuple[int, int]:
    """Give the status and the finer status an act is refused with."""
    with pytest.raises(CosmosHttpResponseError) as caught:
        act()
    error: Any = caught.value
    return error.status_code, error.sub_status or 0
