"""A house whose documents lie in Cosmos DB: the real SDK over TLS, against a stand-in gateway with tokens.

Where the environment names an account or the official emulator, the same contracts are held against that.
"""

import itertools
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest
from azure.core.credentials import TokenCredential

from shared.adapters.azure_credentials import azure_credential
from shared.adapters.cosmos_account import CosmosAccount
from shared.adapters.cosmos_change_feed import CosmosChangeFeed
from shared.adapters.cosmos_documents import CosmosDocuments
from shared.adapters.cosmos_indexing import JsonObject, indexing_policy
from shared.kernel.change_feed import ChangeFeed
from shared.kernel.clock import StoppedClock
from shared.kernel.documents import Documents, Index
from tests.stand_ins.certificates import certificates_in
from tests.stand_ins.identity import CLIENT_ID, an_identity
from tests.stand_ins.process import StandIn, a_stand_in
from tests.support.cosmos_account import an_account
from tests.support.house import A_MINUTE_BEFORE_SUMMER_TIME
from tests.support.judges import named

DATABASE = "engagement-tests"
ENDPOINT, KEY, TRUSTED_CA = "TEST_COSMOS_ENDPOINT", "TEST_COSMOS_KEY", "TEST_COSMOS_CA"
"""What names another judge than the stand-in: the official emulator, or an account made to be tested with."""
_SHORT_PATIENCE = timedelta(seconds=0.3)


class StoreHouse(Protocol):
    """What the contracts of documents and change feed need of a house, whatever it is built of."""

    @property
    def documents(self) -> Documents: ...
    @property
    def change_feed(self) -> ChangeFeed: ...
    @property
    def clock(self) -> StoppedClock: ...


@dataclass(frozen=True, slots=True)
class CosmosHouse:
    """Documents and change feed over one set of containers. Whoever opens it closes it."""

    documents: CosmosDocuments
    change_feed: CosmosChangeFeed
    clock: StoppedClock
    account: CosmosAccount
    site: "CosmosSite"

    def close(self) -> None:
        self.documents.close()
        self.account.close()


@dataclass(frozen=True, slots=True)
class CosmosSite:
    """Containers that outlast the houses opened over them."""

    server: "CosmosServer"
    container: str
    audit_container: str
    leases: str
    indexes: Sequence[Index]

    def items(self, container: str | None = None) -> list[JsonObject]:
        """Give what lies in a container, as it was written."""
        return self.server.gateway.ask("documents", database=DATABASE, container=container or self.container)

    def requests(self) -> dict[str, int]:
        """Give how often each kind of operation was asked of the documents' container."""
        counts = self.server.gateway.ask("counts").get(self.container, {})
        return {kind: count["requests"] for kind, count in counts.items()}

    def count_anew(self) -> None:
        self.server.gateway.tell("counts")

    def lags(self, *, writes: int) -> None:
        """Have a replica answer that is so many writes behind, whoever brings no token; 0 ends it."""
        self.server.gateway.tell("lag", database=DATABASE, container=self.container, writes=writes)

    def opened(
        self, clock: StoppedClock | None = None, *, patience: timedelta = _SHORT_PATIENCE
    ) -> CosmosHouse:
        clock = clock or StoppedClock(A_MINUTE_BEFORE_SUMMER_TIME)
        account = CosmosAccount(
            self.server.address,
            database=DATABASE,
            container=self.container,
            audit_container=self.audit_container,
            leases=self.leases,
            credential=self.server.credential,
            trusted_ca=self.server.trusted_ca,
            patience=patience,
        )
        documents = CosmosDocuments(account, clock=clock, indexes=self.indexes)
        return CosmosHouse(documents, CosmosChangeFeed(account), clock, account, self)


class Containers(Protocol):
    """Makes containers as a deployment would, and takes them away."""

    def make(self, name: str, key: str, policy: JsonObject | None, *, role: str) -> None: ...
    def remove(self, name: str) -> None: ...


@dataclass(frozen=True, slots=True)
class CosmosServer:
    """A running service with an identity to be let in by; each test takes containers of its own."""

    address: str
    credential: TokenCredential | str
    trusted_ca: Path | None
    containers: Containers
    stand_in: StandIn | None
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def gateway(self) -> StandIn:
        """Give the control of the stand-in, or skip: nothing else fails, counts or tells on demand."""
        if self.stand_in is None:
            pytest.skip("only a stand-in does what this test tells it to")
        return self.stand_in

    def fails(self, **how: Any) -> None:
        """Have the gateway fail, as its control port words it: `fails(status=429, times=3)`."""
        self.gateway.tell("faults", **how)

    def works_again(self) -> None:
        if self.stand_in is not None:
            self.stand_in.control.delete("/control/faults").raise_for_status()

    def site(self, indexes: Sequence[Index] = ()) -> CosmosSite:
        """Make fresh containers."""
        number = next(self._numbers)
        site = CosmosSite(self, f"documents-{number}", f"audit-{number}", f"leases-{number}", indexes)
        policy = indexing_policy(indexes)
        self.containers.make(site.container, "/partition", policy, role="write")
        self.containers.make(site.audit_container, "/partition", policy, role="append-only")
        self.containers.make(site.leases, "/id", None, role="write")
        return site

    def forget(self, site: CosmosSite) -> None:
        for name in (site.container, site.audit_container, site.leases):
            self.containers.remove(name)


@dataclass(frozen=True, slots=True)
class _OnStandIn(Containers):
    gateway: StandIn

    def make(self, name: str, key: str, policy: JsonObject | None, *, role: str) -> None:
        self.gateway.tell(
            "containers",
            database=DATABASE,
            container=name,
            partition_key=key,
            indexing_policy=policy,
            default_ttl=-1,
            role=role,
        )

    def remove(self, name: str) -> None:
        self.gateway.control.delete(f"/control/containers/{DATABASE}/{name}").raise_for_status()


@contextmanager
def a_cosmos_server(folder: Path) -> Generator[CosmosServer]:
    """Give the account that the environment names, else run a gateway and an identity endpoint."""
    if named(ENDPOINT):
        with an_account(named(ENDPOINT), named(KEY), DATABASE) as containers:
            ca = Path(named(TRUSTED_CA)) if named(TRUSTED_CA) else None
            yield CosmosServer(named(ENDPOINT), named(KEY), ca, containers, None)
        return
    with ExitStack() as stack:
        identity = stack.enter_context(an_identity(folder))
        environment = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in identity.environment.items():
            environment.setenv(name, value)
        gateway = stack.enter_context(a_stand_in("tests.stand_ins.cosmos", folder))
        credential = azure_credential(client_id=CLIENT_ID)
        ca = certificates_in(folder).ca
        yield CosmosServer(gateway.addresses["endpoint"], credential, ca, _OnStandIn(gateway), gateway)


@contextmanager
def a_cosmos_house(server: CosmosServer, indexes: Sequence[Index] = ()) -> Generator[CosmosHouse]:
    """Open a house over fresh containers and close it."""
    house = server.site(indexes).opened()
    try:
        yield house
    finally:
        house.close()
        server.forget(house.site)
