"""By what a person can be found, spelt so that nobody can read it where it is kept (UN-15, D17)."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from shared.kernel.identity import PatientId
from shared.patients.contact_keys import ContactKeys
from shared.patients.model import PointSystem
from shared.patients.person import Person

MOST_HANDLES = 40
"""Of one person; somebody with more names and numbers than that is found by the first of them."""
_NO_LETTER = re.compile(r"[\W_]+")
_APOSTROPHES = re.compile(r"['\u2019`\u00b4\u02bc]")


@dataclass(frozen=True, slots=True)
class Handle:
    """That a person is known by something; `key` is its keyed digest."""

    key: str
    patient_id: PatientId


@dataclass(frozen=True, slots=True)
class Handles:
    """Names what people are looked for by: exactly, however it is spelt."""

    keys: ContactKeys

    def of(self, person: Person) -> frozenset[str]:
        """Give the keys of everything one person can be found by."""
        born = person.profile.birth_date.value
        found = [
            *(self.identifier(one.system, one.value) for one in person.identifiers.value),
            *(self.identifier(None, one.value) for one in person.identifiers.value),
            *(self.point(one.system, one.value.value) for one in person.profile.contact_points),
            *([self.born(born)] if born else []),
            *(self.word(word) for word in sorted(name_words(person))),
        ]
        return frozenset(list(dict.fromkeys(found))[:MOST_HANDLES])

    def identifier(self, system: str | None, value: str) -> str:
        """Key what another system calls somebody; without a system, whichever it was."""
        return self.keys.handle("identifier", f"{system or ''}|{value.strip().casefold()}")

    def point(self, system: PointSystem, value: str) -> str:
        """Key a normalised number or address; a number is one whether rung or written to."""
        kind = "email" if system is PointSystem.EMAIL else "phone"
        return self.keys.handle(kind, value.casefold())

    def born(self, day: date) -> str:
        return self.keys.handle("born", day.isoformat())

    def word(self, word: str) -> str:
        return self.keys.handle("name", word)


def name_words(person: Person) -> frozenset[str]:
    """Give the words of all names somebody has or had."""
    names = (text for one in person.names.value for text in (*one.given, one.family or ""))
    return frozenset(word for text in names for word in words_in(text))


def words_in(text: str) -> Iterator[str]:
    """Give the words of a name as they are compared: without case, accents and apostrophes."""
    plain = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text.casefold()))
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return (word for word in _NO_LETTER.split(bare) if word)
