"""Where it is kept how far each source of changes has been heard, and looked at."""

from dataclasses import dataclass, field
from datetime import datetime

from shared.kernel.documents import Create, Document, Documents, Replace, replacing
from shared.triggers.subscriptions import HeardSubscription

CURSOR = "cursor~record"


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a source's changes have been looked for in the record.

    `mark` is the record's own. All that had changed by `seen_up_to` has been seen. `found` counts changes
    that were passed on because nobody had told this process of them; `begun_anew`, how often the record did
    not know the mark. `begun` says of each type since when it is looked for: what is older is history.
    """

    source: str
    mark: str
    seen_up_to: datetime
    found: int = 0
    begun_anew: int = 0
    begun: dict[str, datetime] = field(default_factory=dict[str, datetime])


def source_partition(name: str) -> str:
    return f"fhir-source/{name}"


def subscription_document(subscription_id: str) -> str:
    return f"subscription~{subscription_id}"


def cursor_of(documents: Documents, source: str) -> Document[Cursor] | None:
    return documents.look(source_partition(source), CURSOR, Cursor)


def heard_of(documents: Documents, source: str, subscription_id: str) -> Document[HeardSubscription] | None:
    return documents.look(source_partition(source), subscription_document(subscription_id), HeardSubscription)


def written(
    before: Document[Cursor] | Document[HeardSubscription] | None, document_id: str, body: object
) -> Create | Replace:
    """Write it: as new, or over what was read."""
    return Create(document_id, body) if before is None else replacing(before, body)
