"""Keep whom a search finds as a segment (UN-15)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from shared.access.model import Caller
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Refusal
from shared.patients.search_patients import SearchPatients, Wanted
from shared.segments.put_segment import KeptSegment, PutSegment
from shared.segments.rule_problems import MOST_OPTIONS
from shared.segments.rules import OneOfThese, SegmentDraft

A_PAGE = 50
MOST_PAGES = 20
"""Looked through for one segment: of a common name and a rare one each page may be all but empty."""


class SearchFindsTooMany(Refusal):
    """It finds, or must look at, more people than fit; ask for more of what they are known by."""


class SearchFindsNobody(Refusal):
    """It finds nobody, so there is nobody to keep."""


@dataclass(frozen=True, slots=True)
class SearchToSave:
    """A search, and what the segment is to be called; `wanted`'s own `limit` and `after` do not count."""

    wanted: Wanted
    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class SaveSearch:
    """Keeps the people found now, by their ids, as a live segment: what was asked for is kept nowhere.

    Whoever comes to fit the search later is not in it. The same search saved again is refused, unless
    `if_match` says that the segment was seen.
    """

    search: SearchPatients
    put: PutSegment

    def __call__(
        self, asked: SearchToSave, *, segment_id: str, caller: Caller, now: datetime, if_match: str | None
    ) -> KeptSegment:
        """Keep it.

        Raises `SearchIsTooWide`, `SearchFindsTooMany`, `SearchFindsNobody` and what `PutSegment` does.
        """
        found = tuple(sorted(set(self._found(asked.wanted, caller))))
        if not found:
            raise SearchFindsNobody
        rule = OneOfThese("one_of_these", found)
        draft = SegmentDraft(asked.name, rule, "live", description=asked.description)
        return self.put(draft, segment_id=segment_id, caller=caller, now=now, if_match=if_match)

    def _found(self, wanted: Wanted, caller: Caller) -> Iterator[PatientId]:
        after, count = None, 0
        for _ in range(MOST_PAGES):
            page = self.search(replace(wanted, limit=A_PAGE, after=after), caller=caller)
            count += len(page.people)
            if count > MOST_OPTIONS:
                raise SearchFindsTooMany
            yield from (one.patient_id for one in page.people)
            after = page.next
            if after is None:
                return
        raise SearchFindsTooMany
