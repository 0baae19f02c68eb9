"""Whether a change fires a trigger or takes a firing back: pure, and the same however often it is told."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from shared.fhir.ports import Resource
from shared.kernel.identity import PatientId
from shared.triggers.before import Before, Version
from shared.triggers.in_fhir import happened_at, updated_at, version_of
from shared.triggers.matching import CompiledTrigger
from shared.triggers.model import ReactToChange, When
from shared.triggers.reactions import Reaction, reaction


@dataclass(frozen=True, slots=True)
class Firing:
    """That a resource met a trigger; one per trigger and resource.

    `occurrence` counts how often it has come to stand: a result corrected away and back stands a second time.
    `decided_on` is the greatest version of the resource that was judged, and `decided_at` the latest time, by
    its server's clock: versions begin again after a hard delete, time does not. `trigger_version` is the
    version of the trigger that fired. Firings of old do not know the last two. `reaction` is kept of triggers
    that name attributes: each time one of them changes is an occurrence, while the former ones stand.
    """

    trigger_id: str
    patient_id: PatientId
    resource: str
    state: Literal["standing", "withdrawn"]
    occurrence: int
    decided_on: int
    occurred_at: datetime
    fired_at: datetime
    withdrawn_at: datetime | None = None
    decided_at: datetime | None = None
    trigger_version: int | None = None
    reaction: Reaction | None = None

    @property
    def stands(self) -> bool:
        return self.state == "standing"

    @property
    def fallen(self) -> int:
        """Up to which occurrence none stands any more."""
        if not self.stands:
            return self.occurrence
        return (self.reaction.stands_from if self.reaction else self.occurrence) - 1

    @property
    def reacted_to(self) -> Version | None:
        return self.reaction.to if self.reaction else None

    def has_judged(self, change: ReactToChange) -> bool:
        """Say whether this news is no later than what was judged."""
        is_new = change.version > self.decided_on
        return not is_new and (self.decided_at is None or change.at <= self.decided_at)


@dataclass(frozen=True, slots=True)
class Rules:
    """The trigger in force, by which new firings are judged, and the one by which the firing stands.

    An edit takes nothing back (D5).
    """

    in_force: CompiledTrigger
    as_fired: CompiledTrigger | None = None


def judged(  # the rules, what happened, what is, what was, and when
    rules: Rules,
    change: ReactToChange,
    resource: Resource | None,
    firing: Firing | None,
    now: datetime,
    *,
    before: Before | None = None,
) -> Firing | None:
    """Give the firing as it should now stand, or None when nothing is to be written.

    `resource` is the current state, None when it is gone or no longer this patient's. Whether the change was
    a creation is asked of the change; what it means is asked of the current state, so late and repeated news
    do no harm. Where the trigger names attributes the news is asked nothing: the current state is compared
    with `before`.
    """
    trigger = rules.in_force
    if firing is not None and firing.stands:
        if resource is None or not (rules.as_fired or trigger).holds(resource):
            return _withdrawn(firing, change, resource, now)
        if before is None:
            return None
    if resource is None or not trigger.holds(resource) or not _is_ready(trigger, resource, now):
        return None
    if not trigger.definition.changed:
        is_news = _asked_for(trigger.definition.when, change) and (
            firing is None or not firing.has_judged(change)
        )
        return _fired(trigger, change, resource, firing, now) if is_news else None
    if before is None:
        return None
    standing = firing.reaction if firing is not None and firing.stands else None
    occurrence = firing.occurrence + 1 if firing else 1
    reacts = reaction(trigger, resource, before, standing, occurrence)
    return reacts and replace(_fired(trigger, change, resource, firing, now), reaction=reacts)


def _is_ready(trigger: CompiledTrigger, resource: Resource, now: datetime) -> bool:
    return trigger.definition.state == "ready_to_use" and trigger.is_fresh(resource, now)


def _asked_for(when: When, change: ReactToChange) -> bool:
    return when == "either" or (when == "created") == change.is_creation


def _fired(
    trigger: CompiledTrigger, change: ReactToChange, resource: Resource, firing: Firing | None, now: datetime
) -> Firing:
    return Firing(
        trigger_id=trigger.definition.id,
        patient_id=change.patient_id,
        resource=f"{change.resource_type}/{change.resource_id}",
        state="standing",
        occurrence=firing.occurrence + 1 if firing else 1,
        decided_on=max(change.version, version_of(resource)),
        occurred_at=happened_at(resource) or change.at,
        fired_at=now,
        decided_at=_latest(change.at, updated_at(resource)),
        trigger_version=trigger.definition.version,
    )


def _withdrawn(firing: Firing, change: ReactToChange, resource: Resource | None, now: datetime) -> Firing:
    seen = version_of(resource) if resource is not None else 0
    return replace(
        firing,
        reaction=firing.reaction.fallen() if firing.reaction else None,
        state="withdrawn",
        decided_on=max(firing.decided_on, change.version, seen),
        withdrawn_at=now,
        decided_at=_latest(firing.decided_at, change.at, updated_at(resource) if resource else None),
    )


def _latest(first: datetime | None, *others: datetime | None) -> datetime | None:
    return max((at for at in (first, *others) if at is not None), default=None)
