"""Let the record know what somebody has said to us (FH-7's consents, outwards)."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from shared.consent.documents import consents_of
from shared.consent.in_fhir import has_been_changed, last_change
from shared.consent.model import Consent, ConsentKept, newest
from shared.consent.to_fhir import consent_id, consent_resource
from shared.exchange.live_write_back import LiveWriteBack
from shared.fhir.ports import ClinicalRecord, VersionMismatch, Write
from shared.kernel.documents import Documents
from shared.kernel.refusals import LostRace, Nonsense, NotFound, Refusal

log = logging.getLogger(__name__)


class RecordTakesNoConsent(Refusal):
    """The record refuses the Consent that the house wrote; until it takes it, others do not know the word."""

    needs_a_person: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class WriteConsentToRecord:
    """Writes the person's newest word on a matter as a FHIR Consent, where the house wants that and may.

    It writes what stands when it looks, so that told twice, or late, it comes to the same; what the record
    says already is not written again, and what others have made of it since the word was said is theirs. Of a
    person whom the record does not know, nothing is written. What the record refuses is parked with that
    reason: replayed, it is written as it then stands.
    """

    documents: Documents
    record: ClinicalRecord
    is_wanted: bool
    write_back: LiveWriteBack

    def __call__(self, kept: ConsentKept, *, now: datetime) -> None:  # noqa: ARG002  # every act knows the time
        if not self.is_wanted:
            return
        word = self._word(kept)
        if word is None or self._read("Patient", kept.patient_id) is None:
            return
        resource = consent_resource(kept.contact, word)
        there = self._read("Consent", consent_id(kept.contact, word))
        if there is not None and all(there.get(name) == held for name, held in resource.items()):
            return
        if not self.write_back.allows("Consent"):
            log.warning(
                "consent.consent.not_written", extra={"contact": kept.contact, "consent": resource["id"]}
            )
            return
        if there is not None and has_been_changed(there) and word.at < (last_change(there) or word.at):
            log.info("consent.consent.changed_in_record", extra={"consent": resource["id"]})
            return
        version = int(there["meta"]["versionId"]) if there else None
        try:
            self.record.transaction([Write("PUT", "Consent", resource["id"], resource, if_match=version)])
        except (VersionMismatch, NotFound):  # somebody has written there since: look again
            raise LostRace from None
        except (Refusal, Nonsense):
            raise RecordTakesNoConsent from None
        log.info("consent.consent.written", extra={"contact": kept.contact, "consent": resource["id"]})

    def _word(self, kept: ConsentKept) -> Consent | None:
        found = consents_of(self.documents, kept.contact)
        said = found.body.said if found else ()
        theirs = (one for one in said if one.patient_id == kept.patient_id)
        return newest(one for one in theirs if one.is_about(kept.purpose, kept.topic))

    def _read(self, kind: str, id_: str) -> Mapping[str, Any] | None:
        try:
            return self.record.read(kind, id_)
        except NotFound:
            return None
