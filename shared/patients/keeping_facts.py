"""What is written of a patient's facts, and of how far they have been brought."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared.kernel.documents import Change, Create, Document, Unchanged, deleting, replacing, unchanged
from shared.patients.documents import Projection, fact_id
from shared.patients.facts import Fact

TOLD_EVERY = timedelta(minutes=1)
"""As of when all is there is told to the minute: of a burst of results it is written once, not with each."""


def kept(before: Document[Fact] | None, after: Fact | None) -> Sequence[Change]:
    """Say what to write of one fact: nothing where it is kept as it is, or as something newer."""
    if before is None:
        return [] if after is None else [Create(fact_id(after.resource), after)]
    if after is None:
        return [deleting(before)]
    if before.body == after or after.is_older_than(before.body):
        return []
    return [replacing(before, after)]


def noted(state: Document[Projection], now: datetime) -> tuple[Sequence[Change], Sequence[Unchanged]]:
    """Move the time on where that says more, or where a builder is to see a change under its hands.

    Nothing is written of many changes in one minute: that nobody has begun to build is guarded all the same.
    """
    as_of = state.body.complete_as_of
    if state.body.building_since is None and (as_of is None or now - as_of < TOLD_EVERY):
        return (), (unchanged(state),)
    return (replacing(state, replace(state.body, complete_as_of=as_of and now)),), ()
