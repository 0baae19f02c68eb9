"""What each entry of a bundle is in this record: which resource is meant, and what it points at (FH-6).

Conditions are answered by the record's own search before anything is written, http.html#trules in their
order: what the bundle deletes is met by no condition, and references come last. What is made where nothing
meets a condition is called by that condition, so that the same sent twice at a time makes one and the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from shared.exchange.bundle_references import references_in
from shared.exchange.bundles import MOST_PROBLEMS, Asked, Condition, condition_in
from shared.exchange.ports import FhirReading
from shared.fhir.ports import ClinicalRecord, Resource, SearchParameters
from shared.fhir.references import referring_otherwise
from shared.fhir.refusals import ResourceTypeUnknown
from shared.fhir.resource_types import R4_TYPES
from shared.kernel.identity import derived
from shared.kernel.problems import Problem
from shared.kernel.refusals import Nonsense
from shared.patients.in_fhir import mappings_of

SEVERAL_MEET = "several resources meet its condition"
OTHER_ID = "is not the id of what meets the condition"
NONE_MEETS_REFERENCE = "a reference by a condition is met by no resource"
SEVERAL_MEET_REFERENCE = "a reference by a condition is met by several resources"
POINTS_AT_NOTHING = "points at an entry of which it is not certain what is meant"


@dataclass(frozen=True, slots=True)
class Sent:
    """One entry: the resource as it shall be, or None where it shall be gone. `place` is where it stood.

    `is_met` says that a condition found it there already, and that nothing is asked of it. `is_new` says that
    nothing met the condition: if there is one under its id all the same, it is another by now. `unmet` says
    why no one resource is meant.
    """

    place: int
    type: str
    id: str | None
    resource: Resource | None
    if_match: int | None = None
    is_met: bool = False
    is_new: bool = False
    unmet: str | None = None

    @property
    def key(self) -> tuple[str, str] | None:
        return None if self.id is None else (self.type, self.id)


class SettleBundle:
    """Settles the entries of one bundle, asking the record once for each condition."""

    def __init__(self, record: ClinicalRecord, reading: FhirReading) -> None:
        self._record = record
        self._reading = reading
        self._found: dict[tuple[str, Condition], tuple[str, ...]] = {}
        self._problems: list[Problem] = []

    def __call__(self, entries: Sequence[Asked]) -> tuple[Sent, ...]:
        """Settle all. Raises `Nonsense` with what is wrong, by paths such as `entry[3].resource.status`."""
        leaving = {(one.type, one.id) for one in entries if one.method == "DELETE" and one.id is not None}
        sent: dict[int, Sent] = {}
        for one in sorted(entries, key=lambda one: one.method != "DELETE"):
            made = sent[one.place] = self._meant(one, leaving)
            if one.method == "DELETE" and made.key is not None:
                leaving.add(made.key)
        in_order = [sent[one.place] for one in entries]
        self._require(_twice(in_order))
        linked = self._linked(in_order, dict(_names(entries, in_order)), leaving)
        self._require(_unsound(linked, self._reading))
        return tuple(linked)

    def _require(self, problems: Iterator[Problem]) -> None:
        self._problems += problems
        if self._problems:
            raise Nonsense(*self._problems[:MOST_PROBLEMS])

    def _meant(self, one: Asked, leaving: set[tuple[str, str]]) -> Sent:
        if one.condition is None:
            return _as_named(one)
        path = "ifNoneExist" if one.method == "POST" else "url"
        gone = leaving if one.method != "DELETE" else set[tuple[str, str]]()
        found = self._meeting(one.type, one.condition, gone, f"entry[{one.place}].request.{path}")
        if len(found) > 1:
            return Sent(one.place, one.type, None, one.resource, unmet=SEVERAL_MEET)
        if one.method == "DELETE":
            return Sent(one.place, one.type, found[0] if found else None, None, one.if_match)
        if found and one.method == "PUT" and one.id not in (None, found[0]):
            self._problems.append((f"entry[{one.place}].resource.id", OTHER_ID))
        id_ = found[0] if found else one.id or _called_by(one.type, one.condition)
        resource = {**(one.resource or {}), "id": id_}
        is_met = bool(found) and one.method == "POST"
        return Sent(one.place, one.type, id_, resource, one.if_match, is_met=is_met, is_new=not found)

    def _meeting(
        self, type_: str, condition: Condition, gone: set[tuple[str, str]], path: str
    ) -> tuple[str, ...]:
        """Give the ids of those that meet a condition, two at most beside those that go."""
        if (type_, condition) not in self._found:
            count = ("_count", str(len(gone) + 2))
            try:
                page = self._record.search(type_, SearchParameters([*condition, count]))
            except Nonsense:
                self._problems.append((path, "a search that the record does not know"))
                return ()
            self._found[type_, condition] = tuple(str(one["id"]) for one in page.matches)
        return tuple(id_ for id_ in self._found[type_, condition] if (type_, id_) not in gone)[:2]

    def _linked(
        self, sent: Sequence[Sent], names: Mapping[str, str], leaving: set[tuple[str, str]]
    ) -> list[Sent]:
        """Let resources point at each other as they are called in the record."""
        return [one if one.is_met else self._pointing(one, sent, names, leaving) for one in sent]

    def _pointing(
        self, one: Sent, sent: Sequence[Sent], names: Mapping[str, str], leaving: set[tuple[str, str]]
    ) -> Sent:
        resolved = dict(names)
        unmet = one.unmet
        for path, text in references_in(one.resource, f"entry[{one.place}].resource"):
            name = text.lower() if text.startswith("urn:") else text
            if names.get(name) == "":
                unmet = POINTS_AT_NOTHING
            elif text.startswith("urn:") and name not in names:
                self._problems.append((path, "names nothing in this bundle"))
            elif "?" in text and not text.startswith(("http://", "https://")):
                found = self._referred_to(text, path, sent, leaving)
                if len(found) == 1:
                    resolved[text] = f"{text.partition('?')[0]}/{found[0]}"
                else:
                    unmet = SEVERAL_MEET_REFERENCE if found else NONE_MEETS_REFERENCE
        resource = referring_otherwise(
            one.resource, lambda text: resolved.get(text) or resolved.get(text.lower())
        )
        return replace(one, resource=resource, unmet=unmet)

    def _referred_to(
        self, text: str, path: str, sent: Sequence[Sent], leaving: set[tuple[str, str]]
    ) -> Sequence[str]:
        """Give the ids of what a reference by a condition means, in the record or in the bundle itself."""
        type_, _, query = text.partition("?")
        if type_ not in R4_TYPES:
            self._problems.append((path, "no type of FHIR R4"))
            return ("",)
        try:
            condition = condition_in(query, path)
        except Nonsense as no:
            self._problems += no.fields
            return ("",)
        beside = {one.id: one.resource for one in sent if one.type == type_ and one.id and not one.is_met}
        in_record = self._meeting(type_, condition, leaving, path)
        here = [id_ for id_ in in_record if id_ not in beside or _identified(beside[id_], condition) is None]
        here += [id_ for id_, resource in beside.items() if _identified(resource, condition)]
        return list(dict.fromkeys(here))[:2]


def _as_named(one: Asked) -> Sent:
    resource = {**(one.resource or {}), "id": one.id} if one.method == "POST" else one.resource
    return Sent(one.place, one.type, one.id, resource, one.if_match)


def _called_by(type_: str, condition: Condition) -> str:
    """Give the id of what is made because nothing met this condition."""
    return derived("made-by-condition", type_, *(part for pair in sorted(condition) for part in pair))


def _identified(resource: Resource | None, condition: Condition) -> bool | None:
    """Say whether a resource that is sent has the identifier asked for; None for any other condition."""
    if len(condition) != 1 or condition[0][0] != "identifier":
        return None
    system, bar, value = condition[0][1].rpartition("|")
    return any(
        one.get("value") == value and (not bar or (one.get("system") or "") == system)
        for one in mappings_of((resource or {}).get("identifier"))
    )


def _twice(sent: Sequence[Sent]) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for one in sent:
        if one.key is None or one.is_met:
            continue
        if one.key in seen:
            yield f"entry[{one.place}]", "the same resource twice in one bundle"
        seen.add(one.key)


def _names(asked: Sequence[Asked], sent: Sequence[Sent]) -> Iterator[tuple[str, str]]:
    """Say what each `fullUrl` of the bundle is called in the record; nothing where that is not certain."""
    for one, made in zip(asked, sent, strict=True):
        if one.full_url is not None and one.method != "DELETE":
            yield one.full_url, f"{made.type}/{made.id}" if made.id is not None else ""


def _unsound(sent: Sequence[Sent], reading: FhirReading) -> Iterator[Problem]:
    for one in sent:
        if one.resource is None:
            continue
        at = f"entry[{one.place}].resource"
        try:
            reading.require_valid(one.type, one.id, one.resource)
        except ResourceTypeUnknown:
            yield f"{at}.resourceType", "no type of FHIR R4"
        except Nonsense as no:
            yield from ((_path(at, one.type, path), problem) for path, problem in no.fields)


def _path(at: str, type_: str, path: str) -> str:
    """Put a path within a resource (`Observation.status`) into the bundle (`entry[3].resource.status`)."""
    if not path or path == type_:
        return at
    return f"{at}.{path.removeprefix(f'{type_}.')}"
