"""Show who may tell of changes, and how far each has been heard."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.kernel.documents import Documents
from shared.triggers.source_documents import cursor_of, heard_of
from shared.triggers.sources import ChangeSource, ChangeSources
from shared.triggers.subscriptions import HeardSubscription


@dataclass(frozen=True, slots=True)
class SourceShown:
    """A source: what it may tell of, how far the record was looked at for it, and its subscriptions.

    `found_by_looking` counts what this house learnt only by looking; where it grows, events are being lost.
    """

    name: str
    types: Sequence[str]
    account: str
    seen_up_to: datetime | None
    found_by_looking: int
    begun_anew: int
    subscriptions: Sequence[HeardSubscription]


@dataclass(frozen=True, slots=True)
class Sources:
    """All that there are."""

    sources: Sequence[SourceShown]


@dataclass(frozen=True, slots=True)
class ListSources:
    """Gives every source that the settings name; never its secret."""

    documents: Documents
    sources: ChangeSources

    def __call__(self) -> Sources:
        return Sources([self._shown(source) for source in self.sources.sources])

    def _shown(self, source: ChangeSource) -> SourceShown:
        cursor = cursor_of(self.documents, source.name)
        return SourceShown(
            name=source.name,
            types=sorted(source.types),
            account=source.account,
            seen_up_to=cursor.body.seen_up_to if cursor else None,
            found_by_looking=cursor.body.found if cursor else 0,
            begun_anew=cursor.body.begun_anew if cursor else 0,
            subscriptions=[self._heard(source, one) for one in sorted(source.subscriptions)],
        )

    def _heard(self, source: ChangeSource, subscription_id: str) -> HeardSubscription:
        heard = heard_of(self.documents, source.name, subscription_id)
        return heard.body if heard else HeardSubscription(subscription_id, source.name)
