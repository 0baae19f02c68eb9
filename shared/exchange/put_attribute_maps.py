"""Say in which columns a type of resource is given out and taken in as rows (FH-5)."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.access.model import Caller
from shared.exchange.attributes import problems_of
from shared.exchange.keep_entity_map import keep_entity_map
from shared.exchange.model import AttributeMap, require_resource_type
from shared.exchange.ports import FhirElements
from shared.exchange.read_entity_map import KeptEntityMap
from shared.kernel.documents import Documents
from shared.kernel.refusals import Nonsense


@dataclass(frozen=True, slots=True)
class AttributesWanted:
    """All columns; what is not among them any more is forgotten."""

    attributes: tuple[AttributeMap, ...]


@dataclass(frozen=True, slots=True)
class PutAttributeMaps:
    """Sets the columns of one type at once; its switches and its concepts stay. Audited.

    A path that leads to no element of R4, or to one of another type than the column, is refused.
    """

    documents: Documents
    elements: FhirElements

    def __call__(
        self,
        wanted: AttributesWanted,
        *,
        resource_type: str,
        caller: Caller,
        now: datetime,
        if_match: str | None,
    ) -> KeptEntityMap:
        """Set them, or raise `Nonsense`, `NoSuchResourceType`, `EntityMapIsThere` or `…ChangedMeanwhile`."""
        require_resource_type(resource_type)
        problems = list(problems_of(wanted.attributes, resource_type, self.elements))
        if problems:
            raise Nonsense(*problems)
        return keep_entity_map(
            self.documents,
            resource_type,
            lambda was: replace(was, attributes=wanted.attributes),
            caller=caller,
            now=now,
            if_match=if_match,
            what="put_attribute_maps",
        )
