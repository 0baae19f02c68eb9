"""Gather what the gate looks at, with guards on what it rests on."""

from dataclasses import dataclass
from datetime import datetime

from shared.consent.documents import Consents, consents_of
from shared.consent.read_recorded_consents import ReadRecordedConsents
from shared.kernel.documents import Document, Documents, Unchanged, unchanged
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotFound
from shared.messaging.documents import SentCommercially, frequency_of, suppression_of, template_of
from shared.messaging.gate.situation import Situation
from shared.messaging.model import DecideSending
from shared.messaging.suppression import Suppression
from shared.operations.features import Feature
from shared.operations.live_features import LiveFeatures
from shared.patients.model import Profile
from shared.patients.read_profile import ReadProfile


@dataclass(frozen=True, slots=True)
class Gathered:
    """A situation, and the documents of the contact point that it was read from."""

    situation: Situation
    consents: Document[Consents] | None
    suppression: Document[Suppression] | None
    frequency: Document[SentCommercially] | None

    @property
    def guards(self) -> list[Unchanged]:
        """What must not have changed when the decision is committed."""
        return [unchanged(found) for found in (self.consents, self.suppression) if found is not None]


@dataclass(frozen=True, slots=True)
class ReadSituation:
    """Reads person, template, contact point, and the person's Consents in the record, as they are now."""

    documents: Documents
    profiles: ReadProfile
    recorded_consents: ReadRecordedConsents
    features: LiveFeatures

    def __call__(
        self, order: DecideSending, *, now: datetime, template_version: int | None = None
    ) -> Gathered:
        """Read it; with a version, the template is the one that the message was written from."""
        consents = consents_of(self.documents, order.contact)
        suppression = suppression_of(self.documents, order.contact)
        frequency = frequency_of(self.documents, order.contact)
        template = template_of(self.documents, order.template_id, template_version)
        situation = Situation(
            order=order,
            profile=self._profile(order.patient_id),
            template=template.body if template else None,
            consents=(
                *(consents.body.said if consents else ()),
                *self.recorded_consents(order.patient_id, order.channel, now=now),
            ),
            suppression=suppression.body if suppression else None,
            sent=frequency.body.times if frequency else (),
            outreach_is_on=self.features.has(Feature.OUTREACH),
            now=now,
        )
        return Gathered(situation, consents, suppression, frequency)

    def _profile(self, patient_id: PatientId) -> Profile | None:
        """Read the person; who is gone from the record is nobody, and the gate says so."""
        try:
            return self.profiles(patient_id)
        except NotFound:
            return None
