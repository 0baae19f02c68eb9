"""Give what the record has of one patient as rows, in the columns of the type's map (FH-5, FH-6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller, Reading
from shared.exchange.columns import ColumnValue, columns_of
from shared.exchange.model import EntityMap, NoColumns
from shared.exchange.only_theirs import is_a_part
from shared.exchange.read_bundle import ReadBundle, WhichResources
from shared.exchange.read_entity_map import ReadEntityMap
from shared.fhir.ports import Resource
from shared.fhir.versions import version_of
from shared.kernel.identity import PatientId


@dataclass(frozen=True, slots=True)
class WhichRows:
    """Whose, which must be said; `after` is a former answer's `next`."""

    patient: str | None = None
    limit: int = 100
    after: str | None = None


@dataclass(frozen=True, slots=True)
class RowFound:
    """One resource: None in a column where the record says nothing.

    A column in which it says what may be another patient's is not there: a row that comes back leaves that as
    it is. `unnamed` are columns of which the record has a code that the table of codeable concepts does not
    name.
    """

    id: str
    version: int
    columns: Mapping[str, ColumnValue]
    unnamed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RowsFound:
    """One page; `ground` is that on which it was given out."""

    patient_id: PatientId
    resource_type: str
    rows: tuple[RowFound, ...]
    next: str | None
    ground: Reading
    why: str


@dataclass(frozen=True, slots=True)
class ReadRows:
    """Gives the same as `ReadBundle`, under the same terms, flattened."""

    read_bundle: ReadBundle

    def __call__(
        self, which: WhichRows, *, resource_type: str, caller: Caller, reason: str | None, now: datetime
    ) -> RowsFound:
        """Give them, or raise `NoColumns`, `NoSuchResourceType`, or as `ReadBundle` does."""
        kept = ReadEntityMap(self.read_bundle.documents)(resource_type=resource_type)
        if not kept.entity_map.attributes:
            raise NoColumns
        resources = WhichResources(which.patient, resource_type, which.limit, which.after)
        found = self.read_bundle.page(resources, caller=caller, reason=reason, now=now, act="read_rows")
        rows = [
            _row(one, whole, kept.entity_map) for one, whole in zip(found.resources, found.whole, strict=True)
        ]
        return RowsFound(found.patient_id, resource_type, tuple(rows), found.next, found.ground, found.why)


def _row(resource: Resource, whole: Resource, entity_map: EntityMap) -> RowFound:
    columns = columns_of(resource, entity_map)
    told = columns.values
    if is_a_part(resource):
        says = columns_of(whole, entity_map).values
        told = {name: value for name, value in told.items() if says[name] == value}
    return RowFound(resource["id"], version_of(resource), told, columns.unnamed)
