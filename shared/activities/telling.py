"""What becomes of a patient's timeline when a happening is told: pure (UN-1, UN-13)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from shared.activities.activity_types import ActivityType
from shared.activities.documents import Told, activity_id, day_of, entry_id, key_id
from shared.activities.model import Activity, Happening
from shared.kernel.documents import Change, Create, Document, deleting, replacing
from shared.kernel.identity import derived

REAL_TIME_LASTS = timedelta(days=30)
"""UN-16."""

Outcome = Literal["created", "updated", "unchanged", "outdated", "contradicted", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Telling:
    """What came of it, and what is to be written for that, all in the patient's partition."""

    outcome: Outcome
    activity_id: str
    changes: Sequence[Change] = ()


def told(
    happening: Happening,
    of: ActivityType,
    before: Document[Told] | None,
    entry: Document[Activity] | None,
    now: datetime,
) -> Telling:
    """Decide what a happening changes, where `before` is known under its key and `entry` stands for it.

    The same again changes nothing, in whatever order: an earlier word of the source comes too late. Another
    word as of the same moment contradicts what is there, and what a person has withdrawn stays so.
    """
    name = activity_id(of.id, happening.key)
    known = _known(happening, of, name, now)
    stays = _stays(known, before.body) if before else None
    if stays is not None:
        return Telling(stays, name)
    expires_at = now + REAL_TIME_LASTS if of.is_real_time else None
    place, activity = entry_id(happening.at, name), _activity(happening, of, name, now)
    changes: list[Change] = []
    if entry is not None and entry.id == place:
        changes.append(replacing(entry, activity, expires_at=expires_at))
    else:
        changes += [deleting(entry)] if entry is not None else []
        changes.append(Create(place, activity, expires_at))
    if before is None:
        return Telling("created", name, (*changes, Create(key_id(name), known, expires_at)))
    return Telling("updated", name, (*changes, replacing(before, known, expires_at=expires_at)))


def _stays(told: Told, before: Told) -> Outcome | None:
    """Say why what is there stays as it is; None where this is a later word."""
    if before.entry_id is None:
        return "withdrawn"
    if before.fingerprint == told.fingerprint:
        return "unchanged"
    if told.as_of > before.as_of:
        return None
    return "contradicted" if told.as_of == before.as_of else "outdated"


def withdrawn(before: Document[Told], entry: Document[Activity] | None, now: datetime) -> Sequence[Change]:
    """Take an activity out of the timeline; its key stays known, so that being told again changes nothing."""
    gone = replace(before.body, entry_id=None, event=None, changed_on=day_of(now))
    keyed = replacing(before, gone, expires_at=before.expires_at)
    return (keyed,) if entry is None else (keyed, deleting(entry))


def _known(happening: Happening, of: ActivityType, name: str, now: datetime) -> Told:
    return Told(
        activity_id=name,
        patient_id=happening.patient_id,
        type_id=of.id,
        source=of.source,
        kind=of.kind,
        event=happening.event,
        at=happening.at,
        as_of=happening.as_of,
        fingerprint=_fingerprint(happening, of),
        entry_id=entry_id(happening.at, name),
        changed_on=day_of(now),
    )


def _activity(happening: Happening, of: ActivityType, name: str, now: datetime) -> Activity:
    return Activity(
        id=name,
        patient_id=happening.patient_id,
        type_id=of.id,
        type_version=of.version,
        source=of.source,
        kind=of.kind,
        at=happening.at,
        event=happening.event,
        detail=happening.detail,
        url=happening.url,
        taken_in_at=now,
        about=happening.about,
    )


def _fingerprint(happening: Happening, of: ActivityType) -> str:
    said = (happening.event, happening.detail, happening.url, *([happening.about] if happening.about else []))
    spelt = (f"={one}" if one is not None else "" for one in said)
    return derived(of.id, of.kind, happening.at.isoformat(), *spelt)
