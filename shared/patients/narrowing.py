"""Of people who have been found, whom to show (UN-15)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from shared.kernel.refusals import Nonsense
from shared.kernel.sensitive import Sensitive
from shared.patients.handles import words_in
from shared.patients.person import Person

LONGEST = 200
FORMER = "old"
"""The use of an address where somebody does not live any more (FHIR R4, AddressUse)."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What must hold of somebody beside what they are looked for by; what is left out may be anything.

    `language` (BCP 47) is one that they speak, as `sv` or as `sv-SE`. `city` is that of an address that is
    not old, however it is spelt. `general_practitioner` is `Type/id`. The days of birth take in both ends.
    """

    language: str | None = None
    city: Sensitive[str] | None = None
    gender: str | None = None
    general_practitioner: str | None = None
    organisation: str | None = None
    is_active: bool | None = None
    is_deceased: bool | None = None
    born_from: Sensitive[date] | None = None
    born_to: Sensitive[date] | None = None

    def check(self, field: str) -> None:
        """Raise `Nonsense` for what nobody could fit; `field` is where this stands."""
        for name, text in self._texts():
            if not 0 < len(text.strip()) <= LONGEST:
                raise Nonsense((f"{field}.{name}", f"not 1 to {LONGEST} characters"))
        if self.born_from and self.born_to and self.born_to.value < self.born_from.value:
            raise Nonsense((f"{field}.born_to", "before born_from"))

    def holds_of(self, person: Person) -> bool:
        """Say whether all of it is so."""
        profile = person.profile
        return (
            self._speaks(person)
            and self._lives(person)
            and self._was_born(person)
            and self.gender in (None, person.gender)
            and self.organisation in (None, person.organisation)
            and self.general_practitioner in (None, *person.general_practitioners)
            and self.is_active in (None, profile.is_active)
            and self.is_deceased in (None, profile.is_deceased)
        )

    def _texts(self) -> Iterator[tuple[str, str]]:
        texts = (
            ("language", self.language),
            ("city", self.city.value if self.city else None),
            ("gender", self.gender),
            ("general_practitioner", self.general_practitioner),
            ("organisation", self.organisation),
        )
        yield from ((name, text) for name, text in texts if text is not None)

    def _speaks(self, person: Person) -> bool:
        if self.language is None:
            return True
        wanted = self.language.strip().lower()
        return any(f"{tag.lower()}-".startswith(f"{wanted}-") for tag in person.languages)

    def _lives(self, person: Person) -> bool:
        if self.city is None:
            return True
        cities = (one.city or "" for one in person.addresses.value if one.use != FORMER)
        return list(words_in(self.city.value)) in (list(words_in(city)) for city in cities if city)

    def _was_born(self, person: Person) -> bool:
        if self.born_from is None and self.born_to is None:
            return True
        born = person.profile.birth_date.value
        return (
            born is not None
            and (self.born_from is None or self.born_from.value <= born)
            and (self.born_to is None or born <= self.born_to.value)
        )
