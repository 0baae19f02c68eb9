"""Read what a template says to a patient of themselves (FH-13)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.fhir.ports import ClinicalRecord
from shared.messaging.gate.patient_words import NAMED_ELSEWHERE, WORDS
from shared.messaging.gate.shown import Shown
from shared.messaging.template import TemplateContent
from shared.patients.names import names_of
from shared.patients.person import Person

NOTHING = Shown({}, "UTC")
"""Of whom nothing may be said: every word is missing, and takes its default."""


@dataclass(frozen=True, slots=True)
class TellOfPatient:
    """Gives the words of one person, as the record has them now; what it does not say is missing.

    Practitioners and organisations are read only where the template names one. May raise `TransientFault`.
    """

    record: ClinicalRecord

    def __call__(self, person: Person, content: TemplateContent, *, now: datetime) -> Shown:
        asked = _theirs(person) if _asks_for_names(content) else ()
        names = names_of(self.record, asked)
        said = {word: told(person, names, now) for word, told in WORDS.items()}
        return Shown(said, person.time_zone)


def _theirs(person: Person) -> Iterator[str]:
    yield from person.general_practitioners
    if person.organisation is not None:
        yield person.organisation


def _asks_for_names(content: TemplateContent) -> bool:
    texts = [text or "" for one in content.variants for text in (one.text, one.subject, one.html)]
    return any(word in text for word in NAMED_ELSEWHERE for text in texts)
