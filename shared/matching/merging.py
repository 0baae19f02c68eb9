"""One person's values out of many records' (UN-3, UN-8)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from shared.matching.comparing import SourceRecord
from shared.matching.definitions import FieldMerge, MatchingDraft, Source, Winner, fields_of


def golden(draft: MatchingDraft, records: Sequence[SourceRecord]) -> Mapping[str, str]:
    """Choose each field's value from the records of one person; the same whatever their order."""
    speaking = _speaking(draft, records)
    merged: dict[str, str] = {}
    for merge in _merges(draft):
        for field, source, value in _kept(draft, merge, speaking):
            if merge.keep == "separate":
                merged[f"{merge.rename or field}_{source}"] = value
            else:
                merged[merge.rename or field] = value
    return dict(sorted(merged.items()))


def winner_among(records: Iterable[SourceRecord], by: Winner) -> SourceRecord:
    """Choose which record of one source speaks for it; among equals the one with the largest key (UN-3)."""
    last_first = sorted(records, key=lambda one: key_order(one.ref.key), reverse=True)
    match by:
        case "most_filled":
            return max(last_first, key=lambda one: sum(1 for value in one.values.values() if value))
        case "most_recent":
            return max(last_first, key=lambda one: _instant(one.updated))
        case "least_recent":
            return min(last_first, key=_first_known)


def key_order(key: str) -> tuple[bool, int, str]:
    """Sort keys: numbers by size and before all else, the rest as text."""
    return (False, int(key), key) if key.isascii() and key.isdigit() else (True, 0, key)


def _speaking(draft: MatchingDraft, records: Sequence[SourceRecord]) -> Mapping[str, SourceRecord]:
    """Give, in order of the sources, what each source says of the person."""
    said: dict[str, SourceRecord] = {}
    for source in draft.sources:
        own = [record for record in records if record.ref.source == source.id]
        if own:
            said[source.id] = _said_by(source, own)
    return said


def _said_by(source: Source, records: Sequence[SourceRecord]) -> SourceRecord:
    winner = winner_among(records, source.winner)
    values = dict(winner.values)
    for other in source.winners:
        values.pop(other.field, None)
        having = [record for record in records if record.values.get(other.field)]
        if having:
            values[other.field] = winner_among(having, other.winner).values[other.field]
    return SourceRecord(winner.ref, values, winner.updated)


def _merges(draft: MatchingDraft) -> Iterator[FieldMerge]:
    """Give every policy, and the usual one for fields that have none."""
    yield from draft.merge
    named = {field for merge in draft.merge for field in merge.fields}
    yield from (FieldMerge((field,)) for field in fields_of(draft.sources) if field not in named)


def _kept(
    draft: MatchingDraft, merge: FieldMerge, speaking: Mapping[str, SourceRecord]
) -> Iterator[tuple[str, str, str]]:
    """Give field, source and value of what a policy keeps; the fields of one policy come from one source."""
    having = [record for record in speaking.values() if any(record.values.get(one) for one in merge.fields)]
    for record in _in_order(draft, merge, having):
        for field in merge.fields:
            if value := record.values.get(field):
                yield field, record.ref.source, value


def _in_order(
    draft: MatchingDraft, merge: FieldMerge, having: Sequence[SourceRecord]
) -> Sequence[SourceRecord]:
    """Give the records that a policy takes values from."""
    if merge.keep == "exclude" or not having:
        return ()
    if merge.keep == "separate":
        return having
    most_important = [
        *merge.sources,
        *(source.id for source in draft.sources if source.id not in merge.sources),
    ]
    ranked = sorted(having, key=lambda one: most_important.index(one.ref.source))
    if merge.keep == "most_recent":
        return (max(ranked, key=lambda one: _instant(one.updated)),)
    if merge.keep == "least_recent":
        return (min(ranked, key=_first_known),)
    return (ranked[0],)


def _first_known(record: SourceRecord) -> tuple[bool, datetime]:
    """Sort by time, and what has none after all that has one."""
    at = _instant(record.updated)
    return (at == _NEVER, at)


def _instant(text: str | None) -> datetime:
    """Read a time as its source writes it; what is none was never."""
    try:
        read = datetime.fromisoformat(text or "")
    except ValueError:
        return _NEVER
    return read if read.tzinfo else read.replace(tzinfo=UTC)


_NEVER = datetime.min.replace(tzinfo=UTC)
