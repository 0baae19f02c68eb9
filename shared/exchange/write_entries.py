"""Write resources that somebody sends into the record, as far as entity maps let them pass (FH-6)."""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from shared.access.model import Caller
from shared.audit.model import Action, RecordAudit
from shared.exchange.bundles import BundleType
from shared.exchange.documents import maps_in_force
from shared.exchange.model import EntityMaps, Message
from shared.exchange.only_theirs import is_a_part
from shared.exchange.ports import FhirReading
from shared.exchange.settle_bundle import Sent
from shared.fhir.ports import ClinicalRecord, Found, Resource, VersionMismatch, Write
from shared.fhir.versions import version_of
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Documents
from shared.kernel.identity import IdSource, PatientId
from shared.kernel.refusals import LostRace, Nonsense, NotFound, Refusal, Stale
from shared.patients.find_patient import FindPatient

log = logging.getLogger(__name__)

EntryOutcome = Literal["created", "updated", "deleted", "unchanged", "refused"]
Stored = Mapping[int, Resource | None]
"""What was stored of which entry; one that is missing was not written."""
CHANGED = "has been changed since it was read"
NOT_WRITTEN = "the record does not take it"
IS_A_PART = "is tagged as a part of a resource, and would take away the rest"
IS_ANOTHER = "what was once made so does not meet the condition any more"
_SET_BY_THE_SERVER = ("versionId", "lastUpdated")


class EntriesRefused(Refusal):
    """Some entries may not pass by the entity maps, and of a transaction none is done then."""

    def __init__(self, *fields: tuple[str, str]) -> None:
        super().__init__()
        self.fields = fields


class EntriesChangedMeanwhile(Stale):
    """What some entries are to be done to is another version, or not one resource, and none is done then."""

    def __init__(self, *fields: tuple[str, str]) -> None:
        super().__init__()
        self.fields = fields


@dataclass(frozen=True, slots=True)
class EntryResult:
    """What came of one entry; `why` says what stood against it. What has no `version` is not there.

    It has no `id` where its condition is not met by one resource.
    """

    entry: int
    resource_type: str
    id: str | None
    outcome: EntryOutcome
    version: int | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class _Plan:
    """What shall be done about one entry; `before` is the resource as the record has it."""

    sent: Sent
    before: Resource | None
    message: Message | None = None
    why: str | None = None
    is_by_version: bool = False

    @property
    def write(self) -> Write:
        version = version_of(self.before) if self.before is not None else 0
        method = "DELETE" if self.sent.resource is None else "PUT"
        return Write(method, self.sent.type, self.sent.id, self.sent.resource, if_match=version or None)


