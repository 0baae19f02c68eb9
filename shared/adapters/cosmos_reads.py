"""Reads that see our own writes: each partition is asked for with the token of our latest write there."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from itertools import islice
from typing import Any

from azure.core.exceptions import AzureError

from shared.adapters.cosmos_account import CosmosAccount, Item
from shared.adapters.cosmos_faults import fault, faults, is_absent, is_behind
from shared.kernel.refusals import NotYetVisible

MOST_TOKENS = 10_000
"""Partitions whose latest write we remember; of the others a replica may show us an older state."""
_TOKEN = "x-ms-session-token"  # noqa: S105  # a header's name
_FEWEST_IN_A_PAGE = 1


class Sessions:
    """The session tokens of our latest writes, by partition: the SDK keeps none of its batches."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: OrderedDict[str, str] = OrderedDict()

    def token(self, partition: str) -> str | None:
        with self._lock:
            return self._tokens.get(partition)

    def keep(self, partition: str, headers: Mapping[str, Any]) -> None:
        """Remember what an answer about the partition says of itself."""
        token = headers.get(_TOKEN)
        if not token:
            return
        with self._lock:
            self._tokens[partition] = str(token)
            self._tokens.move_to_end(partition)
            if len(self._tokens) > MOST_TOKENS:
                self._tokens.popitem(last=False)

    def forget(self, partition: str) -> None:
        with self._lock:
            self._tokens.pop(partition, None)


class CosmosReads:
    """Point reads and questions; what the service cannot answer now is a `TransientFault`."""

    def __init__(self, account: CosmosAccount, sessions: Sessions) -> None:
        self._account = account
        self._sessions = sessions

    def item(self, partition: str, document_id: str) -> Item | None:
        """Read one item by its name. Raises `NotYetVisible` where the replica is behind our own writes."""
        token = self._sessions.token(partition)
        try:
            return self._account.documents(partition).read_item(document_id, partition, session_token=token)
        except AzureError as error:
            if is_absent(error):
                return None
            if is_behind(error):
                self._sessions.forget(partition)  # after a failover it might never be reached
                raise NotYetVisible from None
            raise fault(error) from None

    def in_partition(self, partition: str, query: str, values: Mapping[str, object], most: int) -> list[Item]:
        """Ask one partition."""
        with faults():
            pages = self._account.documents(partition).query_items(
                query,
                parameters=_parameters(values),
                max_item_count=max(most, _FEWEST_IN_A_PAGE),
                partition_key=partition,
                session_token=self._sessions.token(partition),
            )
            return list(islice(pages, most))

    def anywhere(self, query: str, values: Mapping[str, object], most: int, *, of_audit: bool) -> list[Item]:
        """Ask all partitions of a container; what was written a moment ago may be missing."""
        container = self._account.audit_container if of_audit else self._account.container
        with faults():
            pages = container.query_items(
                query,
                parameters=_parameters(values),
                max_item_count=max(most, _FEWEST_IN_A_PAGE),
                enable_cross_partition_query=True,
            )
            return list(islice(pages, most))


def _parameters(values: Mapping[str, object]) -> list[dict[str, object]]:
    return [{"name": f"@{name}", "value": value} for name, value in values.items()]
