"""What a FHIR server says of itself in its CapabilityStatement, as far as anybody asks (R4 http.html)."""

from collections.abc import Callable, Iterator
from contextlib import suppress

from shared.adapters.fhir_rest_bundles import objects_in
from shared.fhir.ports import Resource
from shared.kernel.refusals import NotFound


class Offers:
    """Reads the statement when first asked, and believes it from then on.

    A server that says nothing of itself offers nothing, and denies nothing either.
    """

    def __init__(self, resource_at: Callable[[str], Resource], base_url: str) -> None:
        self._resource_at = resource_at
        self._base_url = base_url
        self._told: Resource | None = None

    def history_of_type(self, type_: str) -> bool:
        """Say whether the history of a whole type can be asked for: `history-type`."""
        return any(
            each.get("code") == "history-type"
            for one in self._said_of(type_)
            for each in objects_in(one, "interaction")
        )

    def keeps_no_versions(self, type_: str) -> bool:
        """Say whether it says itself that former versions are not kept: `versioning` is `no-version`."""
        return any(one.get("versioning") == "no-version" for one in self._said_of(type_))

    def denies(self, type_: str) -> bool:
        """Say whether it names the types that it has, and not this one."""
        return any(self._said()) and not any(self._said_of(type_))

    def _said_of(self, type_: str) -> Iterator[Resource]:
        yield from (one for one in self._said() if one.get("type") == type_)

    def _said(self) -> Iterator[Resource]:
        """Give what it says of each type."""
        if self._told is None:
            told: Resource = {}
            with suppress(NotFound):
                told = self._resource_at(f"{self._base_url}/metadata")
            self._told = told
        for part in objects_in(self._told, "rest"):
            yield from objects_in(part, "resource")
