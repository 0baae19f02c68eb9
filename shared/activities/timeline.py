"""A patient's timeline, newest first, as one kind of reader may see it (UN-13, WS-3)."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice, takewhile

from shared.activities.activity_types import ActivityType
from shared.activities.documents import ENTRY, before
from shared.activities.house_types import type_now
from shared.activities.model import Activity, Kind
from shared.kernel.documents import Document, Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Nonsense
from shared.patients.documents import patient_partition

MOST_SHOWN = 100
MARK = re.compile(rf"{ENTRY}~[0-9]{{18}}~[0-9a-f]{{40}}")

MaySee = Callable[[ActivityType], bool]


@dataclass(frozen=True, slots=True)
class WhichActivities:
    """Which to show: of one kind or type, from `since` and before `until`; `after` is a former `next`."""

    kind: Kind | None = None
    activity_type: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50
    after: str | None = None


@dataclass(frozen=True, slots=True)
class ActivityShown:
    """Something that happened; `name` is the type's, `about` is for clinical staff."""

    id: str
    name: str
    activity_type: str
    source: str
    kind: Kind
    at: datetime
    event: str | None
    detail: str | None
    url: str | None
    about: str | None


@dataclass(frozen=True, slots=True)
class ActivitiesFound:
    """One page, newest first."""

    activities: tuple[ActivityShown, ...]
    next: str | None


@dataclass(slots=True)
class _Types:
    """The types as they are now, each read once."""

    documents: Documents
    known: dict[str, ActivityType | None] = field(default_factory=dict[str, ActivityType | None])

    def of(self, activity: Activity) -> ActivityType | None:
        if activity.type_id not in self.known:
            self.known[activity.type_id] = type_now(self.documents, activity.type_id)
        return self.known[activity.type_id]


def timeline(
    documents: Documents,
    patient_id: PatientId,
    which: WhichActivities,
    may_see: MaySee,
    *,
    sees_clinical: bool,
) -> ActivitiesFound:
    """Give a page of what this reader may see. Raises `Nonsense`."""
    limit, types = max(1, min(which.limit, MOST_SHOWN)), _Types(documents)
    entries = _entries(documents, patient_id, _start(which))
    wanted = (
        found for found in takewhile(_is_recent_enough(which), entries) if _is_asked_for(found.body, which)
    )
    seen = (
        (found, of)
        for found in wanted
        if (of := types.of(found.body)) is not None and not of.is_hidden and may_see(of)
    )
    page = list(islice(seen, limit + 1))
    end = page[limit - 1][0].id if len(page) > limit else None  # never the name of one that is left out
    shown = (_shown(found.body, of, sees_clinical=sees_clinical) for found, of in page[:limit])
    return ActivitiesFound(tuple(shown), end)


def _entries(documents: Documents, patient_id: PatientId, start: str | None) -> Iterator[Document[Activity]]:
    after = start
    while True:
        page = documents.list(patient_partition(patient_id), ENTRY, Activity, after=after)
        yield from page.items
        after = page.next
        if after is None:
            return


def _start(which: WhichActivities) -> str | None:
    """Give after which id to begin: ids sort the newest first."""
    if which.after is not None and not MARK.fullmatch(which.after):
        raise Nonsense(("after", "not the next of a former answer"))
    until = f"{before(_aware(which.until, 'until'))}~~" if which.until is not None else None
    return max((one for one in (which.after, until) if one is not None), default=None)


def _is_recent_enough(which: WhichActivities) -> Callable[[Document[Activity]], bool]:
    since = _aware(which.since, "since") if which.since is not None else None
    return lambda found: since is None or found.body.at >= since


def _aware(given: datetime, name: str) -> datetime:
    if given.tzinfo is None:
        raise Nonsense((name, "needs an offset"))
    try:
        return given.astimezone(UTC)
    except OverflowError:
        raise Nonsense((name, "outside the calendar")) from None


def _is_asked_for(activity: Activity, which: WhichActivities) -> bool:
    return which.kind in (None, activity.kind) and which.activity_type in (None, activity.type_id)


def _shown(activity: Activity, of: ActivityType, *, sees_clinical: bool) -> ActivityShown:
    return ActivityShown(
        activity.id,
        of.name,
        of.id,
        activity.source,
        activity.kind,
        activity.at,
        activity.event,
        activity.detail,
        activity.url,
        activity.about if sees_clinical else None,
    )
