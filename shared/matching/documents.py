"""Where definitions, runs, reviews, persons and proposals are kept, and how they are found."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from shared.kernel.documents import Document, Documents, Index
from shared.kernel.refusals import NotFound
from shared.matching.definitions import Matching
from shared.matching.model import (
    Link,
    NoSuchMatching,
    NoSuchPerson,
    NoSuchRun,
    PersonId,
    Withheld,
)
from shared.matching.persons import Person, Standing, listed
from shared.matching.profiling import SourceProfile
from shared.matching.reviewing import Review
from shared.matching.rule_statistics import RuleStatistics

MATCHINGS = Index("matching", "id")
PERSONS = Index("person", "listed_in")
"""Who is made of several records, of one, or is nobody any more, matching by matching."""
PROPOSALS = Index("proposal", "matching_id")
"""What waits for a reviewer."""
INDEXES = (MATCHINGS, PERSONS, PROPOSALS)

CURRENT = "matching~current"
PERSON = "person~current"
PROPOSAL = "proposal~current"
MOST_ON_A_PAGE = 1000

T = TypeVar("T")
RunState = Literal["queued", "comparing", "writing", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Run:
    """How far a run has come: `persons` are to be written, of whom `looked_at` have been."""

    id: str
    matching_id: str
    version: int
    state: RunState
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None = None
    persons: int = 0
    looked_at: int = 0
    changed: int = 0
    of_several_records: int = 0
    proposals: int = 0
    failed_on: str | None = None
    rules: tuple[RuleStatistics, ...] = ()
    sources: tuple[SourceProfile, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptProposal:
    """A link that waits for a reviewer, as the run found it."""

    id: str
    matching_id: str
    run_id: str
    link: Link
    because: Withheld
    persons: tuple[PersonId, PersonId]


def matching_partition(matching_id: str) -> str:
    return f"matching/{matching_id}"


def version_id(version: int) -> str:
    return f"version~{version}"


def run_id_of(run_id: str) -> str:
    return f"run~{run_id}"


def review_id_of(review_id: str) -> str:
    return f"review~{review_id}"


def person_partition(person_id: PersonId) -> str:
    return f"person/{person_id}"


def proposal_partition(proposal_id: str) -> str:
    return f"proposal/{proposal_id}"


def matching_at(documents: Documents, matching_id: str) -> Document[Matching]:
    """Read a definition as it now is. Raises `NoSuchMatching`."""
    try:
        return documents.read(matching_partition(matching_id), CURRENT, Matching)
    except NotFound:
        raise NoSuchMatching from None


def run_at(documents: Documents, matching_id: str, run_id: str) -> Document[Run]:
    """Read a run. Raises `NoSuchRun`."""
    try:
        return documents.read(matching_partition(matching_id), run_id_of(run_id), Run)
    except NotFound:
        raise NoSuchRun from None


def person_at(documents: Documents, matching_id: str, person_id: PersonId) -> Document[Person]:
    """Read a person. Raises `NoSuchPerson`, also for one of another matching."""
    found = documents.look(person_partition(person_id), PERSON, Person)
    if found is None or found.body.matching_id != matching_id:
        raise NoSuchPerson
    return found


def reviews_of(documents: Documents, matching_id: str) -> Iterator[Review]:
    after: str | None = None
    while True:
        page = documents.list(matching_partition(matching_id), "review", Review, after=after)
        yield from (found.body for found in page.items)
        after = page.next
        if after is None:
            return


def persons_of(documents: Documents, matching_id: str, standing: Standing) -> Iterator[Document[Person]]:
    return _all(documents, PERSONS, Person, listed(matching_id, standing))


def proposals_of(documents: Documents, matching_id: str) -> Iterator[Document[KeptProposal]]:
    return _all(documents, PROPOSALS, KeptProposal, matching_id)


def _all(documents: Documents, index: Index, of: type[T], value: str) -> Iterator[Document[T]]:
    after: str | None = None
    while True:
        page = documents.find(index, of, equal_to=value, limit=MOST_ON_A_PAGE, after=after)
        yield from page.items
        after = page.next
        if after is None:
            return
