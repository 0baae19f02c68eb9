"""Say whether a relationship is what it is declared to be: to one, or one to one (UN-12)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Documents
from shared.kernel.refusals import NotFound
from shared.segments.bring_lake_up_to_date import BringLakeUpToDate
from shared.segments.nesting import Paths, walks_on
from shared.segments.ports import NO_MEASURES, Lake
from shared.segments.relationships import (
    PARTITION,
    Cardinality,
    Relationship,
    relationship_id,
    relationships_in,
)
from shared.segments.sql.cardinality import LEAD_TO_SEVERAL, LED_TO_BY_SEVERAL, sql_for_several


class NoSuchRelationship(NotFound):
    """There is no such relationship of the house's own."""


@dataclass(frozen=True, slots=True)
class RelationshipChecked:
    """How many resources it begins at lead to several, and how many it leads to are led to by several.

    Through others nothing is counted: there many belong to many. `complete_up_to` is up to when the record
    was taken into account.
    """

    relationship_id: str
    cardinality: Cardinality
    is_as_declared: bool
    lead_to_several: int = 0
    led_to_by_several: int = 0
    complete_up_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class CheckRelationship:
    """Counts in the lake, brought up to date, and keeps nothing.

    Segments take it as it is: whoever leads to any that is as asked for is in, once.
    """

    documents: Documents
    lake: Lake
    bring_up_to_date: BringLakeUpToDate

    def __call__(self, *, relationship: str, now: datetime) -> RelationshipChecked:
        """Check it, or raise `NoSuchRelationship`."""
        found = self.documents.look(PARTITION, relationship_id(relationship), Relationship)
        if found is None:
            raise NoSuchRelationship
        self.bring_up_to_date(now=now)
        return checked(found.body, self.lake, now)


def checked(relationship: Relationship, lake: Lake, now: datetime) -> RelationshipChecked:
    """Count in the lake as it is."""
    up_to, declared = lake.state().complete_up_to, relationship.cardinality
    if relationship.through is not None:
        return RelationshipChecked(relationship.id, declared, is_as_declared=True, complete_up_to=up_to)
    (row,) = lake.answered(sql_for_several(relationship), as_of=now, measures=NO_MEASURES)
    to_several, by_several = row[LEAD_TO_SEVERAL], row[LED_TO_BY_SEVERAL]
    is_to_one = declared == "many_to_many" or not to_several
    is_by_one = declared != "one_to_one" or not by_several
    return RelationshipChecked(
        relationship.id, declared, is_to_one and is_by_one, to_several, by_several, up_to
    )


def not_one_to_one(
    documents: Documents, lake: Lake, paths: Paths, now: datetime
) -> Iterator[RelationshipChecked]:
    """Give those that ways go by, are declared one to one, and are not; of what is not gone by, nothing."""
    if not paths:
        return
    for one in relationships_in(documents):
        if one.cardinality == "one_to_one" and any(map(one.is_on, walks_on(paths))):
            found = checked(one, lake, now)
            if not found.is_as_declared:
                yield found
