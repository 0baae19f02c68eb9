"""Give what the record has of one patient as a FHIR Bundle, as far as the entity maps let it pass (FH-6)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from shared.access.model import Caller, Reading, may_read_clinical
from shared.exchange.displays import with_displays
from shared.exchange.documents import maps_in_force
from shared.exchange.model import EntityMaps
from shared.exchange.only_theirs import OnlyTheirs
from shared.fhir.ports import ClinicalRecord, Resource
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Nonsense, NotAllowed, Refusal
from shared.patients.declarations import DECLARATIONS, ResourceType
from shared.patients.find_person import FindPerson
from shared.patients.named_by_identifier import NamedByIdentifier
from shared.patients.open_record import OpenRecord
from shared.patients.their_resources import TheirResources

MOST = 200
TYPES = ("Patient", *DECLARATIONS)
"""In the order in which they are given."""


class OnlyForThoseWhoTreat(NotAllowed):
    """Resources of a patient are given out only to those who treat."""


class TypeDoesNotPass(Refusal):
    """By its entity map, nothing of this type is given out."""


@dataclass(frozen=True, slots=True)
class WhichResources:
    """Whose, which must be said, and of which types (`Observation,Encounter`); all that pass, unless told.

    `after` is a former answer's `next`.
    """

    patient: str | None = None
    types: str | None = None
    limit: int = 100
    after: str | None = None


@dataclass(frozen=True, slots=True)
class BundleFound:
    """One page, as a Bundle of type `searchset`; `ground` is that on which it was given out."""

    patient_id: PatientId
    bundle: Resource
    next: str | None
    ground: Reading
    why: str


@dataclass(frozen=True, slots=True)
class PageFound:
    """One page of resources as they are given out; `whole` is what they are taken from, given to nobody."""

    patient_id: PatientId
    resources: Sequence[Resource]
    whole: Sequence[Resource]
    next: str | None
    ground: Reading
    why: str


@dataclass(frozen=True, slots=True)
class ReadBundle:
    """Gives a patient's resources type by type, in order of their ids, as the record says now.

    Those too that name them by an identifier, or by the visit in which they came about.
    A page goes on behind the resource that `after` names: what comes or goes meanwhile shifts nothing.
    Of what they share with other patients only what is theirs is given, but to a system that reads everybody.
    A coding without a display gets the text that the table of codeable concepts has for it.
    """

    record: ClinicalRecord
    documents: Documents
    find_person: FindPerson
    open_record: OpenRecord
    by_identifier: NamedByIdentifier
    only_theirs: OnlyTheirs

    def __call__(
        self,
        which: WhichResources,
        *,
        caller: Caller,
        reason: str | None,
        now: datetime,
    ) -> BundleFound:
        """Give it, or raise `Nonsense`, `NoSuchPatient`, `TypeDoesNotPass`, or what says that one may not."""
        page = self.page(which, caller=caller, reason=reason, now=now, act="read_bundle")
        return BundleFound(page.patient_id, _searchset(page.resources), page.next, page.ground, page.why)

    def page(
        self, which: WhichResources, *, caller: Caller, reason: str | None, now: datetime, act: str
    ) -> PageFound:
        """Give it without a Bundle around it, or raise the same."""
        if not may_read_clinical(caller):
            raise OnlyForThoseWhoTreat
        if not which.patient:
            raise Nonsense(("patient", "missing"))
        maps = maps_in_force(self.documents)
        types = _wanted(which.types, maps)
        after = _place_in(which.after, types)
        standing = self.find_person(PatientId(which.patient))
        person = standing.person
        opened = self.open_record(person, caller=caller, reason=reason, read=act, now=now)
        limit = max(1, min(which.limit, MOST))
        found = list(islice(self._found(person.patient_id, types, after), limit + 1))
        more, whole = len(found) > limit, found[:limit]
        last = f"{whole[-1]['resourceType']}/{whole[-1]['id']}" if more else None
        told = [with_displays(one, maps.of(str(one["resourceType"])).concepts) for one in whole]
        page = told if opened.ground is Reading.SERVICE else self.only_theirs(told, standing)
        return PageFound(person.patient_id, page, told, last, opened.ground, opened.why)

    def _found(
        self, patient_id: PatientId, types: tuple[str, ...], after: tuple[str, str]
    ) -> Iterator[Resource]:
        begin, behind = after
        theirs = TheirResources(self.record, patient_id, self.by_identifier)
        for type_ in types[types.index(begin) :]:
            of_it = sorted(self._of(type_, patient_id, theirs), key=_id_of)
            yield from (one for one in of_it if type_ != begin or _id_of(one) > behind)

    def _of(self, type_: str, patient_id: PatientId, theirs: TheirResources) -> Iterator[Resource]:
        if type_ == "Patient":
            yield self.record.read("Patient", patient_id)
            return
        named: ResourceType = next(one for one in DECLARATIONS if one == type_)
        yield from theirs.of(named)


def _wanted(asked: str | None, maps: EntityMaps) -> tuple[str, ...]:
    passing = tuple(type_ for type_ in TYPES if maps.of(type_).passes("read"))
    if asked is None:
        if not passing:
            raise TypeDoesNotPass
        return passing
    named = [one.strip() for one in asked.split(",")]
    if any(one not in TYPES for one in named):
        raise Nonsense(("types", "not types of a patient's resources"))
    if any(one not in passing for one in named):
        raise TypeDoesNotPass
    return tuple(type_ for type_ in passing if type_ in named)


def _place_in(after: str | None, types: tuple[str, ...]) -> tuple[str, str]:
    """Read where to go on; from the beginning of the first type without it."""
    if after is None:
        return types[0], ""
    type_, _, id_ = after.partition("/")
    if type_ not in types or not id_:
        raise Nonsense(("after", "not where a former answer said"))
    return type_, id_


def _id_of(resource: Resource) -> str:
    return str(resource.get("id", ""))


def _searchset(page: Sequence[Resource]) -> Resource:
    entries = [{"resource": one, "search": {"mode": "match"}} for one in page]
    bundle: Resource = {"resourceType": "Bundle", "type": "searchset"}
    return {**bundle, "entry": entries} if entries else bundle  # ele-1: no list is empty
