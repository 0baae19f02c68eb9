"""On what terms may somebody of the family act for a patient? (PA-9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shared.access.in_fhir import birth_date_of, is_id, is_related
from shared.access.portal_access import FamilyScope, FamilyTerms, is_of_age
from shared.fhir.ports import ClinicalRecord, Resource
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Nonsense, NotFound, Refusal

LONGEST = timedelta(days=365 * 20)


class NotRelated(Refusal):
    """The record does not name this person as somebody of the patient's, now."""


class IsOfAge(Refusal):
    """Only who is a minor, by a date of birth on record, has a guardian."""


@dataclass(frozen=True, slots=True)
class FamilyAsked:
    """Whom to let in: a RelatedPerson of the patient in the record, to do what, until when."""

    related_person_id: str
    scopes: tuple[FamilyScope, ...]
    until: datetime | None = None
    as_guardian: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """Makes terms, and says whether they hold now by what the record says now.

    They end with their period, when the RelatedPerson is not in use or not the patient's any more, and a
    guardian's when the patient comes of age, at midnight where the house is.
    """

    record: ClinicalRecord
    comes_of_age: int
    zone: str

    def agreed(
        self, asked: FamilyAsked, patient: Resource, patient_id: PatientId, now: datetime
    ) -> FamilyTerms:
        """Give the terms that were asked for. Raises why there can be none."""
        _check(asked, now)
        scopes = tuple(sorted(set(asked.scopes)))
        terms = FamilyTerms(asked.related_person_id, scopes, asked.until, asked.as_guardian)
        if not self._is_related(terms, patient_id, now):
            raise NotRelated
        if terms.as_guardian and not self._is_minor(patient, now):
            raise IsOfAge
        return terms

    def hold(self, terms: FamilyTerms, patient: Resource, patient_id: PatientId, now: datetime) -> bool:
        """Say whether somebody may act on these terms now."""
        return (
            (terms.until is None or now < terms.until)
            and (not terms.as_guardian or self._is_minor(patient, now))
            and self._is_related(terms, patient_id, now)
        )

    def _is_related(self, terms: FamilyTerms, patient_id: PatientId, now: datetime) -> bool:
        try:
            person = self.record.read("RelatedPerson", terms.related_person_id)
        except NotFound:
            return False
        return is_related(person, patient_id, now)

    def _is_minor(self, patient: Resource, now: datetime) -> bool:
        born = birth_date_of(patient)
        today = now.astimezone(ZoneInfo(self.zone)).date()
        return born is not None and not is_of_age(born.value, today, at_age=self.comes_of_age)


def _check(asked: FamilyAsked, now: datetime) -> None:
    if not is_id(asked.related_person_id):
        raise Nonsense(("family.related_person_id", "not an id"))
    if not _some(asked.scopes):
        raise Nonsense(("family.scopes", "must name what may be done"))
    if asked.until is None:
        return
    if asked.until.tzinfo is None:
        raise Nonsense(("family.until", "must have an offset"))
    if not now < asked.until <= now + LONGEST:
        raise Nonsense(("family.until", "must be to come, and within 20 years"))


def _some(scopes: Sequence[FamilyScope]) -> bool:
    return 0 < len(scopes) <= len(FamilyScope)
