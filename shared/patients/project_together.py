"""Bring what is kept of patients up to date with many changes at once, as if each had come alone (FH-13)."""

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.fhir.ports import ClinicalRecord, Found, Resource
from shared.fhir.versions import is_behind
from shared.kernel.documents import Commit, Document, Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import AlreadyExists, LostRace, NotYetVisible, PutOff, TransientFault
from shared.patients.documents import PROJECTION, Projection, fact_id, patient_partition
from shared.patients.facts import Fact
from shared.patients.facts_in_fhir import fact_from
from shared.patients.keeping_facts import kept, noted
from shared.patients.model import ProjectChange
from shared.patients.project_change import ProjectResourceChange
from shared.patients.references import patients_in

log = logging.getLogger(__name__)

Outcome = Exception | None
Key = tuple[PatientId, str, str]
"""Whose, and which resource: what one fact is kept of."""
States = Mapping[PatientId, Document[Projection]]

MOST_TOGETHER = 90
"""Changes done together, which may all be one patient's: below what one commit takes (D4: 100)."""
_ALONE = frozenset({"Patient", "Encounter"})
"""More than a fact hangs on these."""
LONGEST = 60.0
"""Seconds after which nothing more is begun: nobody renews the lock of a batch, which is five minutes."""


@dataclass(frozen=True, slots=True)
class ProjectTogether:
    """Does for many changes what `ProjectResourceChange` does for each, under the same guards.

    Facts cost two looks into the store, two requests to the record and one commit for each patient. What is
    more than a fact, or does not name its patient itself, is done alone. `pace` gives the seconds of a clock
    that nobody moves.
    """

    record: ClinicalRecord
    documents: Documents
    project_change: ProjectResourceChange
    pace: Callable[[], float]

    def __call__(self, asked: Sequence[ProjectChange], *, now: datetime) -> Sequence[Outcome]:
        """Project; give for each None, or the fault that it is to come again for.

        `NotYetVisible` while the record is behind what was announced, `LostRace` where what was read no
        longer stood when it was kept, `PutOff` where time was short.
        """
        outcomes: list[Outcome] = []
        ends = self.pace() + LONGEST
        for start in range(0, len(asked), MOST_TOGETHER):
            some = asked[start : start + MOST_TOGETHER]
            outcomes += self._some(some, now, ends) if self.pace() < ends else [PutOff()] * len(some)
        return outcomes

    def _some(self, asked: Sequence[ProjectChange], now: datetime, ends: float) -> list[Outcome]:
        facts = [one for one in asked if one.resource_type not in _ALONE]
        states = self._states(facts)
        keys = list(dict.fromkeys(_key(one) for one in facts if one.patient_id in states))
        before = self._before(keys)
        found = self.record.read_many(list(dict.fromkeys(key[1:] for key in keys))) if keys else Found({})
        ahead = {id(one) for one in facts if _is_ahead(one, found)}
        visible = {_key(one) for one in facts if id(one) not in ahead}
        wanted = {key for key in visible if key in before and _names_whose_it_is(key, found)}
        failed = self._keep(states, {key: before[key] for key in keys if key in wanted}, found, now)

        def outcome(one: ProjectChange) -> Outcome:
            if one.resource_type not in _ALONE:
                if one.patient_id not in states:
                    return None
                if id(one) in ahead:
                    return NotYetVisible()
                if _key(one) in wanted:
                    return failed.get(_key(one))
            return self._alone(one, now) if self.pace() < ends else PutOff()

        return [outcome(one) for one in asked]

    def _alone(self, asked: ProjectChange, now: datetime) -> Outcome:
        try:
            self.project_change(asked, now=now)
        except TransientFault as fault:
            return fault
        return None

    def _states(self, facts: Sequence[ProjectChange]) -> States:
        patients = list(dict.fromkeys(one.patient_id for one in facts))
        places = [(patient_partition(one), PROJECTION) for one in patients]
        looked = zip(patients, self.documents.look_many(places, Projection), strict=True)
        return {patient_id: state for patient_id, state in looked if state is not None}

    def _before(self, keys: Sequence[Key]) -> Mapping[Key, Document[Fact] | None]:
        places = [(patient_partition(key[0]), fact_id(f"{key[1]}/{key[2]}")) for key in keys]
        return dict(zip(keys, self.documents.look_many(places, Fact), strict=True))

    def _keep(
        self, states: States, before: Mapping[Key, Document[Fact] | None], found: Found, now: datetime
    ) -> Mapping[Key, Exception]:
        """Commit what the resources say of each patient; give what stands in the way of which."""
        after = {key: _fact(key, found) for key in before}
        theirs: dict[PatientId, list[Key]] = defaultdict(list)
        for key in before:
            theirs[key[0]].append(key)
        commits: dict[PatientId, Commit] = {}
        for patient_id, keys in theirs.items():
            changes = [change for key in keys for change in kept(before[key], after[key])]
            if changes or states[patient_id].body.building_since is not None:
                marks, guards = noted(states[patient_id], now)
                commits[patient_id] = Commit(patient_partition(patient_id), [*changes, *marks], guards)
        outcomes = dict(zip(commits, self.documents.commit_many(list(commits.values())), strict=True))
        failed = {key: why for key in before if (why := _why(outcomes.get(key[0]))) is not None}
        new = [key for key in before if before[key] is None and after[key] is not None and key not in failed]
        log.info("patients.change.projected", extra={"patients": len(commits), "facts": len(before)})
        return {**failed, **self._look_again(new, after, found)}

    def _look_again(
        self, new: Sequence[Key], after: Mapping[Key, Fact | None], found: Found
    ) -> Mapping[Key, Exception]:
        """Make sure that what was kept for the first time still stood then.

        What was deleted, or became another patient's, in between had no holder yet to be told.
        """
        if not new:
            return {}
        again = self.record.read_many(list(dict.fromkeys(key[1:] for key in new)))
        return {
            key: LostRace("the record")
            for key in new
            if again.resources.get(key[1:]) != found.resources.get(key[1:])
            and _fact(key, again) != after[key]
        }


def _key(asked: ProjectChange) -> Key:
    return asked.patient_id, asked.resource_type, asked.resource_id


def _fact(key: Key, found: Found) -> Fact | None:
    """Flatten what a resource says of a patient; None where it is gone, or about others."""
    resource = found.resources.get(key[1:])
    return fact_from(resource, key[0]) if resource is not None else None


def _names_whose_it_is(key: Key, found: Found) -> bool:
    """Say whether that stands in the resource itself; of what is gone it is not asked."""
    resource: Resource | None = found.resources.get(key[1:])
    return resource is None or bool(patients_in(resource))


def _is_ahead(asked: ProjectChange, found: Found) -> bool:
    """Say whether the record does not show yet what was announced."""
    reference = (asked.resource_type, asked.resource_id)
    resource = found.resources.get(reference)
    if resource is None:
        return asked.happened != "deleted" and reference not in found.gone
    return is_behind(resource, asked.version, asked.at)


def _why(outcome: Outcome) -> Outcome:
    """Say what a commit's failure means: projected twice at once is a race, as any other is."""
    return LostRace("the store") if isinstance(outcome, AlreadyExists) else outcome
