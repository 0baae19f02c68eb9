"""Find people by what they are known by (UN-15)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from shared.access.model import Caller, Scope
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Nonsense, Refusal
from shared.kernel.sensitive import Sensitive
from shared.patients.contact_keys import ContactKeys
from shared.patients.documents import KNOWN_BY, person_of
from shared.patients.handles import Handle, Handles, words_in
from shared.patients.masking import MaskedPoint, masked
from shared.patients.model import PointSystem, e164, mailbox
from shared.patients.narrowing import LONGEST, Narrowing
from shared.patients.person import Person, SourceId

MOST = 50
MOST_LOOKED_AT = 300
"""People who share the rarest thing asked for that are looked at for one page."""
MOST_WORDS = 6


class SearchIsTooWide(Refusal):
    """Ask for a number, an address or an identifier, or for a name together with a date of birth."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """By what to look; all of it must hold, exactly, however it is spelt.

    A name is one or more of its words. `system` narrows an identifier to those of one source. `only` narrows
    further whom the rest finds, and finds nobody by itself.
    """

    name: Sensitive[str] | None = None
    birth_date: Sensitive[date] | None = None
    identifier: Sensitive[str] | None = None
    system: str | None = None
    phone: Sensitive[str] | None = None
    email: Sensitive[str] | None = None
    only: Narrowing = field(default_factory=Narrowing)
    limit: int = 20
    after: str | None = None


@dataclass(frozen=True, slots=True)
class PersonFound:
    """So much of a person as tells them from others; contact points are masked."""

    patient_id: PatientId
    given: Sensitive[str | None]
    family: Sensitive[str | None]
    birth_date: Sensitive[date | None]
    gender: str | None
    is_active: bool
    is_deceased: bool
    replaced_by: PatientId | None
    contact_points: tuple[MaskedPoint, ...]
    identifiers: Sensitive[tuple[SourceId, ...]]


@dataclass(frozen=True, slots=True)
class PeopleFound:
    """One page, in no order that says anything; `next` may be there though this page is short or empty."""

    people: tuple[PersonFound, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class SearchPatients:
    """Looks among the people kept here, by keyed digests alone: what is asked for is written nowhere.

    Whose scope is less than the organisation must know somebody to find them: one identifying thing, or name
    and date of birth together. Others may also look through a name or a birthday.
    """

    documents: Documents
    keys: ContactKeys
    region: str

    def __call__(self, wanted: Wanted, *, caller: Caller) -> PeopleFound:
        """Find them, or raise `Nonsense` or `SearchIsTooWide`."""
        wanted.only.check("only")
        asked = list(self._asked(wanted))
        limit = max(1, min(wanted.limit, MOST))
        is_wide = caller.scope is not Scope.ORGANISATION and not _names_somebody(wanted)
        if is_wide or not asked:
            raise SearchIsTooWide
        people: list[PersonFound] = []
        after, looked_at = wanted.after, 0
        while True:
            page = self.documents.find(
                KNOWN_BY, Handle, equal_to=asked[0], limit=min(limit - len(people), MOST), after=after
            )
            people += self._fitting([one.body.patient_id for one in page.items], asked[1:], wanted.only)
            after, looked_at = page.next, looked_at + len(page.items)
            if after is None or len(people) >= limit or looked_at >= MOST_LOOKED_AT:
                return PeopleFound(tuple(people), after)

    def _fitting(
        self, found: Sequence[PatientId], also: Sequence[str], only: Narrowing
    ) -> Iterator[PersonFound]:
        for patient_id in found:
            kept = person_of(self.documents, patient_id)
            if kept is None or not only.holds_of(kept.body):
                continue
            if set(also) <= Handles(self.keys).of(kept.body):
                yield _shown(kept.body)

    def _asked(self, wanted: Wanted) -> Iterator[str]:
        """Give the keys of all that is asked for, what fewest people share first."""
        handles = Handles(self.keys)
        if wanted.identifier is not None:
            yield handles.identifier(wanted.system, _text(wanted.identifier, "identifier"))
        if wanted.phone is not None:
            number = e164(_text(wanted.phone, "phone"), region=self.region)
            yield handles.point(PointSystem.PHONE, _read(number, "phone"))
        if wanted.email is not None:
            yield handles.point(PointSystem.EMAIL, _read(mailbox(_text(wanted.email, "email")), "email"))
        if wanted.birth_date is not None:
            yield handles.born(wanted.birth_date.value)
        if wanted.name is not None:
            words = list(dict.fromkeys(words_in(_text(wanted.name, "name"))))
            if not 1 <= len(words) <= MOST_WORDS:
                raise Nonsense(("name", f"not 1 to {MOST_WORDS} words"))
            yield from map(handles.word, sorted(words, key=len, reverse=True))


def _names_somebody(wanted: Wanted) -> bool:
    surely = (wanted.identifier, wanted.phone, wanted.email)
    return any(one is not None for one in surely) or None not in (wanted.name, wanted.birth_date)


def _text(given: Sensitive[str], at: str) -> str:
    if not 0 < len(given.value.strip()) <= LONGEST:
        raise Nonsense((at, f"not 1 to {LONGEST} characters"))
    return given.value


def _read(value: str | None, at: str) -> str:
    if value is None:
        raise Nonsense((at, "cannot be one"))
    return value


def _shown(person: Person) -> PersonFound:
    profile = person.profile
    return PersonFound(
        patient_id=person.patient_id,
        given=profile.given,
        family=profile.family,
        birth_date=profile.birth_date,
        gender=person.gender,
        is_active=profile.is_active,
        is_deceased=profile.is_deceased,
        replaced_by=profile.replaced_by,
        contact_points=tuple(map(masked, profile.contact_points)),
        identifiers=person.identifiers,
    )
