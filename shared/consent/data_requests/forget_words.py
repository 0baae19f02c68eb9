"""Take a person out of what was said about their contact points, so that every no still holds."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from shared.consent.data_requests.find_person import ERASED
from shared.consent.data_requests.model import Person
from shared.consent.documents import CONSENTS, Consents, consents_of
from shared.consent.model import Choice, Consent, Purpose, Source, with_consent
from shared.kernel.documents import Create, Documents, replacing
from shared.kernel.refusals import AlreadyExists, LostRace
from shared.patients.contact_keys import contact_partition

_NOT_ASKED_FOR = (Purpose.COMMERCIAL, Purpose.TRACKING)


def forget_words(documents: Documents, person: Person, *, before: datetime) -> None:
    """Do it at each of their contact points; done again, it changes nothing.

    What they said since they asked is a new word, and stays.
    """
    for contact in person.contacts:
        found = consents_of(documents, contact)
        former = found.body.said if found else ()
        kept = without(former, person, before=before)
        if kept == former:
            continue
        write = replacing(found, Consents(kept)) if found else Create(CONSENTS, Consents(kept))
        try:
            documents.commit(contact_partition(contact), changes=[write])
        except AlreadyExists:
            raise LostRace from None


def without(said: Iterable[Consent], person: Person, *, before: datetime) -> tuple[Consent, ...]:
    """Give the words without the person's: their refusals stay, as nobody's, and without a reason.

    Where nobody else uses the contact point, they are also taken to want no advertising and no tracking
    there: who wants to be forgotten is not written to as if they had never been known.
    """
    known = tuple(said)
    theirs = [one for one in known if one.patient_id == person.patient_id and one.at <= before]
    others = tuple(one for one in known if one not in theirs)
    refusals = [replace(one, patient_id=ERASED, reason=None) for one in theirs if one.is_refusal]
    if all(one.patient_id == ERASED for one in others):
        refusals += [
            Consent(ERASED, purpose, None, Choice.OPTED_OUT, before, Source.PATIENT)
            for purpose in _NOT_ASKED_FOR
        ]
    for refusal in refusals:
        others = with_consent(others, refusal)
    return others
