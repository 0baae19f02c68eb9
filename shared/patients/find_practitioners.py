"""Find a doctor by specialty and name (PA-4)."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from shared.fhir.ports import ClinicalRecord, Resource, SearchParameters
from shared.kernel.refusals import Nonsense
from shared.patients.facts_in_fhir import words_at
from shared.patients.handles import words_in
from shared.patients.in_fhir import mapping_of, mappings_of

MOST_GATHERED = 1000
LONGEST = 100
_PLACE = re.compile(r"[^~]{0,1000}~[A-Za-z0-9\-.]{1,64}")


@dataclass(frozen=True, slots=True)
class WhichPractitioners:
    """A specialty by its code or some of its words, and words of a name; `after` is a former `next`."""

    specialty: str | None = None
    name: str | None = None
    limit: int = 20
    after: str | None = None


@dataclass(frozen=True, slots=True)
class PractitionerShown:
    """Somebody who treats, and in which specialties and places."""

    practitioner_id: str
    name: str | None
    specialties: tuple[str, ...]
    organisations: tuple[str, ...]
    locations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PractitionersFound:
    """One page, by name; `is_cut` says that there were too many to put in order."""

    practitioners: tuple[PractitionerShown, ...]
    next: str | None
    is_cut: bool


@dataclass(frozen=True, slots=True)
class FindPractitioners:
    """Lists who treats, as the record says now: nobody who has left, and no role that is over."""

    record: ClinicalRecord

    def __call__(self, which: WhichPractitioners) -> PractitionersFound:
        """Give them, or raise `Nonsense`."""
        _check(which)
        roles = list(islice(self._all("PractitionerRole"), MOST_GATHERED + 1))
        people = list(islice(self._people(which, roles), MOST_GATHERED + 1))
        by_person = _roles_by_person(roles)
        found = [_shown(one, by_person.get(f"Practitioner/{one['id']}", ())) for one in people]
        in_order = sorted((one for one in found if _fits(one, which)), key=_place)
        rest = [one for one in in_order if which.after is None or _place(one) > which.after]
        page = rest[: max(1, min(which.limit, 100))]
        return PractitionersFound(
            tuple(page),
            _place(page[-1]) if len(rest) > len(page) else None,
            is_cut=max(len(roles), len(people)) > MOST_GATHERED,
        )

    def _people(self, which: WhichPractitioners, roles: Sequence[Resource]) -> Iterator[Resource]:
        """Give who may be meant: those who fill roles of a specialty, or all, or those of a name."""
        if which.specialty is None:
            plain = [word for word in (which.name or "").split() if word.isalpha()]
            longest = sorted(plain, key=len, reverse=True)[:1]
            yield from self._all("Practitioner", *(("name", word) for word in longest))
            return
        meant = (role for role in roles if _is_of(role, which.specialty))
        ids = dict.fromkeys(name.partition("/")[2] for role in meant if (name := _filled_by(role)))
        yield from self.record.read_many([("Practitioner", one) for one in ids]).resources.values()

    def _all(self, type_: str, *asked: tuple[str, str]) -> Iterator[Resource]:
        page: str | None = None
        while True:
            found = self.record.search(type_, SearchParameters((*asked, ("_count", "200"))), page=page)
            yield from (one for one in found.matches if one.get("active") is not False)
            page = found.next
            if page is None:
                return


def _check(which: WhichPractitioners) -> None:
    for field in ("specialty", "name"):
        text = getattr(which, field)
        if text is not None and not 0 < len(text.strip()) <= LONGEST:
            raise Nonsense((field, f"not 1 to {LONGEST} characters"))
    if which.after is not None and not _PLACE.fullmatch(which.after):
        raise Nonsense(("after", "not a former answer's next"))


def _roles_by_person(roles: Iterable[Resource]) -> Mapping[str, Sequence[Resource]]:
    found: dict[str, list[Resource]] = {}
    for role in roles:
        found.setdefault(_filled_by(role), []).append(role)
    return found


def _filled_by(role: Resource) -> str:
    text = mapping_of(role.get("practitioner")).get("reference")
    return text if isinstance(text, str) and text.startswith("Practitioner/") else ""


def _is_of(role: Resource, specialty: str) -> bool:
    codes = {
        str(coding.get("code"))
        for one in mappings_of(role.get("specialty"))
        for coding in mappings_of(one.get("coding"))
    }
    code = specialty.rpartition("|")[2].strip()
    return code in codes or _has_words(words_at(role, ("specialty",)) or "", specialty)


def _has_words(text: str, wanted: str) -> bool:
    """Say whether every word that is wanted begins a word of the text."""
    words, begun = list(words_in(text)), list(words_in(wanted))
    return bool(begun) and all(any(word.startswith(one) for word in words) for one in begun)


def _fits(one: PractitionerShown, which: WhichPractitioners) -> bool:
    return which.name is None or _has_words(one.name or "", which.name)


def _shown(person: Resource, roles: Sequence[Resource]) -> PractitionerShown:
    return PractitionerShown(
        practitioner_id=str(person["id"]),
        name=words_at(person, ("name",)),
        specialties=_each(roles, "specialty"),
        organisations=_each(roles, "organization.display"),
        locations=_each(roles, "location.display"),
    )


def _each(roles: Sequence[Resource], path: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words for role in roles if (words := words_at(role, (path,)))))


def _place(one: PractitionerShown) -> str:
    spelt = " ".join(words_in(one.name or ""))
    return f"{spelt}~{one.practitioner_id}"
