"""Take on a person's request for what we hold about them, or to have it erased."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.consent.data_requests.documents import CURRENT, going_on, request_partition
from shared.consent.data_requests.find_person import FindPerson
from shared.consent.data_requests.model import (
    GIVES_UP_AFTER,
    DataRequest,
    NobodyKnown,
    Person,
    RequestKind,
)
from shared.consent.data_requests.ports import PersonalData
from shared.consent.record_consent import LONGEST_REASON
from shared.kernel.documents import Create, Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Nonsense
from shared.kernel.sensitive import Sensitive
from shared.patients.model import Channel

LONGEST_ADDRESS = 254


@dataclass(frozen=True, slots=True)
class DataAsked:
    """What is asked, why, and by exactly one of three whose data it is.

    `include_merged` takes what is kept under the ids of records that were merged with theirs, too.
    """

    kind: RequestKind
    why: str
    patient_id: PatientId | None = None
    email: Sensitive[str] | None = None
    phone: Sensitive[str] | None = None
    include_merged: bool = False


@dataclass(frozen=True, slots=True)
class AskForData:
    """Finds the person and writes the request down, audited; it is then carried out step by step.

    Of an address only its keyed name is kept. Asked again under the same id, it is `AlreadyExists`.
    """

    documents: Documents
    find_person: FindPerson
    personal_data: PersonalData

    def __call__(self, asked: DataAsked, *, request_id: str, caller: Caller, now: datetime) -> DataRequest:
        """Take it on, or raise `Nonsense`, `NobodyKnown` or `SeveralPeople`."""
        if not asked.why.strip() or len(asked.why) > LONGEST_REASON:
            raise Nonsense(("why", f"must be words of up to {LONGEST_REASON} characters"))
        person = self._person(asked)
        request = DataRequest(
            id=request_id,
            kind=asked.kind,
            patient_id=person.patient_id,
            contacts=person.contacts,
            why=asked.why,
            asked_by=caller.who,
            asked_at=now,
            gives_up_at=now + GIVES_UP_AFTER,
            other_records=self.find_person.other_records(person.patient_id),
            include_merged=asked.include_merged,
        )
        create = Create(CURRENT, request)
        told = [
            audited(
                create,
                what=f"ask_for_data_{asked.kind}",
                subject=f"data-request/{request_id}",
                who=caller.who,
                now=now,
                patient_id=patient_id,
                why=asked.why,
                entry_id=f"{request_id}~asked~{number}",
            )
            for number, patient_id in enumerate(request.records)
        ]
        self.documents.commit(
            request_partition(request_id), changes=[create], announcements=[*told, going_on(create, request)]
        )
        return request

    def _person(self, asked: DataAsked) -> Person:
        named = [one for one in (asked.patient_id, asked.email, asked.phone) if one is not None]
        if len(named) != 1:
            raise Nonsense(("patient_id", "name a patient_id, an email or a phone, and only one of them"))
        if asked.patient_id is not None:
            if not _is_id(asked.patient_id):
                raise Nonsense(("patient_id", "not the id of a patient"))
            return self._by_id(asked.patient_id)
        channel = Channel.EMAIL if asked.email is not None else Channel.SMS
        address = (asked.email or asked.phone or Sensitive("")).value
        if len(address) > LONGEST_ADDRESS or not address.isprintable():
            raise Nonsense(("email" if asked.email is not None else "phone", "cannot be one"))
        return self.find_person.by_address(channel, address)

    def _by_id(self, patient_id: PatientId) -> Person:
        """Find who has the id; whom the record has forgotten is known by anything that we hold of them."""
        try:
            return self.find_person.by_id(patient_id)
        except NobodyKnown:
            person = Person(patient_id, ())
            if any(next(iter(one.of(person)), None) for one in self.personal_data.holdings):
                return person
            raise


def _is_id(text: str) -> bool:
    """Say whether FHIR lets an id be spelt so (R4 datatypes.html#id)."""
    return 0 < len(text) <= 64 and all(sign.isascii() and (sign.isalnum() or sign in "-.") for sign in text)
