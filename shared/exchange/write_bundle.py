"""Take a FHIR Bundle into the record, as far as the entity maps let it pass (FH-6)."""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from shared.access.model import Caller
from shared.audit.model import Action, RecordAudit
from shared.exchange.bundles import BundleType, Sent, SentBundle, bundle_in
from shared.exchange.documents import maps_in_force
from shared.exchange.model import EntityMaps, Message
from shared.exchange.ports import FhirReading
from shared.fhir.ports import ClinicalRecord, Found, Resource, VersionMismatch, Write
from shared.fhir.versions import version_of
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Documents
from shared.kernel.identity import IdSource, PatientId
from shared.kernel.refusals import LostRace, NotFound, Refusal, Stale
from shared.patients.references import patients_in

log = logging.getLogger(__name__)

EntryOutcome = Literal["created", "updated", "deleted", "unchanged", "refused"]
CHANGED = "has been changed since it was read"
_SET_BY_THE_SERVER = ("versionId", "lastUpdated")


class EntriesRefused(Refusal):
    """Some entries may not pass by the entity maps, and of a transaction none is done then."""

    def __init__(self, *fields: tuple[str, str]) -> None:
        super().__init__()
        self.fields = fields


class EntriesChangedMeanwhile(Stale):
    """Some resources are another version than the entry names, and of a transaction none is written then."""

    def __init__(self, *fields: tuple[str, str]) -> None:
        super().__init__()
        self.fields = fields


@dataclass(frozen=True, slots=True)
class EntryResult:
    """What came of one entry; `why` says what stood against it. What has no `version` is not there."""

    entry: int
    resource_type: str
    id: str
    outcome: EntryOutcome
    version: int | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class BundleWritten:
    """What came of a bundle, entry by entry in its own order."""

    type: BundleType
    results: tuple[EntryResult, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What shall be done about one entry; `before` is the resource as the record has it."""

    sent: Sent
    before: Resource | None
    message: Message | None = None
    why: str | None = None

    @property
    def patients(self) -> Iterator[PatientId]:
        """Name those whose record it touches, also those from whom it takes something away."""
        for resource in (self.before, self.sent.resource):
            yield from patients_in(resource) if resource is not None else ()

    @property
    def write(self) -> Write:
        version = version_of(self.before) if self.before is not None else 0
        method = "DELETE" if self.sent.resource is None else "PUT"
        return Write(method, self.sent.type, self.sent.id, self.sent.resource, if_match=version or None)


@dataclass(frozen=True, slots=True)
class WriteBundle:
    """Writes what passes in one transaction of the record; the same again changes nothing.

    Of a `transaction` all passes or nothing is done. Of a `batch` or a `collection` what may not pass is
    named in the answer, and the rest is done. What was compared must still be so when it is written over.

    Whose record is touched is told to the audit before it is: what cannot be remembered is not done.
    """

    documents: Documents
    record: ClinicalRecord
    reading: FhirReading
    publisher: Publisher
    ids: IdSource

    def __call__(self, *, body: bytes, caller: Caller, now: datetime) -> BundleWritten:
        """Take it in, or raise `Nonsense`, `EntriesRefused`, `EntriesChangedMeanwhile` or `LostRace`."""
        sent = bundle_in(body, self.reading)
        plans = self._planned(sent)
        refused = [(f"entry[{one.sent.place}]", one.why) for one in plans if one.why is not None]
        if refused and sent.type == "transaction":
            kind = EntriesChangedMeanwhile if any(why == CHANGED for _, why in refused) else EntriesRefused
            raise kind(*refused)
        changing = [one for one in plans if one.message is not None]
        self._remember(changing, caller, now)
        stored = dict(zip((one.sent.key for one in changing), self._write(changing), strict=True))
        results = tuple(_result(one, stored) for one in plans)
        told = Counter(f"entries_{one.outcome}" for one in results)
        log.info("exchange.bundle.taken_in", extra={"bundle": sent.type, "entries": len(results), **told})
        return BundleWritten(sent.type, results)

    def _planned(self, sent: SentBundle) -> list[_Plan]:
        maps = maps_in_force(self.documents)
        there = self.record.read_many([one.key for one in sent.entries])
        return [self._plan(one, there, maps) for one in sent.entries]

    def _plan(self, sent: Sent, there: Found, maps: EntityMaps) -> _Plan:
        before = there.resources.get(sent.key)
        if sent.if_match is not None and (before is None or version_of(before) != sent.if_match):
            return _Plan(sent, before, why=CHANGED)
        if self._is_so(sent, before):
            return _Plan(sent, before)
        message = _message(sent, before)
        if not maps.of(sent.type).passes(message):
            return _Plan(sent, before, why=f"{message} does not pass, by the entity map of its type")
        return _Plan(sent, before, message)

    def _is_so(self, sent: Sent, before: Resource | None) -> bool:
        if sent.resource is None or before is None:
            return sent.resource is None and before is None
        return _without_stamp(sent.resource) == _without_stamp(before) and not self.reading.says_more(
            sent.resource
        )

    def _remember(self, changing: Sequence[_Plan], caller: Caller, now: datetime) -> None:
        told: dict[PatientId | None, str] = {}
        for one in changing:
            for patient_id in (*one.patients,) or (None,):
                told.setdefault(patient_id, one.sent.type)
        made = self.ids.new()
        entries = [
            RecordAudit(
                f"write_bundle~{made}~{number}",
                now,
                caller.who,
                "write_bundle",
                f"patient~{patient_id}" if patient_id else f"fhir/{type_}",
                patient_id,
                action=Action.UPDATE,
            )
            for number, (patient_id, type_) in enumerate(told.items())
        ]
        self.publisher.publish([Announcement(one, one.entry_id, (one.entry_id, 1)) for one in entries])

    def _write(self, changing: Sequence[_Plan]) -> Sequence[Resource | None]:
        if not changing:
            return ()
        try:
            return self.record.transaction([one.write for one in changing])
        except (VersionMismatch, NotFound):  # somebody has written there since: look again
            raise LostRace from None


def _message(sent: Sent, before: Resource | None) -> Message:
    if sent.resource is None:
        return "delete"
    return "create" if before is None else "update"


def _without_stamp(resource: Resource) -> Resource:
    """Give what the resource says, without what its server sets."""
    meta: dict[str, Any] = resource.get("meta") or {}
    ours = {name: held for name, held in meta.items() if name not in _SET_BY_THE_SERVER}
    return {**resource, "meta": ours}


def _result(plan: _Plan, stored: Mapping[tuple[str, str], Resource | None]) -> EntryResult:
    sent = plan.sent
    was = version_of(plan.before) if plan.before is not None else None
    if plan.message is None:
        outcome: EntryOutcome = "refused" if plan.why else "unchanged"
        return EntryResult(sent.place, sent.type, sent.id, outcome, was, plan.why)
    if plan.message == "delete":
        return EntryResult(sent.place, sent.type, sent.id, "deleted")
    kept = stored[sent.key]
    version = version_of(kept) if kept is not None else None
    outcome = "created" if plan.message == "create" else "unchanged" if version == was else "updated"
    return EntryResult(sent.place, sent.type, sent.id, outcome, version)
