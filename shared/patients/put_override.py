"""Let something stand over a patient's profile for four hours (UN-16)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.calendars.zones import is_zone
from shared.kernel.documents import Create, Documents, replacing
from shared.kernel.identity import PatientId
from shared.kernel.refusals import AlreadyExists, LostRace, Nonsense, Refusal
from shared.kernel.sensitive import Sensitive
from shared.patients.documents import patient_partition
from shared.patients.find_person import FindPerson
from shared.patients.overrides import CURRENT, LAST, Overridden, override_of

LONGEST_NAME = 100
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)


class OverrideSaysNothing(Refusal):
    """Say what shall stand over the profile; what stands there goes by itself."""


@dataclass(frozen=True, slots=True)
class OverrideWanted:
    """What shall stand over the profile; what is left out is as the record says."""

    language: str | None = None
    time_zone: str | None = None
    preferred_name: Sensitive[str] | None = None


@dataclass(frozen=True, slots=True)
class PutOverride:
    """Sets it over whatever stood there, seen within seconds and gone in four hours; audited.

    Segments and measures are not reckoned anew for it: it is nothing that the record says.
    """

    documents: Documents
    find_person: FindPerson

    def __call__(
        self, wanted: OverrideWanted, *, patient_id: PatientId, caller: Caller, now: datetime
    ) -> Overridden:
        """Set it, or raise `Nonsense`, `OverrideSaysNothing` or `NoSuchPatient`."""
        person = self.find_person(patient_id).person
        problems = list(_problems(wanted))
        if problems:
            raise Nonsense(*problems)
        if wanted == OverrideWanted():
            raise OverrideSaysNothing
        over = Overridden(
            language=wanted.language,
            time_zone=wanted.time_zone,
            preferred_name=Sensitive(wanted.preferred_name.value if wanted.preferred_name else None),
            set_by=caller.who,
            set_at=now,
            expires_at=now + LAST,
        )
        before = override_of(self.documents, person.patient_id)
        ends = over.expires_at
        write = replacing(before, over, expires_at=ends) if before else Create(CURRENT, over, expires_at=ends)
        told = audited(
            write,
            what="put_override",
            subject=f"patient/{person.patient_id}",
            who=caller.who,
            now=now,
            patient_id=person.patient_id,
            entry_id=f"put_override~{person.patient_id}~{now.isoformat()}~{caller.who}",
        )
        try:
            self.documents.commit(patient_partition(person.patient_id), changes=[write], announcements=[told])
        except AlreadyExists:
            raise LostRace from None
        return over


def _problems(wanted: OverrideWanted) -> Iterator[tuple[str, str]]:
    if wanted.language is not None and not _LANGUAGE.fullmatch(wanted.language):
        yield "language", "not a language tag (BCP 47)"
    if wanted.time_zone is not None and not is_zone(wanted.time_zone):
        yield "time_zone", "not an IANA time zone"
    name = wanted.preferred_name.value if wanted.preferred_name else None
    if name is not None and not (0 < len(name.strip()) <= LONGEST_NAME and name.isprintable()):
        yield "preferred_name", f"not one line of 1 to {LONGEST_NAME} characters"
