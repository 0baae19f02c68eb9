"""One Cosmos DB account as this app uses it: its containers, and the client that they share (D4)."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, cast

import requests
from azure.core.credentials import TokenCredential
from azure.core.pipeline.transport import RequestsTransport
from azure.cosmos import CosmosClient
from azure.cosmos.documents import SSLConfiguration
from requests.adapters import HTTPAdapter

from shared.adapters.commit_limits import APPEND_ONLY
from shared.adapters.cosmos_costs import tell_cost
from shared.adapters.cosmos_faults import faults

CONNECTIONS = 64
"""Connections kept open; more threads than that wait for none, but open one for themselves alone."""
SECONDS_TO_CONNECT = 5
SECONDS_TO_ANSWER = 10
_SECONDS_BETWEEN_CONNECTING = 0.2
_WAITS_AT_MOST = 1_000
"""Waits after 429; what ends them is the time that they take together."""

Item = Mapping[str, Any]
FeedRange = dict[str, Any]
Hook = Callable[[Mapping[str, Any], Any], None]


class Pages(Iterator[Iterable[Item]], Protocol):
    """Pages of items, each fetched when it is asked for; where the latest ended."""

    continuation_token: str | None


class Answer(Iterable[Item], Protocol):
    """Items that are fetched page by page."""

    def by_page(self) -> Pages:
        """Give them page by page."""
        ...


class Container(Protocol):
    """What we use of the SDK's container."""

    def read_item(self, item: str, partition_key: str, *, session_token: str | None = None) -> Item:
        """Read one item."""
        ...

    def upsert_item(self, body: dict[str, Any]) -> Item:
        """Write one item over whatever is there."""
        ...

    def query_items(
        self,
        query: str,
        *,
        parameters: list[dict[str, object]],
        max_item_count: int,
        partition_key: str | None = None,
        enable_cross_partition_query: bool | None = None,
        session_token: str | None = None,
    ) -> Answer:
        """Ask for items."""
        ...

    def execute_item_batch(
        self, batch_operations: Sequence[Any], partition_key: str, *, response_hook: Hook
    ) -> Sequence[Item]:
        """Do all of it or nothing."""
        ...

    def query_items_change_feed(self, *, max_item_count: int, **where_from: str | FeedRange) -> Answer:
        """Read what has changed."""
        ...

    def read_feed_ranges(self) -> Iterable[FeedRange]:
        """Give the ranges of partition keys that lie together."""
        ...


class CosmosAccount:
    """Owns the process's one client; made when first asked for, safe to share among threads, closed once.

    `credential` is a managed identity; an account key is taken for the official emulator alone, which knows
    no identities. `trusted_ca` is a file of all authorities to trust, for hospitals whose proxies look into
    TLS. `patience` is how long the service may ask us to wait (429) before we give up.
    """

    def __init__(  # noqa: PLR0913  # what an account is
        self,
        endpoint: str,
        *,
        database: str,
        container: str,
        audit_container: str,
        leases: str,
        credential: TokenCredential | str,
        trusted_ca: Path | None = None,
        patience: timedelta = timedelta(seconds=5),
    ) -> None:
        self._endpoint = endpoint
        self._database = database
        self._names = (container, audit_container, leases)
        self._credential = credential
        self._trusted_ca = trusted_ca
        self._patience = patience
        self._lock = threading.Lock()
        self._clients: dict[str, CosmosClient] = {}

    def documents(self, partition: str) -> Container:
        """Give the container that holds a partition."""
        return self.audit_container if partition.startswith(APPEND_ONLY) else self.container

    @cached_property
    def container(self) -> Container:
        return self._container(self._names[0])

    @cached_property
    def audit_container(self) -> Container:
        return self._container(self._names[1])

    @cached_property
    def leases(self) -> Container:
        return self._container(self._names[2])

    @cached_property
    def feed(self) -> Container:
        """Give the documents' container through a client of its own.

        The SDK keeps where a feed has come to beside the headers of the client's latest answer, whoever
        asked for it.
        """
        return self._container(self._names[0], client="feed")

    def reach(self, container: Container) -> None:
        """See that a container is there. Raises `TransientFault` where it is not, or nobody answers."""
        with faults():
            next(iter(container.read_feed_ranges()), None)

    def close(self) -> None:
        """Let go of all connections."""
        with self._lock:
            clients, self._clients = self._clients, {}
        for client in clients.values():
            client.close()

    def _container(self, name: str, *, client: str = "documents") -> Container:
        database = self._client(client).get_database_client(self._database)
        return cast("Container", database.get_container_client(name))

    def _client(self, name: str) -> CosmosClient:
        with self._lock:
            if name not in self._clients:
                self._clients[name] = self._opened()
            return self._clients[name]

    def _opened(self) -> CosmosClient:
        with faults():
            return CosmosClient(
                self._endpoint,
                self._credential,
                retry_throttle_total=_WAITS_AT_MOST,
                retry_throttle_backoff_max=self._patience.total_seconds(),
                retry_connect=1,
                retry_read=2,
                retry_backoff_factor=_SECONDS_BETWEEN_CONNECTING,
                connection_timeout=SECONDS_TO_CONNECT,
                read_timeout=SECONDS_TO_ANSWER,
                enable_compact_utf8_item_writes=True,
                raw_response_hook=tell_cost,
                transport=_transport(),
                **self._trust(),
            )

    def _trust(self) -> dict[str, Any]:
        """Name the authorities to trust, which the SDK takes only together with a configuration of TLS."""
        if self._trusted_ca is None:
            return {}
        return {"ssl_config": SSLConfiguration(), "connection_verify": str(self._trusted_ca)}


def _transport() -> RequestsTransport:
    """Keep enough connections open for all threads; the SDK's own pool keeps ten."""
    session = requests.Session()
    session.mount("https://", HTTPAdapter(pool_connections=4, pool_maxsize=CONNECTIONS))
    session.mount("http://", HTTPAdapter(pool_connections=4, pool_maxsize=CONNECTIONS))
    return RequestsTransport(session=session)
