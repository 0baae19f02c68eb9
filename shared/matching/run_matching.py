"""Compare the records of a matching, and write who they are."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from shared.kernel.documents import Change, Commit, Create, Document, Documents, deleting, replacing
from shared.kernel.identity import derived
from shared.kernel.refusals import NotFound, NotYetVisible
from shared.matching.compare_all import CompareAll
from shared.matching.compare_changes import CompareChanges
from shared.matching.comparing import mark_of
from shared.matching.definitions import Matching, MatchingDraft
from shared.matching.documents import (
    LAST,
    PROPOSAL,
    KeptProposal,
    LastRun,
    Run,
    RunState,
    WhyFull,
    last_run_of,
    matching_partition,
    proposal_partition,
    proposals_of,
    reviews_of,
    run_at,
    version_id,
)
from shared.matching.kinds_of_run import EDITION, KindsOfRun, comparison_of, comparisons_of
from shared.matching.model import NoSuchRun, PersonId, Proposal, RecordRef, SourceCannotBeRead
from shared.matching.outcome import Outcome
from shared.matching.ports import Comparisons, Marked, NothingKept, RecordSources
from shared.matching.reviewing import sayings
from shared.matching.unifying import ReadRecords, read_all
from shared.matching.write_persons import WritePersons

log = logging.getLogger(__name__)

AT_ONCE = 100
"""Persons written together, between two looks at how far the run has come."""


@dataclass(frozen=True, slots=True)
class RunMatching:
    """Reads all sources, finds who is who, and writes those who have changed, each in one commit.

    Where nothing but records has changed since the last run, only what is new, changed or gone is compared;
    who is who afterwards is the same. Stopped before it writes, it begins again. Stopped while it writes, it
    compares all, and comes to the same: a person remembers what they were before the run, so ids are given
    as they would have been. It runs alone in its matching's session.
    """

    documents: Documents
    sources: RecordSources
    comparisons: Comparisons
    kinds: KindsOfRun
    compare_all: CompareAll
    compare_changes: CompareChanges

    def __call__(self, *, matching_id: str, run_id: str, now: datetime) -> None:
        """Run it, or raise `NotYetVisible`; one that has ended is left as it is."""
        try:
            run = run_at(self.documents, matching_id, run_id)
        except NoSuchRun:
            raise NotYetVisible from None
        if run.body.state in ("done", "failed"):
            return
        draft = self._as_asked(run.body)
        before = self._last(matching_id)
        last = last_run_of(self.documents, matching_id)
        because = WhyFull.ASKED_FOR if run.body.asked_full else self.kinds.why_full(matching_id, draft, last)
        run = self._noted(
            run,
            state="comparing",
            kind="full" if because else "incremental",
            because=because,
            looked_at=0,
            changed=0,
        )
        try:
            read = read_all(draft, self.sources)
        except SourceCannotBeRead as refusal:
            self._noted(run, state="failed", ended_at=now, failed_on=str(refusal))
            log.info("matching.run.failed", extra={"matching": matching_id, "run": run_id})
            return
        with ExitStack() as open_while_writing:
            keep_as = comparison_of(matching_id, run_id, run.version)
            outcome = self._compared(run, draft, read, last, keep_as, open_while_writing)
            run = run_at(self.documents, matching_id, run_id)
            self._carry_out(run, outcome, before, last, keep_as, now)

    def _compared(
        self,
        run: Document[Run],
        draft: MatchingDraft,
        read: ReadRecords,
        last: Document[LastRun] | None,
        keep_as: str,
        open_while_writing: ExitStack,
    ) -> Outcome:
        matching_id = run.body.matching_id
        reviews = tuple(reviews_of(self.documents, matching_id))
        said = sayings(draft, reviews)
        if run.body.kind == "incremental" and last is not None:
            now_there = (Marked(one.ref, mark_of(one)) for one in read.records)
            try:
                again = open_while_writing.enter_context(
                    self.comparisons.again(last.body.comparison, now_there)
                )
            except NothingKept:
                self._noted(run, state="comparing", kind="full", because=WhyFull.NOTHING_KEPT)
            else:
                return self.compare_changes(
                    run.body,
                    draft,
                    said,
                    read,
                    again,
                    reviews=reviews,
                    last_asked_at=last.body.asked_at,
                    keep_as=keep_as,
                )
        return self.compare_all(run.body, draft, said, read, keep_as=keep_as)

    def _carry_out(
        self,
        run: Document[Run],
        outcome: Outcome,
        before: Document[LastRun] | None,
        last: Document[LastRun] | None,
        keep_as: str,
        now: datetime,
    ) -> None:
        """Write and end; what was compared is not kept where somebody has been erased since `before`."""
        there = self._last(run.body.matching_id)
        is_forgotten = _etag(there) != _etag(before)
        begun = LastRun(
            run.body.id,
            run.body.asked_at,
            run.body.version,
            is_whole=False,
            comparison="" if is_forgotten else keep_as,
            names_records=last is not None and last.body.names_records,
        )
        open_now = _open_now(run.body, outcome)
        standing = self._standing_proposals(run.body, outcome)
        run = self._noted(
            run,
            begun,
            instead_of=there,
            state="writing",
            persons=outcome.of_all,
            of_several_records=outcome.of_several,
            proposals=standing + len(open_now),
            rules=outcome.rules,
            sources=outcome.sources,
            compared=outcome.compared,
            gone=outcome.gone,
        )
        run = self._write(run, outcome)
        self._propose(run.body, outcome, open_now)
        outcome.keep()
        there = self._last(run.body.matching_id)
        is_kept = there is not None and there.body.comparison == keep_as
        if not is_kept:
            self.comparisons.drop_all(comparisons_of(run.body.matching_id))
        is_full = run.body.kind == "full"
        ended = replace(
            begun,
            is_whole=True,
            comparison=keep_as if is_kept else "",
            edition=EDITION,
            incremental=0 if is_full or last is None else last.body.incremental + 1,
            names_records=is_full or begun.names_records,
        )
        self._noted(run, ended, instead_of=there, state="done", ended_at=now)
        if is_kept:
            self.comparisons.drop_others(keep_as)
        log.info(
            "matching.run.done",
            extra={
                "matching": run.body.matching_id,
                "run": run.body.id,
                "kind": run.body.kind,
                "persons": outcome.of_all,
            },
        )

    def _last(self, matching_id: str) -> Document[LastRun] | None:
        """Give what there is of the last run, whoever went on since."""
        return self.documents.look(matching_partition(matching_id), LAST, LastRun)

    def _as_asked(self, run: Run) -> MatchingDraft:
        partition = matching_partition(run.matching_id)
        try:
            return self.documents.read(partition, version_id(run.version), Matching).body.draft
        except NotFound:
            raise NotYetVisible from None

    def _noted(
        self,
        run: Document[Run],
        last: LastRun | None = None,
        *,
        instead_of: Document[LastRun] | None = None,
        state: RunState,
        **changed: object,
    ) -> Document[Run]:
        body = replace(run.body, state=state, **changed)  # pyright: ignore[reportArgumentType]  # its own fields, by name
        partition = matching_partition(body.matching_id)
        write = replacing(run, body)
        changes: list[Change] = [write]
        if last is not None:
            changes.append(replacing(instead_of, last) if instead_of else Create(LAST, last))
        etags = self.documents.commit(partition, changes=changes)
        return Document(partition, run.id, write.version, etags[run.id], body)

    def _write(self, run: Document[Run], outcome: Outcome) -> Document[Run]:
        """Write whoever is not as they were, many commits at a time, and note how far that is."""
        write = WritePersons(self.documents)
        known = outcome.known.persons
        remaining = iter([*outcome.persons.values(), *outcome.retired, *outcome.housemates])
        while batch := list(islice(remaining, AT_ONCE)):
            changed = write([(person, known.get(person.id)) for person in batch])
            run = self._noted(
                run,
                state="writing",
                looked_at=run.body.looked_at + len(batch),
                changed=run.body.changed + changed,
            )
        return run

    def _standing_proposals(self, run: Run, outcome: Outcome) -> int:
        """Count what was proposed and is not looked at again."""
        there = proposals_of(self.documents, run.matching_id)
        return sum(1 for found in there if not _is_looked_at(found.body, outcome))

    def _propose(self, run: Run, outcome: Outcome, open_now: Mapping[str, KeptProposal]) -> None:
        """Put before reviewers what this run leaves open, and take away what it does not."""
        there = {
            found.body.id: found
            for found in proposals_of(self.documents, run.matching_id)
            if _is_looked_at(found.body, outcome)
        }
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


def _etag(last: Document[LastRun] | None) -> str | None:
    return last.etag if last is not None else None


def _is_looked_at(proposal: KeptProposal, outcome: Outcome) -> bool:
    """Say whether a run has looked at a proposal again."""
    pair = proposal.link.pair
    return outcome.concerns(pair.left) or outcome.concerns(pair.right)


def _require_done(outcomes: Sequence[Exception | None]) -> None:
    for outcome in outcomes:
        if outcome is not None:
            raise outcome


def _open_now(run: Run, outcome: Outcome) -> Mapping[str, KeptProposal]:
    whose = {ref: person.id for person in outcome.persons.values() for ref in person.refs}
    return {one.id: one for one in _proposed(run, outcome.proposals, whose)}


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
