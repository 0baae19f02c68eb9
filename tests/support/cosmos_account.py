"""An account of Cosmos DB, or its official emulator, that is there to be tested with; let in by its key."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from azure.cosmos import CosmosClient, DatabaseProxy, PartitionKey

EVERYTHING = {"indexingMode": "consistent", "automatic": True, "includedPaths": [{"path": "/*"}]}


@dataclass(frozen=True, slots=True)
class _OnAccount:
    """Makes containers through the data plane, which only keys may."""

    database: DatabaseProxy

    def make(self, name: str, key: str, policy: dict[str, Any] | None, *, role: str) -> None:
        del role  # whoever has the key may do everything
        self.database.create_container(
            name, PartitionKey(key), indexing_policy=policy or EVERYTHING, default_ttl=-1
        )

    def remove(self, name: str) -> None:
        self.database.delete_container(name)


@contextmanager
def an_account(endpoint: str, key: str, database: str) -> Generator[_OnAccount]:
    """Make a database there while the block lasts, and take it away."""
    with CosmosClient(endpoint, key) as client:
        made = client.create_database(database)
        try:
            yield _OnAccount(made)
        finally:
            client.delete_database(database)