@dataclass(frozen=True, slots=True)
class WriteEntries:
    """Writes what passes; the same again changes nothing.

    Of a `transaction` all passes or nothing is done. Of a `batch` or a `collection` what may not pass is
    named in the answer, and the rest is done: together, or, where the record refuses that, each by itself.
    What was compared must still be so when it is written over.

    Whose record is touched is told to the audit before it is: what cannot be remembered is not done.
    """

    documents: Documents
    record: ClinicalRecord
    reading: FhirReading
    publisher: Publisher
    ids: IdSource

    def __call__(
        self,
        entries: Sequence[Sent],
        *,
        over: Found | None = None,
        type_: BundleType,
        act: str,
        caller: Caller,
        now: datetime,
    ) -> tuple[EntryResult, ...]:
        """Write them, or raise `EntriesRefused`, `EntriesChangedMeanwhile` or `LostRace`.

        `over` is what they were made from, where that has been read already.
        """
        there = over or self.record.read_many([one.key for one in entries if one.key is not None])
        maps = maps_in_force(self.documents)
        plans = [self._plan(one, there, maps) for one in entries]
        refused = [one for one in plans if one.why is not None]
        if refused and type_ == "transaction":
            kind = EntriesChangedMeanwhile if any(one.is_by_version for one in refused) else EntriesRefused
            raise kind(*((f"entry[{one.sent.place}]", one.why or "") for one in refused))
        changing = [one for one in plans if one.message is not None]
        self._remember(changing, act, caller, now)
        stored = self._write(changing, apart=type_ != "transaction")
        results = tuple(_result(one, stored) for one in plans)
        told = Counter(f"entries_{one.outcome}" for one in results)
        log.info("exchange.bundle.taken_in", extra={"bundle": type_, "entries": len(results), **told})
        return results

    def _plan(self, sent: Sent, there: Found, maps: EntityMaps) -> _Plan:
        before = None if sent.key is None else there.resources.get(sent.key)
        if sent.unmet is not None:
            return _Plan(sent, before, why=sent.unmet, is_by_version=True)
        if sent.if_match is not None and (before is None or version_of(before) != sent.if_match):
            return _Plan(sent, before, why=CHANGED, is_by_version=True)
        if sent.is_met or self._is_so(sent, before):
            return _Plan(sent, before)
        if sent.is_new and before is not None:
            return _Plan(sent, before, why=IS_ANOTHER, is_by_version=True)
        message = _message(sent, before)
        why = _against(sent, message, maps)
        return _Plan(sent, before, None if why else message, why=why)

    def _is_so(self, sent: Sent, before: Resource | None) -> bool:
        if sent.resource is None or before is None:
            return sent.resource is None and before is None
        return _without_stamp(sent.resource) == _without_stamp(before) and not self.reading.says_more(
            sent.resource
        )

    def _remember(self, changing: Sequence[_Plan], act: str, caller: Caller, now: datetime) -> None:
        told: dict[PatientId | None, str] = {}
        for one in changing:
            for patient_id in self._touched(one) or (None,):
                told.setdefault(patient_id, one.sent.type)
        made = self.ids.new()
        entries = [
            RecordAudit(
                f"{act}~{made}~{number}",
                now,
                caller.who,
                act,
                f"patient~{patient_id}" if patient_id else f"fhir/{type_}",
                patient_id,
                action=Action.UPDATE,
            )
            for number, (patient_id, type_) in enumerate(told.items())
        ]
        self.publisher.publish([Announcement(one, one.entry_id, (one.entry_id, 1)) for one in entries])

    def _touched(self, plan: _Plan) -> Sequence[PatientId]:
        """Name those whose record it touches, also those from whom it takes something away."""
        whose = FindPatient(self.record)
        resources = [one for one in (plan.before, plan.sent.resource) if one is not None]
        return [patient_id for one in resources for patient_id in sorted(whose.all_of(one))]

    def _write(self, changing: Sequence[_Plan], *, apart: bool) -> Stored:
        """Write all at once. Where the record refuses them so, those of a batch are written one by one."""
        if not changing:
            return {}
        try:
            done = self.record.transaction([one.write for one in changing])
        except (VersionMismatch, NotFound):  # somebody has written there since: look again
            raise LostRace from None
        except (Refusal, Nonsense):
            if not apart:
                raise
            return dict(self._each(changing))
        return {one.sent.place: stored for one, stored in zip(changing, done, strict=True)}

    def _each(self, changing: Sequence[_Plan]) -> Iterator[tuple[int, Resource | None]]:
        for one in changing:
            try:
                (stored,) = self.record.transaction([one.write])
            except (VersionMismatch, NotFound):
                raise LostRace from None
            except (Refusal, Nonsense) as no:
                told = {"resource_type": one.sent.type, "reason": type(no).__name__}
                log.warning("exchange.entry.not_written", extra=told)
            else:
                yield one.sent.place, stored


def _against(sent: Sent, message: Message, maps: EntityMaps) -> str | None:
    if not maps.of(sent.type).passes(message):
        return f"{message} does not pass, by the entity map of its type"
    return IS_A_PART if sent.resource is not None and is_a_part(sent.resource) else None


def _message(sent: Sent, before: Resource | None) -> Message:
    if sent.resource is None:
        return "delete"
    return "create" if before is None else "update"


def _without_stamp(resource: Resource) -> Resource:
    """Give what the resource says, without what its server sets."""
    meta: dict[str, Any] = resource.get("meta") or {}
    ours = {name: held for name, held in meta.items() if name not in _SET_BY_THE_SERVER}
    return {**resource, "meta": ours}


def _result(plan: _Plan, stored: Stored) -> EntryResult:
    sent = plan.sent
    was = version_of(plan.before) if plan.before is not None else None
    if plan.message is None:
        outcome: EntryOutcome = "refused" if plan.why else "unchanged"
        return EntryResult(sent.place, sent.type, sent.id, outcome, was, plan.why)
    if sent.place not in stored:
        return EntryResult(sent.place, sent.type, sent.id, "refused", was, NOT_WRITTEN)
    if plan.message == "delete":
        return EntryResult(sent.place, sent.type, sent.id, "deleted")
    kept = stored[sent.place]
    version = version_of(kept) if kept is not None else None
    outcome = "created" if plan.message == "create" else "unchanged" if version == was else "updated"
    return EntryResult(sent.place, sent.type, sent.id, outcome, version)
