"""Let a message through the gate, hold it, or refuse it."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime

from shared.kernel.documents import Change, Create, Document, Documents, replacing
from shared.kernel.refusals import AlreadyExists, LostRace
from shared.kernel.sensitive import Sensitive
from shared.messaging import model
from shared.messaging.decision import EARLY_BY, Decision
from shared.messaging.documents import counting, decision_id, telling
from shared.messaging.gate.decide import Allow, GateDecision, decide
from shared.messaging.gate.situation import GateRules, Hold, Refuse, Situation
from shared.messaging.gate.tracking import may_track
from shared.messaging.model import MessageState, Purpose
from shared.messaging.read_situation import Gathered, ReadSituation
from shared.patients.contact_keys import contact_partition

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DecideSending:
    """Decide once about one message; a held one is asked again, all of it, when its time has come.

    One that comes back a little before that, by another machine's clock, is judged as of then.
    """

    documents: Documents
    read_situation: ReadSituation
    rules: GateRules

    def __call__(self, order: model.DecideSending, *, now: datetime) -> None:
        found = self.documents.look(contact_partition(order.contact), decision_id(order.message_id), Decision)
        if found is not None and not _is_due(found.body, now):
            log.info("messaging.decision.repeated", extra={"message_id": order.message_id})
            return
        as_of = found.body.as_of(now) if found else now
        gathered = self.read_situation(order, now=as_of)
        outcome = decide(gathered.situation, self.rules)
        self._commit(found, gathered, self._decided(gathered.situation, outcome, found))

    def _decided(
        self, situation: Situation, outcome: GateDecision, found: Document[Decision] | None
    ) -> Decision:
        decided = _decision(situation, outcome, found)
        is_allowed = decided.state is MessageState.ALLOWED
        return replace(decided, is_tracked=is_allowed and may_track(situation, self.rules))

    def _commit(self, found: Document[Decision] | None, gathered: Gathered, decided: Decision) -> None:
        order = decided.order
        written = replacing(found, decided) if found else Create(decision_id(order.message_id), decided)
        try:
            self.documents.commit(
                contact_partition(order.contact),
                changes=[written, *_counted(gathered, decided)],
                unchanged=gathered.guards,
                announcements=telling(written, decided),
            )
        except AlreadyExists:  # another has decided, or counted the first one, at this moment: read again
            raise LostRace from None
        log.info(
            "messaging.decision.made",
            extra={"message_id": order.message_id, "state": decided.state, "reason": decided.reason},
        )


def _is_due(decision: Decision, now: datetime) -> bool:
    is_held = decision.state is MessageState.HELD
    return is_held and decision.release_at is not None and decision.release_at <= now + EARLY_BY


def _decision(situation: Situation, decided: GateDecision, found: Document[Decision] | None) -> Decision:
    template, order, now = situation.template, situation.order, situation.now
    decision = Decision(
        order=replace(order, round=order.round + 1) if isinstance(decided.outcome, Hold) else order,
        state=MessageState.REFUSED,
        reason=None,
        moved_at=now,
        trail=(*(found.body.trail if found else ()), *decided.trail),
        purpose=situation.purpose,
        template_version=template.version if template else None,
        attempts=found.body.attempts if found else (),
    )
    match decided.outcome:
        case Allow(rendered):
            return replace(decision, state=MessageState.ALLOWED, rendered=Sensitive(rendered))
        case Hold(reason, until):
            return replace(decision, state=MessageState.HELD, reason=reason, release_at=until)
        case Refuse(reason):
            return replace(decision, reason=reason)


def _counted(gathered: Gathered, decided: Decision) -> list[Change]:
    """Count a commercial message in the very commit that allows it, so that no two pass as the last one."""
    if decided.state is not MessageState.ALLOWED or decided.purpose is not Purpose.COMMERCIAL:
        return []
    return [counting(gathered.frequency, decided.order.message_id, gathered.situation.now)]
