"""Which segments an edit of another one would break."""

from collections.abc import Callable, Iterator

from shared.kernel.documents import Documents
from shared.segments.documents import looking_in, segments_in_state
from shared.segments.nesting import MOST_CONDITIONS, all_below, extent_of
from shared.segments.rules import Segment

Look = Callable[[str], Segment | None]


def broken_by(documents: Documents, edited: Segment) -> Iterator[str]:
    """Name the live segments that can be evaluated now and could not be once `edited` is kept.

    Of two edits at once each may find the other's not there yet: what is broken then is left out of the live
    ones, and logged, until it is mended.
    """
    before = _remembering(looking_in(documents))

    def after(segment_id: str) -> Segment | None:
        return edited if segment_id == edited.id else before(segment_id)

    for live in segments_in_state(documents, "live"):
        if live.id != edited.id and _is_sound(live, before) and not _is_sound(live, after):
            yield live.id


def _is_sound(segment: Segment, look: Look) -> bool:
    extent = extent_of(segment.id, segment.rule, all_below(segment.rule, look))
    return extent is not None and extent.conditions <= MOST_CONDITIONS


def _remembering(look: Look) -> Look:
    """Look for each segment once: many build on the same."""
    seen: dict[str, Segment | None] = {}

    def remembered(segment_id: str) -> Segment | None:
        if segment_id not in seen:
            seen[segment_id] = look(segment_id)
        return seen[segment_id]

    return remembered
