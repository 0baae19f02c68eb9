"""What has changed in the store, in order: the half of `Documents` that only hosts use (D5, D14)."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class ChangeFeed(Protocol):
    """Gives the latest state of changed documents, at least once each, oldest change first.

    Deletions are not seen.
    """

    def read(self, reader: str, *, limit: int) -> tuple[Sequence[Mapping[str, Any]], str]:
        """Give what changed after the reader's mark, and the mark to `advance` to once that is dealt with.

        Each change is `{id, partition, kind, version, body, _etag, _ts}` with `body` as JSON objects, as
        Cosmos DB gives it.
        """
        ...

    def advance(self, reader: str, mark: str) -> None:
        """Remember durably that the reader has dealt with everything up to the mark."""
        ...

    def wait_for_change(self, timeout: float) -> bool:
        """Come back when it is worth looking, after so many seconds at the latest; True if something changed.

        False says nothing: where changes ring no bell, it merely is time to look again.
        """
        ...
