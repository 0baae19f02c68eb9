"""Fill indexes that were declared after documents were written: their sort keys are not there yet (D4)."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence

from azure.core.exceptions import AzureError

from shared.adapters.cosmos_account import CosmosAccount, Item
from shared.adapters.cosmos_faults import NO_LONGER_SO, NOT_THERE, fault, faults, is_absent, status_of
from shared.adapters.cosmos_indexing import key_name, sort_keys
from shared.adapters.cosmos_items import filling_in
from shared.kernel.documents import Index

log = logging.getLogger(__name__)

_FILLED = "filled-indexes"
_IN_A_PAGE = 100
_OF_KIND = "select * from c where c.kind = @kind and is_null(c.deleted_at)"


class CosmosIndexFilling:
    """Gives older documents the sort keys of newer indexes, twice for each index.

    While one version takes the other's place, hosts of the old one go on writing without them; when it is
    asked again, an hour later, they are gone. How far it has come is an item of the leases' container.
    Audits are left as they are: they may not be changed.
    """

    def __init__(self, account: CosmosAccount, indexes: Sequence[Index]) -> None:
        self._account = account
        self._indexes = indexes

    def fill(self) -> int:
        """Fill what is new and say how many documents were given a key; killed half-way, it begins anew."""
        once, twice = self._filled()
        new = [index for index in self._indexes if key_name(index) not in twice]
        kinds: defaultdict[str, list[Index]] = defaultdict(list)
        for index in self._indexes:
            if any(index.kind == each.kind for each in new):
                kinds[index.kind].append(index)
        count = sum(self._fill(kind, indexes) for kind, indexes in kinds.items())
        if new:
            names = {key_name(index) for index in new}
            self._note(once=sorted(once | names), twice=sorted(twice | (names & once)))
        return count

    def _note(self, *, once: Sequence[str], twice: Sequence[str]) -> None:
        with faults():
            self._account.leases.upsert_item({"id": _FILLED, "once": once, "twice": twice})

    def _fill(self, kind: str, indexes: Sequence[Index]) -> int:
        count = sum(self._give_keys(item, indexes) for item in self._all(kind))
        log.info("store.index.filled", extra={"kind": kind, "documents": count})
        return count

    def _all(self, kind: str) -> Iterator[Item]:
        with faults():
            yield from self._account.container.query_items(
                _OF_KIND,
                parameters=[{"name": "@kind", "value": kind}],
                max_item_count=_IN_A_PAGE,
                enable_cross_partition_query=True,
            )

    def _give_keys(self, item: Item, indexes: Sequence[Index]) -> bool:
        keys = sort_keys(item["kind"], item["body"], indexes)
        if keys == item["keys"]:
            return False
        try:
            self._account.container.execute_item_batch(
                [filling_in(item, keys)], item["partition"], response_hook=lambda _headers, _items: None
            )
        except AzureError as error:
            if status_of(error) in (NO_LONGER_SO, NOT_THERE):
                return False  # whoever wrote it meanwhile wrote its keys
            raise fault(error) from None
        return True

    def _filled(self) -> tuple[set[str], set[str]]:
        try:
            item = self._account.leases.read_item(_FILLED, _FILLED)
        except AzureError as error:
            if is_absent(error):
                return set(), set()
            raise fault(error) from None
        return set(item["once"]), set(item["twice"])
