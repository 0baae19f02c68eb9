"""Where definitions, runs, reviews, persons and proposals are kept, and how they are found."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, TypeVar

from shared.kernel.documents import Document, Documents, Index
from shared.kernel.identity import derived
from shared.kernel.refusals import NotFound
from shared.matching.definitions import Matching
from shared.matching.model import (
    Link,
    NoSuchMatching,
    NoSuchPerson,
    NoSuchRun,
    PersonId,
    RecordRef,
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
RECORDS = Index("record", "named")
"""Under which ids a record stands: its person's, and those that are nobody's any more (`record_named`)."""
INDEXES = (MATCHINGS, PERSONS, PROPOSALS, RECORDS)

CURRENT = "matching~current"
PERSON = "person~current"
PROPOSAL = "proposal~current"
LAST = "last~current"
MOST_ON_A_PAGE = 1000

T = TypeVar("T")
RunState = Literal["queued", "comparing", "writing", "done", "failed"]
RunKind = Literal["full", "incremental"]


class WhyFull(StrEnum):
    """Why a run compares all records, and not only what has changed since the last one.

    Somebody asks for it; there was no run of this version of the app; sources or rules were changed; the last
    run, or this one, was stopped while it wrote; so many have been incremental; or what the last one compared
    is not kept.
    """

    ASKED_FOR = "asked_for"
    NO_RUN_BEFORE = "no_run_before"
    DEFINITION_CHANGED = "definition_changed"
    STOPPED_WHILE_WRITING = "stopped_while_writing"
    MANY_INCREMENTAL = "many_incremental"
    NOTHING_KEPT = "nothing_kept"


@dataclass(frozen=True, slots=True)
class RunAsked:
    """How a run is asked for. With `full`, all records are compared, whatever was before."""

    full: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """How far a run has come: there are `persons`, and of those who may have changed `looked_at` were.

    `kind` and `because` are known once it compares. `compared` counts the records that were compared with all
    others: all, or those that are new or not as they were. `gone` are no longer there since.
    """

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
    asked_full: bool = False
    kind: RunKind | None = None
    because: WhyFull | None = None
    compared: int = 0
    gone: int = 0


@dataclass(frozen=True, slots=True)
class KeptProposal:
    """A link that waits for a reviewer, as the run found it."""

    id: str
    matching_id: str
    run_id: str
    link: Link
    because: Withheld
    persons: tuple[PersonId, PersonId]


@dataclass(frozen=True, slots=True)
class RecordOfPerson:
    """Leads from a record to a person that has it; it lies in their partition and is written with them."""

    named: str
    matching_id: str
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last run that began to write persons; `is_whole` once it has come to its end.

    `version` is the definition's, `edition` that of how values are spelt, and `incremental` counts the runs
    since all records were compared. What the run has compared is kept as `comparison`, or will be; empty, it
    is not to be, for it holds the record of somebody who has been erased. `names_records` holds once a run
    has written all persons so that each is found by their records.
    """

    run_id: str
    asked_at: datetime
    version: int
    is_whole: bool
    comparison: str = ""
    incremental: int = 0
    edition: int = 0
    names_records: bool = False


def matching_partition(matching_id: str) -> str:
    return f"matching/{matching_id}"


def version_id(version: int) -> str:
    return f"version~{version}"


def run_id_of(run_id: str) -> str:
    return f"run~{run_id}"


def review_id_of(review_id: str) -> str:
    return f"review~{review_id}"


def record_id_of(person_id: PersonId, ref: RecordRef) -> str:
    return f"record~{derived('record', person_id, ref.source, ref.key)}"


def record_named(matching_id: str, source: str, key: str) -> str:
    return f"{matching_id}/{source}/{key}"


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


def runs_of(documents: Documents, matching_id: str) -> Iterator[Run]:
    after: str | None = None
    while True:
        page = documents.list(matching_partition(matching_id), "run", Run, after=after)
        yield from (found.body for found in page.items)
        after = page.next
        if after is None:
            return


def last_run_of(documents: Documents, matching_id: str) -> Document[LastRun] | None:
    """Give what is kept of the last run; None where one went on since that does not know of it."""
    last = documents.look(matching_partition(matching_id), LAST, LastRun)
    if last is None or any(
        run.asked_at > last.body.asked_at and run.id != last.body.run_id and run.state in ("writing", "done")
        for run in runs_of(documents, matching_id)
    ):
        return None
    return last


def all_records_are_named(documents: Documents, matching_id: str) -> bool:
    """Say whether everybody is found by their records: not before a full run has written all of them so."""
    last = last_run_of(documents, matching_id)
    return last is not None and last.body.names_records


def persons_of(documents: Documents, matching_id: str, standing: Standing) -> Iterator[Document[Person]]:
    return everything_found(documents, PERSONS, Person, listed(matching_id, standing))


def proposals_of(documents: Documents, matching_id: str) -> Iterator[Document[KeptProposal]]:
    return everything_found(documents, PROPOSALS, KeptProposal, matching_id)


def everything_found(documents: Documents, index: Index, of: type[T], value: str) -> Iterator[Document[T]]:
    after: str | None = None
    while True:
        page = documents.find(index, of, equal_to=value, limit=MOST_ON_A_PAGE, after=after)
        yield from page.items
        after = page.next
        if after is None:
            return
