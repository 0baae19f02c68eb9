"""The kinds of search parameters of the embedded FHIR server, and how one is written down.

A path is the element's name, dotted; `[system=phone]` keeps the elements that have that field. A choice
element (`effective[x]`) is several paths.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a parameter's values are kept and asked for."""

    CODE = "code"
    """A token whose system the element implies: whatever system the question names is not looked at."""
    TOKEN = "token"  # noqa: S105  # a coded value, no password
    REFERENCE = "reference"
    CANONICAL = "canonical"
    """A reference by web address and, after a bar, version; who asks without a version means any."""
    STRING = "string"
    URI = "uri"
    DATE = "date"
    """One stretch of time; where there are several, the one around them all."""
    DATES = "dates"
    """Several stretches, each for itself: a question is met by any of them."""
    QUANTITY = "quantity"

    @property
    def in_fhir(self) -> str:
        """FHIR's own word for it."""
        return _IN_FHIR.get(self, self.value)

    @property
    def table(self) -> str:
        return "stretch" if self in _STRETCHES else "term"


_IN_FHIR = {Kind.CODE: "token", Kind.CANONICAL: "reference", Kind.DATES: "date"}
_STRETCHES = frozenset({Kind.DATE, Kind.DATES, Kind.QUANTITY})


@dataclass(frozen=True, slots=True)
class Parameter:
    """One search parameter of one type.

    `only` narrows a reference, kept under another name, to one type; `joined` asks for what any of some
    others keep. Neither costs a row of its own.
    """

    name: str
    kind: Kind
    paths: tuple[str, ...] = ()
    kept_as: str = ""
    only: str = ""
    joined: "tuple[Parameter, ...]" = ()

    @property
    def key(self) -> str:
        return self.kept_as or self.name

    @property
    def key_of_identifiers(self) -> str:
        """Under what name the identifiers of a reference are kept."""
        return f"{self.name}:identifier"


def code(name: str, *paths: str) -> Parameter:
    return Parameter(name, Kind.CODE, paths or (name,))


def token(name: str, *paths: str) -> Parameter:
    return Parameter(name, Kind.TOKEN, paths or (name,))


def reference(name: str, *paths: str) -> Parameter:
    return Parameter(name, Kind.REFERENCE, paths or (name,))


def canonical(name: str, *paths: str) -> Parameter:
    return Parameter(name, Kind.CANONICAL, paths or (name,))


def string(name: str, *paths: str) -> Parameter:
    return Parameter(name, Kind.STRING, paths or (name,))


def uri(name: str, *paths: str) -> Parameter:
    return Parameter(name, Kind.URI, paths or (name,))


def date(name: str, *paths: str) -> Parameter:
    return Parameter(name, Kind.DATE, paths or (name,))


def dates(name: str, *paths: str) -> Parameter:
    return Parameter(name, Kind.DATES, paths or (name,))


def quantity(name: str, *paths: str) -> Parameter:
    return Parameter(name, Kind.QUANTITY, paths or (name,))


def narrowed(name: str, to: str, of: str) -> Parameter:
    """Ask for what `of` keeps, of one target type."""
    return Parameter(name, Kind.REFERENCE, kept_as=of, only=to)


def kept_only(name: str, to: str, *paths: str) -> Parameter:
    """Keep references for themselves, where no other parameter keeps them, and ask for one target type."""
    return Parameter(name, Kind.REFERENCE, paths, only=to)


def joined(name: str, *others: Parameter) -> Parameter:
    """Ask for what any of the others keeps."""
    return Parameter(name, others[0].kind, joined=others)


IDENTIFIER = token("identifier")
SUBJECT = reference("subject")
PATIENT_AS_SUBJECT = narrowed("patient", "Patient", "subject")
CODE = token("code")
STATUS = code("status")
CATEGORY = token("category")
ENCOUNTER = reference("encounter")
ABOUT_A_SUBJECT = (IDENTIFIER, SUBJECT, PATIENT_AS_SUBJECT)
AN_ADDRESS = (
    string("address"),
    string("address-city", "address.city"),
    string("address-country", "address.country"),
    string("address-postalcode", "address.postalCode"),
    string("address-state", "address.state"),
    code("address-use", "address.use"),
)
CONTACT_POINTS = (
    token("telecom"),
    token("phone", "telecom[system=phone]"),
    token("email", "telecom[system=email]"),
)
AN_ARRANGEMENT = (
    token("service-type", "serviceType"),
    token("specialty"),
    token("service-category", "serviceCategory"),
)
