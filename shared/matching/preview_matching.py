"""Show what a definition would merge and split, before it is kept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.matching.comparing import SourceRecord
from shared.matching.definition_problems import require_sound
from shared.matching.definitions import MatchingDraft, Source
from shared.matching.documents import RunKind, WhyFull, persons_of, reviews_of
from shared.matching.kinds_of_run import KindsOfRun
from shared.matching.model import PersonId, RecordRef, TooManyToPreview
from shared.matching.ports import LinkEngine, RecordSources
from shared.matching.profiling import SourceProfile
from shared.matching.reviewing import sayings
from shared.matching.rule_statistics import RuleStatistics
from shared.matching.unifying import read_all, unified

MOST_RECORDS = 50_000
MOST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class MatchingPreview:
    """How many persons there are and would be, and who would be put together or parted.

    `merged` are groups of ids of persons that would be one, `split` ids whose records would be several
    persons'; each shows the first few. `unknown_records` are in no person yet, `dropped_records` not then.
    `kind` is what a run by this draft would be, `because` why a full one.
    """

    persons_now: int
    persons_then: int
    of_several_records_then: int
    merges: int
    merged: tuple[tuple[PersonId, ...], ...]
    splits: int
    split: tuple[PersonId, ...]
    unknown_records: int
    dropped_records: int
    proposals: int
    kind: RunKind
    because: WhyFull | None
    rules: tuple[RuleStatistics, ...]
    sources: tuple[SourceProfile, ...]


@dataclass(frozen=True, slots=True)
class PreviewMatching:
    """Compares all records by a draft and keeps nothing; what reviewers have said holds."""

    documents: Documents
    sources: RecordSources
    engine: LinkEngine
    kinds: KindsOfRun

    def __call__(self, draft: MatchingDraft, *, matching_id: str) -> MatchingPreview:
        """Give it, or raise `Nonsense`, `TooManyToPreview` or `SourceCannotBeRead`."""
        require_sound(draft)
        now = self._now(matching_id)
        because = self.kinds.of_next(matching_id, draft)
        said = sayings(draft, reviews_of(self.documents, matching_id))
        found = unified(draft, said, read_all(draft, _AFew(self.sources)), engine=self.engine)
        groups = [frozenset(record.ref for record in one.records) for one in found.persons]
        then = {ref: place for place, members in enumerate(groups) for ref in members}
        merged = sorted(ids for members in groups if len(ids := _ids(members, now)) > 1)
        places: dict[PersonId, set[int | None]] = {}
        for ref, person_id in now.items():
            places.setdefault(person_id, set()).add(then.get(ref))
        split = sorted(person_id for person_id, where in places.items() if len(where - {None}) > 1)
        return MatchingPreview(
            persons_now=len(places),
            persons_then=len(groups),
            of_several_records_then=found.groups,
            merges=len(merged),
            merged=tuple(merged[:MOST_SHOWN]),
            splits=len(split),
            split=tuple(split[:MOST_SHOWN]),
            unknown_records=len(then.keys() - now.keys()),
            dropped_records=len(now.keys() - then.keys()),
            proposals=len(found.proposals),
            kind="full" if because else "incremental",
            because=because,
            rules=found.rules,
            sources=found.sources,
        )

    def _now(self, matching_id: str) -> Mapping[RecordRef, PersonId]:
        return {
            ref: found.body.id
            for standing in ("several", "single")
            for found in persons_of(self.documents, matching_id, standing)
            for ref in found.body.refs
        }


def _ids(members: frozenset[RecordRef], now: Mapping[RecordRef, PersonId]) -> tuple[PersonId, ...]:
    return tuple(sorted({now[ref] for ref in members if ref in now}))


class _AFew(RecordSources):
    """Sources that are read only as far as a preview goes."""

    def __init__(self, sources: RecordSources) -> None:
        self._sources = sources
        self._left = MOST_RECORDS

    def records(self, source: Source) -> Iterator[SourceRecord]:
        for record in self._sources.records(source):
            self._left -= 1
            if self._left < 0:
                raise TooManyToPreview
            yield record
