"""A transactional batch: all of it stands, or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from tests.stand_ins.cosmos import charges, rules
from tests.stand_ins.cosmos.container import Container
from tests.stand_ins.cosmos.operations import OPERATIONS, Draft, Outcome
from tests.stand_ins.cosmos.refusals import Refused


@dataclass(frozen=True, slots=True)
class Answered:
    """Whether the batch stands, and an answer for each operation."""

    stands: bool
    results: list[dict[str, Any]]
    charge: float


def batch(container: Container, partition: str, wishes: Any, size: int) -> Answered:
    """Carry out a batch."""
    operations = _checked(wishes, size)
    draft = Draft(container, partition)
    outcomes: list[Outcome] = []
    for wish in operations:
        try:
            outcomes.append(_carried_out(draft, wish))
        except Refused as refused:
            return _undone(refused, outcomes, len(operations))
    draft.keep()
    charge = sum(outcome.charge for outcome in outcomes)
    return Answered(stands=True, results=[_result(outcome) for outcome in outcomes], charge=charge)


def _checked(wishes: Any, size: int) -> Sequence[Mapping[str, Any]]:
    if not isinstance(wishes, list) or not wishes:
        raise Refused(400, "A batch is a list of operations.")
    operations = cast("list[Mapping[str, Any]]", wishes)
    if len(operations) > rules.MOST_OPERATIONS_IN_A_BATCH:
        raise Refused(400, f"A batch has at most {rules.MOST_OPERATIONS_IN_A_BATCH} operations.")
    if size > rules.MOST_BYTES:
        raise Refused(413, f"A batch has at most {rules.MOST_BYTES} bytes.")
    return operations


def _carried_out(draft: Draft, wish: Mapping[str, Any]) -> Outcome:
    kind = wish.get("operationType", "")
    if kind not in OPERATIONS:
        raise Refused(400, f"A batch cannot {kind}.")
    if kind in ("Read", "Replace", "Patch", "Delete"):
        rules.check_id(wish.get("id"))
    return OPERATIONS[kind](draft, wish)


def _undone(refused: Refused, outcomes: Sequence[Outcome], count: int) -> Answered:
    """Say which one failed; the others failed with it, and what was done is charged all the same."""
    results: list[dict[str, Any]] = [{"statusCode": 424, "requestCharge": 0} for _ in range(count)]
    failed = {"statusCode": refused.status, "requestCharge": charges.REFUSED, "message": refused.why}
    results[len(outcomes)] = failed | ({"subStatusCode": refused.below} if refused.below else {})
    charge = charges.REFUSED + sum(outcome.charge for outcome in outcomes)
    return Answered(stands=False, results=results, charge=charge)


def _result(outcome: Outcome) -> dict[str, Any]:
    result = {"statusCode": outcome.status, "requestCharge": outcome.charge}
    if outcome.body is None:
        return result
    return result | {"eTag": outcome.body["_etag"], "resourceBody": outcome.body}
