"""Show a patient what is new and what is to come (PA-3)."""

from dataclasses import dataclass
from datetime import datetime

from shared.fhir.ports import ClinicalRecord
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.patients.facts import Fact
from shared.patients.find_person import FindPerson
from shared.patients.home import MOST_MEDICATIONS, MOST_MESSAGES, MOST_VISITS, HomeFeed, seen_by
from shared.patients.names import names_of
from shared.patients.ports import Inbox
from shared.patients.read_facts import ReadFacts
from shared.patients.views import latest_first, shown, upcoming, visit_shown

_IN_USE = frozenset({"active", "on-hold", None})


@dataclass(frozen=True, slots=True)
class ShowHome:
    """Gives the feed of the patient who asks, of their record or of the one that stands in its place."""

    record: ClinicalRecord
    documents: Documents
    find_person: FindPerson
    read_facts: ReadFacts
    inbox: Inbox

    def __call__(self, *, patient_id: PatientId, now: datetime) -> HomeFeed:
        person_id = self.find_person(patient_id).patient_id
        found = self.read_facts(person_id, types=("Appointment", "MedicationRequest"), now=now)
        visits = upcoming(found.facts, now)[:MOST_VISITS]
        in_use = [fact for fact in found.of("MedicationRequest") if _is_in_use(fact, now)]
        medications = latest_first(in_use)[:MOST_MEDICATIONS]
        names = names_of(self.record, {one for fact in (*visits, *medications) for one in fact.people})
        messages, seen = self.inbox(patient_id), seen_by(self.documents, patient_id)
        return HomeFeed(
            unread=sum(seen is None or one.at > seen.body.at for one in messages),
            messages=tuple(messages[:MOST_MESSAGES]),
            upcoming=tuple(visit_shown(fact, names) for fact in visits),
            medications=tuple(shown(fact, names) for fact in medications),
        )


def _is_in_use(fact: Fact, now: datetime) -> bool:
    return fact.status in _IN_USE and (fact.ends_at is None or fact.ends_at > now)
