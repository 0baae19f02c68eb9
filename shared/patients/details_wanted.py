"""What a patient wants changed in their own details (PA-7)."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from shared.kernel.sensitive import Sensitive
from shared.patients.person import Address

Field = Literal[
    "contact_points", "addresses", "languages", "emergency_contacts", "name", "birth_date", "gender"
]
ONLY_BY_STAFF: frozenset[Field] = frozenset({"name", "birth_date", "gender"})
"""By these a person is told from another: whoever has a login must not become somebody else by it."""


@dataclass(frozen=True, slots=True)
class PointWanted:
    """A telephone number or an e-mail address; the first of its kind is the most preferred."""

    system: Literal["phone", "email"]
    value: Sensitive[str]
    use: Literal["home", "work", "mobile", "temp"] | None = None


@dataclass(frozen=True, slots=True)
class ContactWanted:
    """Whom to ring in an emergency."""

    name: Sensitive[str]
    phone: Sensitive[str]
    relationship: str | None = None


@dataclass(frozen=True, slots=True)
class NameWanted:
    """What they are called now."""

    given: Sensitive[str]
    family: Sensitive[str]


@dataclass(frozen=True, slots=True)
class OwnDetailsWanted:
    """What shall be; what is left out stays as it is. A list takes the place of all that stands there now.

    Names, date of birth and sex are asked of staff, and so is what the house does not let patients change.
    """

    contact_points: tuple[PointWanted, ...] | None = None
    addresses: tuple[Address, ...] | None = None
    languages: tuple[str, ...] | None = None
    emergency_contacts: tuple[ContactWanted, ...] | None = None
    name: NameWanted | None = None
    birth_date: Sensitive[date] | None = None
    gender: Literal["male", "female", "other", "unknown"] | None = None

    @property
    def fields(self) -> tuple[Field, ...]:
        """Name what is to change."""
        named: tuple[Field, ...] = (
            "contact_points",
            "addresses",
            "languages",
            "emergency_contacts",
            "name",
            "birth_date",
            "gender",
        )
        return tuple(one for one in named if getattr(self, one) is not None)
