"""Let the record say what the house knows by itself: one resource, as it stands when we look (FH-7)."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.access.model import Caller
from shared.audit.model import Action, RecordAudit
from shared.exchange.live_write_back import LiveWriteBack
from shared.fhir.ports import ClinicalRecord, Resource, VersionMismatch, Write
from shared.fhir.refusals import RuleOfTheRecord
from shared.fhir.versions import version_of
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.identity import PatientId, derived
from shared.kernel.refusals import Gone, LostRace, Nonsense, NotFound, Refusal
from shared.patients.find_person import FindPerson
from shared.patients.in_fhir import mappings_of
from shared.patients.project_patient import NoSuchPatient

log = logging.getLogger(__name__)

HOUSE = Caller("write-back", "house")
"""Who the audit says has written it: no person asked for it."""
OURS = "urn:patient-engagement:"
"""Begins the system of every identifier that we give."""
AS_WRITTEN = f"{OURS}as-written"
"""Identifies what the house said when it wrote it, however a server spells it since."""

Spell = Callable[[PatientId | None], Resource | None]
"""Spells the resource as the house knows it now, about this patient; None where it knows nothing any more."""


class NotTakenByRecord(Nonsense):
    """The record does not take what the house wrote; where and of which kind each fault is, it says."""


@dataclass(frozen=True, slots=True)
class OwnResource:
    """A resource that is the house's to write: of which type, under which id, and which elements of it.

    The elements of it that the house does not write are others', and stay as they are. Without any, it is
    written once and never again.
    """

    type: str
    id: str
    elements: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class KeepInRecord:
    """Writes a resource over what the record has, where its entity map lets the house write it.

    What the record has been told already is not written again, whatever its server has made of the spelling.
    What somebody has deleted there, or has marked as an error, is theirs and left. About a patient whose
    record was merged into another it is written to that one; about one whom the record does not know, nothing
    is. Each writing is against the version that was looked at, and is told to the audit first.

    After writing it looks again at what the house knows: of two at once, whoever writes last sees to it that
    the newest stands. So the order in which it is asked does not matter.
    """

    record: ClinicalRecord
    find_person: FindPerson
    write_back: LiveWriteBack
    publisher: Publisher

    def allows(self, resource_type: str) -> bool:
        """Say whether the house may write this type."""
        return self.write_back.allows(resource_type)

    def __call__(
        self, own: OwnResource, spell: Spell, *, patient_id: PatientId | None = None, now: datetime
    ) -> None:
        """Write it if it is news. Raises `NotTakenByRecord`, `LostRace` or another `TransientFault`."""
        told = {"resource_type": own.type, "resource": own.id}
        if not self.allows(own.type):
            return
        try:
            subject = self.find_person(patient_id).patient_id if patient_id else None
            there = self._there(own)
        except NoSuchPatient:
            log.info("exchange.resource.of_nobody", extra=told)
            return
        except Gone:
            log.info("exchange.resource.left", extra=told)
            return
        said = spell(subject)
        if said is None or (there is not None and _says(there, _stamped(said))):
            return
        if there is not None and (not own.elements or there.get("status") == "entered-in-error"):
            log.info("exchange.resource.left", extra=told)
            return
        self._remember(own, said, subject, is_new=there is None, now=now)
        self._write(own, _over(there or {}, _stamped(said), own), there)
        log.info("exchange.resource.written", extra=told)
        if spell(subject) != said:
            raise LostRace

    def _there(self, own: OwnResource) -> Resource | None:
        """Give what the record has. Raises `Gone` for what it had."""
        try:
            return self.record.read(own.type, own.id)
        except Gone:
            raise
        except NotFound:
            return None

    def _write(self, own: OwnResource, resource: Resource, there: Resource | None) -> None:
        version = version_of(there) if there is not None else 0
        try:
            self.record.transaction([Write("PUT", own.type, own.id, resource, if_match=version or None)])
        except VersionMismatch:  # somebody has written there since: look again
            raise LostRace from None
        except NotFound as no:
            if there is not None:
                raise LostRace from None
            raise NotTakenByRecord((own.type, type(no).__name__)) from None
        except (RuleOfTheRecord, Nonsense) as no:
            raise NotTakenByRecord(*no.fields) from None
        except Refusal as no:
            raise NotTakenByRecord((own.type, type(no).__name__)) from None

    def _remember(
        self, own: OwnResource, said: Resource, subject: PatientId | None, *, is_new: bool, now: datetime
    ) -> None:
        entry = RecordAudit(
            f"keep_in_record~{derived(own.type, own.id, as_written(said))}",
            now,
            HOUSE.who,
            "keep_in_record",
            f"{own.type}/{own.id}",
            subject,
            action=Action.CREATE if is_new else Action.UPDATE,
        )
        self.publisher.publish([Announcement(entry, entry.entry_id, (entry.entry_id, 1))])


def as_written(resource: Mapping[str, Any]) -> str:
    """Name what a resource of the house says."""
    return derived("as written", json.dumps(resource, sort_keys=True))


def _stamped(resource: Resource) -> Resource:
    """Add to its identifiers, where it may have several, what it says."""
    given = resource.get("identifier")
    if not isinstance(given, list):
        return resource
    stamp = {"system": AS_WRITTEN, "value": as_written(resource)}
    return {**resource, "identifier": [*mappings_of(given), stamp]}


def _says(there: Resource, said: Resource) -> bool:
    return _named(said) <= _named(there)


def _named(resource: Resource) -> set[tuple[Any, Any]]:
    return {(one.get("system"), one.get("value")) for one in _identifiers(resource)}


def _identifiers(resource: Resource) -> list[Mapping[str, Any]]:
    given = resource.get("identifier")
    return list(mappings_of(given if isinstance(given, list) else [given]))


def _over(there: Resource, said: Resource, own: OwnResource) -> Resource:
    """Put what the house says over what is there; what others have added stays.

    A narrative, which tells in words what was there before, does not.
    """
    theirs = {name: held for name, held in there.items() if name not in own.elements | {"text"}}
    added = [one for one in _identifiers(there) if not str(one.get("system")).startswith(OURS)]
    if added and isinstance(said.get("identifier"), list):
        said = {**said, "identifier": [*said["identifier"], *added]}
    return {**theirs, **said}
