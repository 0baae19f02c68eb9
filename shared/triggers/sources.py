"""Who may tell of changes in the record, and which of them we want to hear (FH-4, FH-9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from shared.fhir.references import reference_of
from shared.fhir.resource_types import R4_TYPES
from shared.kernel.refusals import NotFound
from shared.triggers.change_events import ChangeEvent

Ignored = Literal["unknown_type", "another_account", "type_not_wanted", "unknown_source"]


class NoSuchSource(NotFound):
    """There is no such source of changes."""


class SubscriptionIsUnknown(NotFound):
    """No such subscription may notify us."""


@dataclass(frozen=True, slots=True)
class ChangeSource:
    """One of them; see `FhirSource` of the settings for its fields."""

    name: str
    types: frozenset[str]
    account: str = ""
    base: str = ""
    subscriptions: frozenset[str] = frozenset()

    def own(self, reference: str, *, of_type: str | None = None) -> tuple[str, str] | None:
        """Read a reference to a resource of this source's own server; None for any other."""
        read = reference_of(reference, home=self.base)
        if read is None or read.base or (of_type is not None and read.type != of_type):
            return None
        return read.type, read.id


@dataclass(frozen=True, slots=True)
class ChangeSources:
    """All of them."""

    sources: Sequence[ChangeSource] = ()

    def named(self, name: str) -> ChangeSource:
        """Give a source. Raises `NoSuchSource`."""
        for source in self.sources:
            if source.name == name:
                return source
        raise NoSuchSource

    def ignores(self, event: ChangeEvent) -> Ignored | None:
        """Say why an event is none of ours, or None where it is.

        Event Grid's events are anybody's until a source names an account. A hint is its source's own.
        """
        if event.resource_type not in R4_TYPES:
            return "unknown_type"
        if event.source is None and not any(one.account for one in self.sources):
            return None
        who = self._whose(event)
        if who is None:
            return "another_account" if event.source is None else "unknown_source"
        return None if event.resource_type in who.types else "type_not_wanted"

    def _whose(self, event: ChangeEvent) -> ChangeSource | None:
        if event.source is not None:
            return next((one for one in self.sources if one.name == event.source), None)
        return next((one for one in self.sources if one.account and one.account == event.account), None)
