"""When to come back to an enrolment that a bug keeps from going on: pure."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.journeys.model import Enrolment, Failing

FIRST_WAIT = timedelta(minutes=2)
GIVEN_UP_AFTER = timedelta(days=3)


def failed(enrolment: Enrolment, now: datetime) -> Enrolment:
    """Note that going on has failed: it is tried again after as long as it has failed, at least two minutes.

    So it is tried twelve times in three days. The many deliveries of one message count as one failure.
    """
    failing = enrolment.failing
    if failing is None:
        return replace(enrolment, failing=Failing(now, now + FIRST_WAIT))
    if now < failing.again_at:
        return enrolment
    return replace(enrolment, failing=replace(failing, again_at=now + max(FIRST_WAIT, now - failing.since)))


def is_given_up(enrolment: Enrolment) -> bool:
    """Say whether it is left to a person, who replays one of its dead letters when the bug is mended."""
    failing = enrolment.failing
    return failing is not None and failing.again_at - failing.since > GIVEN_UP_AFTER


def may_go_on(enrolment: Enrolment, now: datetime) -> bool:
    """Say whether to try it now; what has not failed always may, however long it is overdue."""
    failing = enrolment.failing
    return failing is None or (failing.again_at <= now and not is_given_up(enrolment))
