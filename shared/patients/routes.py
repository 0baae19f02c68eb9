"""From where each kind of resource is read: live from the record, or from what is kept here (FH-8)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from shared.kernel.documents import Document, Documents
from shared.kernel.refusals import AlreadyExists, Stale
from shared.patients.declarations import DECLARATIONS, ResourceType

Route = Literal["live", "local"]

ORGANISATION = "patient-view/organisation"
CURRENT = "view~current"


class ViewIsThere(AlreadyExists):
    """The view has been set already; who sets it says in If-Match which version was seen."""


class ViewChangedMeanwhile(Stale):
    """The view has been set since it was read."""


@dataclass(frozen=True, slots=True)
class TypeView:
    """How one kind of resource is read and shown; what is None is as the house declares it."""

    route: Route = "local"
    display_name: str | None = None
    on_timeline: bool | None = None


@dataclass(frozen=True, slots=True)
class View:
    """How each kind is read and shown; a kind that is not named is local and as declared (WS-3)."""

    types: Mapping[ResourceType, TypeView] = field(default_factory=dict[ResourceType, TypeView])
    changed_by: str | None = None
    changed_at: datetime | None = None

    def of(self, resource_type: ResourceType) -> TypeView:
        return self.types.get(resource_type, TypeView())

    def is_local(self, resource_type: ResourceType) -> bool:
        return self.of(resource_type).route == "local"

    def display_name(self, resource_type: ResourceType) -> str:
        return self.of(resource_type).display_name or DECLARATIONS[resource_type].display_name

    def is_on_timeline(self, resource_type: ResourceType) -> bool:
        chosen = self.of(resource_type).on_timeline
        return DECLARATIONS[resource_type].is_event if chosen is None else chosen


def view_of(documents: Documents) -> Document[View] | None:
    """Give the view that somebody has set, or None while nobody has."""
    return documents.look(ORGANISATION, CURRENT, View)


def view_in_force(documents: Documents) -> View:
    found = view_of(documents)
    return found.body if found else View()
