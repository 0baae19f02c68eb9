"""Compare all records of a matching, and write who they are."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from shared.kernel.documents import Change, Commit, Create, Document, Documents, deleting, replacing
from shared.kernel.identity import derived
from shared.kernel.refusals import NotFound, NotYetVisible
from shared.matching.definitions import Matching, MatchingDraft
from shared.matching.documents import (
    PERSON,
    PROPOSAL,
    KeptProposal,
    Run,
    RunState,
    matching_partition,
    person_partition,
    persons_of,
    proposal_partition,
    proposals_of,
    reviews_of,
    run_at,
    version_id,
)
from shared.matching.households import households
from shared.matching.keyed_ids import KeyedIds
from shared.matching.model import NoSuchRun, PersonId, Proposal, RecordRef, SourceCannotBeRead
from shared.matching.persons import (
    Before,
    Person,
    as_before,
    is_as_it_was,
    kept,
    made_of,
    new_person_id,
)
from shared.matching.ports import LinkEngine, RecordSources
from shared.matching.retiring import former_ids, retired_by
from shared.matching.reviewing import sayings
from shared.matching.stable_ids import Members, identified
from shared.matching.unifying import Unified, unified

log = logging.getLogger(__name__)

AT_ONCE = 100
"""Persons written together, between two looks at how far the run has come."""


@dataclass(frozen=True, slots=True)
class Known:
    """Everybody there is an id for, and what they were before this run."""

    persons: Mapping[PersonId, Document[Person]]
    before: Mapping[PersonId, Members]
    retired: Mapping[PersonId, Members]


@dataclass(frozen=True, slots=True)
class RunMatching:
    """Reads all sources, finds who is who, and writes those who have changed, each in one commit.

    Stopped on the way, it begins again and comes to the same: a person remembers what they were before the
    run, so ids are given as they would have been. It runs alone in its matching's session.
    """

    documents: Documents
    sources: RecordSources
    engine: LinkEngine
    keyed_ids: KeyedIds

    def __call__(self, *, matching_id: str, run_id: str, now: datetime) -> None:
        """Run it, or raise `NotYetVisible`; one that has ended is left as it is."""
        try:
            run = run_at(self.documents, matching_id, run_id)
        except NoSuchRun:
            raise NotYetVisible from None
        if run.body.state in ("done", "failed"):
            return
        draft = self._as_asked(run.body)
        run = self._noted(run, state="comparing", looked_at=0, changed=0)
        said = sayings(draft, reviews_of(self.documents, matching_id))
        try:
            found = unified(draft, said, sources=self.sources, engine=self.engine)
        except SourceCannotBeRead as refusal:
            self._noted(run, state="failed", ended_at=now, failed_on=str(refusal))
            log.info("matching.run.failed", extra={"matching": matching_id, "run": run_id})
            return
        known = self._known(run.body)
        persons = self._identified(run.body, draft, found, known)
        run = self._noted(
            run,
            state="writing",
            persons=len(persons),
            of_several_records=found.groups,
            proposals=len(found.proposals),
            rules=found.rules,
            sources=found.sources,
        )
        run = self._write(run, [*persons.values(), *self._retired(run.body, known, persons)], known)
        self._propose(run.body, found.proposals, persons)
        self._noted(run, state="done", ended_at=now)
        log.info(
            "matching.run.done",
            extra={"matching": matching_id, "run": run_id, "persons": len(persons)},
        )

    def _as_asked(self, run: Run) -> MatchingDraft:
        partition = matching_partition(run.matching_id)
        try:
            return self.documents.read(partition, version_id(run.version), Matching).body.draft
        except NotFound:
            raise NotYetVisible from None

    def _noted(self, run: Document[Run], *, state: RunState, **changed: object) -> Document[Run]:
        body = replace(run.body, state=state, **changed)  # pyright: ignore[reportArgumentType]  # its own fields, by name
        write = replacing(run, body)
        partition = matching_partition(body.matching_id)
        etags = self.documents.commit(partition, changes=[write])
        return Document(partition, run.id, write.version, etags[run.id], body)

    def _known(self, run: Run) -> Known:
        persons: dict[PersonId, Document[Person]] = {}
        before: dict[PersonId, Members] = {}
        gone: dict[PersonId, Members] = {}
        for standing in ("several", "single", "retired"):
            for found in persons_of(self.documents, run.matching_id, standing):
                persons[found.body.id] = found
                was = as_before(found.body, run.id)
                if was.records is not None:
                    (gone if was.standing == "retired" else before)[found.body.id] = frozenset(was.records)
        return Known(persons, before, gone)

    def _identified(
        self, run: Run, draft: MatchingDraft, found: Unified, known: Known
    ) -> Mapping[PersonId, Person]:
        """Give everybody their id, what they were found under before, and whom they live with."""
        groups = {frozenset(record.ref for record in one.records): one for one in found.persons}
        records = {members: kept(one.records) for members, one in groups.items()}
        named = identified(
            groups,
            before=known.before,
            retired=known.retired,
            new_id=lambda first: new_person_id(run.matching_id, run.id, first),
            sources=[source.id for source in draft.sources],
            keyed=self.keyed_ids(run.matching_id, draft, records),
        )
        persons: dict[PersonId, Person] = {}
        for one in named:
            was = known.persons.get(one.id)
            before = as_before(was.body, run.id) if was else Before(None)
            persons[one.id] = made_of(
                one.id,
                run.matching_id,
                draft,
                records[one.members],
                links=groups[one.members].links,
                previous_ids=(*former_ids(before, one.members), *one.previous_ids),
                done_by=run.id,
                before=before,
            )
        living = households(draft, {person.id: person.values.value for person in persons.values()})
        return {
            person_id: replace(person, household=living.get(person_id))
            for person_id, person in persons.items()
        }

    def _retired(self, run: Run, known: Known, persons: Mapping[PersonId, Person]) -> Sequence[Person]:
        were = {person_id: found.body for person_id, found in known.persons.items()}
        return retired_by(run.id, were, persons, before=known.before)

    def _write(self, run: Document[Run], persons: Sequence[Person], known: Known) -> Document[Run]:
        """Write whoever is not as they were, many commits at a time, and note how far that is."""
        remaining = iter(persons)
        while batch := list(islice(remaining, AT_ONCE)):
            commits = [commit for person in batch if (commit := _commit(person, known)) is not None]
            _require_done(self.documents.commit_many(commits))
            run = self._noted(
                run,
                state="writing",
                looked_at=run.body.looked_at + len(batch),
                changed=run.body.changed + len(commits),
            )
        return run

    def _propose(self, run: Run, proposals: Sequence[Proposal], persons: Mapping[PersonId, Person]) -> None:
        """Put before reviewers what this run leaves open, and take away what it does not."""
        whose = {ref: person.id for person in persons.values() for ref in person.refs}
        open_now = {one.id: one for one in _proposed(run, proposals, whose)}
        there = {found.body.id: found for found in proposals_of(self.documents, run.matching_id)}
        changes: list[tuple[str, Change]] = [
            (proposal_id, deleting(found))
            for proposal_id, found in there.items()
            if proposal_id not in open_now
        ]
        for proposal_id, proposal in open_now.items():
            found = there.get(proposal_id)
            changes.append((proposal_id, replacing(found, proposal) if found else Create(PROPOSAL, proposal)))
        remaining = iter(changes)
        while batch := list(islice(remaining, AT_ONCE)):
            commits = [Commit(proposal_partition(proposal_id), [change]) for proposal_id, change in batch]
            _require_done(self.documents.commit_many(commits))


def _commit(person: Person, known: Known) -> Commit | None:
    """Write a person who is new or not as they were."""
    found = known.persons.get(person.id)
    if found is not None and is_as_it_was(found.body, person):
        return None
    change: Change = replacing(found, person) if found else Create(PERSON, person)
    return Commit(person_partition(person.id), [change])


def _require_done(outcomes: Sequence[Exception | None]) -> None:
    for outcome in outcomes:
        if outcome is not None:
            raise outcome


def _proposed(
    run: Run, proposals: Sequence[Proposal], whose: Mapping[RecordRef, PersonId]
) -> Iterator[KeptProposal]:
    for one in proposals:
        pair = one.link.pair
        if pair.left in whose and pair.right in whose:
            persons = (whose[pair.left], whose[pair.right])
            named = derived(
                "proposal",
                run.matching_id,
                pair.left.source,
                pair.left.key,
                pair.right.source,
                pair.right.key,
            )
            yield KeptProposal(named, run.matching_id, run.id, one.link, one.because, persons)
