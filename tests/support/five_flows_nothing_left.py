"""Nothing is overdue, parked, dead or left announced once all has come to rest."""

from collections.abc import Iterator
from typing import Any

from shared.appointments.documents import SETTLE_BY
from shared.conversations.documents import CLOSES_AT, OFFERED_UNTIL
from shared.journeys.documents import DUE
from shared.kernel.documents import Index
from shared.messaging.documents import CLAIMED_UNTIL, RELEASE_AT
from shared.operations.documents import PARKED_AT
from shared.routing.documents import LAPSES
from shared.segments.documents import VALID_UNTIL
from shared.wiring.composition import Application
from shared.wiring.relay import MADE_AT
from tests.support.five_flows_evidence import Evidence

_BY_BUSINESS_TIME = (SETTLE_BY, CLOSES_AT, OFFERED_UNTIL, DUE, RELEASE_AT, VALID_UNTIL, LAPSES)
_ALTOGETHER = (CLAIMED_UNTIL, MADE_AT)


def overdue(house: Application) -> list[str]:
    """Name what the sweeps should have seen to by now."""
    now = house.clock.now()
    found = [(index, one) for index in _BY_BUSINESS_TIME for one in _ids(house, index, up_to=now)]
    found += [(index, one) for index in _ALTOGETHER for one in _ids(house, index)]
    return [f"overdue by {index.field}: {one}" for index, one in found]


def findings(evidence: Evidence, house: Application) -> Iterator[str]:  # noqa: ARG001  # as every check
    """Name what is left behind."""
    yield from overdue(house)
    yield from (f"parked: {one}" for one in _ids(house, PARKED_AT))
    for depth in house.receiver.depths():
        if depth.dead or depth.waiting or depth.locked:
            yield f"left in {depth.queue}: {depth.waiting} waiting, {depth.locked} locked, {depth.dead} dead"
        if depth.dead:
            letters = house.receiver.dead_letters(depth.queue).items
            yield from (f"dead in {depth.queue}: {one.reason} {one.description}" for one in letters)


def _ids(house: Application, index: Index, **within: Any) -> list[str]:
    return [one.id for one in house.documents.find(index, dict[str, Any], **within).items]
