"""Look for what has changed in the record, whoever has told of it or has not: the safety net (FH-3, FH-9)."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.fhir.ports import Changes, ClinicalRecord, MarkNotKnown, Resource
from shared.kernel.documents import Create, Document, Documents, Replace, announcing, replacing
from shared.kernel.refusals import AlreadyExists, LostRace
from shared.triggers.creations import created_at
from shared.triggers.in_fhir import CLOCKS_DIFFER_BY, updated_at, version_of
from shared.triggers.live_triggers import LiveTriggers
from shared.triggers.model import PollChanges, ResourceChanged
from shared.triggers.source_documents import CURSOR, Cursor, cursor_of, source_partition
from shared.triggers.sources import ChangeSource, ChangeSources
from shared.triggers.taken_in import TakenIn

log = logging.getLogger(__name__)

TOGETHER = 500
"""Changes in one look."""
IN_ONE_COMMIT = 90
"""Hints in one commit, beside the cursor (D4: 100)."""
MOST_PAGES = 40
"""In one look; each leaves its mark."""
HISTORY_BEFORE = timedelta(minutes=1)
"""By how much the record's clock may be behind ours, where it says when something was written."""
NOTED_EVERY = timedelta(minutes=5)
"""How old a look may become in the cursor while the timer finds nothing: each would be a write for none."""


@dataclass(frozen=True, slots=True)
class PollRecord:
    """Follows the record from a source's cursor, and tells of every change as the source would have.

    The cursor moves in the commit that tells the last of a page, so nothing is passed over, whatever is
    killed. What an event has told this process already is left out; told again, it does no harm. What was
    there before a type was first looked for is history, whatever the mark says, and so is what was imported.
    One look goes on for so many pages; the next one goes on from there.
    """

    record: ClinicalRecord
    documents: Documents
    live: LiveTriggers
    sources: ChangeSources
    lately: TakenIn

    def __call__(self, asked: PollChanges, *, now: datetime) -> int:
        """Give how many changes were told of. Raises `NoSuchSource`, `LostRace` to the second of two."""
        source = self.sources.named(asked.source)
        cursor = cursor_of(self.documents, source.name)
        if cursor is None:
            self._begin(source, now)
            return 0
        if now >= cursor.body.seen_up_to > asked.asked_at + CLOCKS_DIFFER_BY:
            return 0  # somebody has looked since it was asked for
        told = 0
        for _ in range(MOST_PAGES):
            changes = self._changes(cursor.body.mark, source)
            after = self._moved(cursor.body, changes, source, now)
            hints = [] if changes is None else [*self._hints(source, changes, after, cursor.body, now)]
            told += len(hints)
            is_old = asked.because != "due" or now - cursor.body.seen_up_to >= NOTED_EVERY
            if hints or is_old or after.mark != cursor.body.mark:
                *some, last = _in_commits(hints)
                for together in some:
                    cursor = self._kept(cursor, cursor.body, together)
                cursor = self._kept(cursor, after, last)
            if changes is None or changes.is_all:
                break
        log.info("triggers.changes.polled", extra={"source": source.name, "passed_on": told})
        return told

    def _begin(self, source: ChangeSource, now: datetime) -> None:
        begun = dict.fromkeys(sorted(source.types), now)
        first = Cursor(source.name, self.record.mark_now(source.types), now, begun=begun)
        self._commit(source.name, Create(CURSOR, first), ())

    def _changes(self, mark: str, source: ChangeSource) -> Changes | None:
        try:
            return self.record.changes(mark, types=source.types, limit=TOGETHER)
        except MarkNotKnown:  # another record than was followed: what is in it is history
            log.warning("triggers.poll.begun_anew", extra={"source": source.name})
            return None

    def _moved(self, cursor: Cursor, changes: Changes | None, source: ChangeSource, now: datetime) -> Cursor:
        begun = dict.fromkeys(sorted(source.types), now)
        if changes is None:
            anew = replace(cursor, mark=self.record.mark_now(source.types), begun=begun)
            return replace(anew, seen_up_to=now, begun_anew=cursor.begun_anew + 1)
        seen = now if changes.is_all else cursor.seen_up_to
        return replace(cursor, mark=changes.mark, seen_up_to=seen, begun=begun | cursor.begun)

    def _hints(
        self, source: ChangeSource, changes: Changes, after: Cursor, before: Cursor, now: datetime
    ) -> Iterator[ResourceChanged]:
        for resource in changes.resources:
            kind, id_ = str(resource["resourceType"]), str(resource["id"])
            version, at = version_of(resource), updated_at(resource) or now
            if (kind, id_) in changes.imported or at < after.begun[kind] - HISTORY_BEFORE:
                continue
            created = at if version == 1 else self._creation(resource, before.seen_up_to)
            is_first = version == 1 or (version == 0 and created == at)
            first = min(version, 1)
            if created is not None and not is_first and not self.lately.has(kind, id_, first, created):
                yield ResourceChanged(source.name, kind, id_, first, created, "created")
            if not self.lately.has(kind, id_, version, at):
                happened = "created" if is_first else "updated"
                yield ResourceChanged(source.name, kind, id_, version, at, happened)
        for kind, id_ in changes.gone:
            if (kind, id_) not in changes.imported:
                yield ResourceChanged(source.name, kind, id_, None, now, "deleted")

    def _creation(self, resource: Resource, since: datetime) -> datetime | None:
        """Give when it was created, if that was after the last look and some trigger waits for just that."""
        kind = str(resource["resourceType"])
        if not any(
            one.definition.when == "created" and one.holds(resource) for one in self.live.watching(kind)
        ):
            return None
        at = created_at(self.record, resource)
        return at if at is not None and at >= since - CLOCKS_DIFFER_BY else None

    def _kept(
        self, before: Document[Cursor], after: Cursor, hints: Sequence[ResourceChanged]
    ) -> Document[Cursor]:
        body = replace(after, found=after.found + len(hints))
        write = replacing(before, body)
        etags = self._commit(body.source, write, hints)
        return Document(before.partition, write.id, write.version, etags[write.id], body)

    def _commit(
        self, source: str, write: Create | Replace, hints: Sequence[ResourceChanged]
    ) -> dict[str, str]:
        announcements = [
            announcing(hint, of=write, named=f"{source}~{write.id}~{write.version}~{place}")
            for place, hint in enumerate(hints)
        ]
        try:
            return self.documents.commit(
                source_partition(source), changes=[write], announcements=announcements
            )
        except AlreadyExists:  # the first look, begun twice at once
            raise LostRace from None


def _in_commits(hints: Sequence[ResourceChanged]) -> Sequence[Sequence[ResourceChanged]]:
    """Give them in commits' worths, in order: one at least, which may be empty."""
    starts = range(0, max(len(hints), 1), IN_ONE_COMMIT)
    return [hints[start : start + IN_ONE_COMMIT] for start in starts]
