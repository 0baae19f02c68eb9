"""Whether a change fires a trigger or takes a firing back: pure, and the same however often it is told."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from shared.fhir.ports import Resource
from shared.kernel.identity import PatientId
from shared.triggers.in_fhir import happened_at, updated_at, version_of
from shared.triggers.matching import CompiledTrigger
from shared.triggers.model import ReactToChange, When


@dataclass(frozen=True, slots=True)
class Firing:
    """That a resource met a trigger; one per trigger and resource.

    `occurrence` counts how often it has come to stand: a result corrected away and back stands a second time.
    `decided_on` is the greatest version of the resource that was judged, and `decided_at` the latest time, by
    its server's clock: versions begin again after a hard delete, time does not. `trigger_version` is the
    version of the trigger that fired. Firings of old do not know the last two.
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

    @property
    def stands(self) -> bool:
        return self.state == "standing"

    def has_judged(self, change: ReactToChange) -> bool:
        """Say whether this news is no later than what was judged."""
        is_new = change.version > self.decided_on
        return not is_new and (self.decided_at is None or change.at <= self.decided_at)


def judged(  # two triggers, what happened, what is, what was, and when
    trigger: CompiledTrigger,
    change: ReactToChange,
    resource: Resource | None,
    firing: Firing | None,
    now: datetime,
    *,
    as_fired: CompiledTrigger | None = None,
) -> Firing | None:
    """Give the firing as it should now stand, or None when nothing is to be written.

    `trigger` is the one in force, by which new firings are judged; `as_fired` is the version by which the
    firing stands, if that is another: an edit takes nothing back (D5). `resource` is the current state, None
    when it is gone or no longer this patient's. Whether the change was a creation is asked of the change;
    what it means is asked of the current state, so late and repeated news do no harm.
    """
    if firing is not None and firing.stands:
        still_meets = resource is not None and (as_fired or trigger).holds(resource)
        return None if still_meets else _withdrawn(firing, change, resource, now)
    if resource is None or not trigger.holds(resource):
        return None
    if not _may_fire(trigger, change, resource, firing, now):
        return None
    return _fired(trigger, change, resource, firing, now)


def _may_fire(
    trigger: CompiledTrigger, change: ReactToChange, resource: Resource, firing: Firing | None, now: datetime
) -> bool:
    definition = trigger.definition
    return (
        definition.state == "ready_to_use"
        and _asked_for(definition.when, change.version)
        and (firing is None or not firing.has_judged(change))
        and trigger.is_fresh(resource, now)
    )


def _asked_for(when: When, version: int) -> bool:
    return when == "either" or (when == "created") == (version == 1)


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
        state="withdrawn",
        decided_on=max(firing.decided_on, change.version, seen),
        withdrawn_at=now,
        decided_at=_latest(firing.decided_at, change.at, updated_at(resource) if resource else None),
    )


def _latest(first: datetime | None, *others: datetime | None) -> datetime | None:
    return max((at for at in (first, *others) if at is not None), default=None)
