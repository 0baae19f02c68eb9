"""Follow what a patient's records refer to, as far as somebody asks (UN-12)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from shared.fhir.ports import ClinicalRecord, SearchParameters
from shared.patients.find_patient import escaped
from shared.patients.searching import A_PAGE
from shared.segments.facts import Lead, OtherFacts, RecordFacts
from shared.segments.in_fhir import Resource, record_facts
from shared.segments.links_in_fhir import other_facts, ref_of, references_in
from shared.segments.nesting import Path
from shared.segments.relationships import BACK, COMPARED
from shared.segments.rules import Hop
from shared.segments.values_in_fhir import compared_in

TOGETHER = 100
"""Resources read at once."""
VALUES_TOGETHER = 20
"""Values in one search."""

Asked = AbstractSet[Path]
Step = tuple[str, Hop]
"""From a resource, by its reference."""
Begun = tuple[str, frozenset[Path]]
"""A resource, and the ways that are asked of it."""


@dataclass(slots=True)
class FollowPaths:
    """Reads each resource on the way once, all of one step together; remembers them while it lives."""

    record: ClinicalRecord
    known: dict[str, Resource] = field(default_factory=dict[str, Resource])
    reached: dict[Step, Sequence[str]] = field(default_factory=dict[Step, Sequence[str]])

    def __call__(self, starts: Sequence[Resource], paths: Asked) -> Mapping[str, tuple[Lead, ...]]:
        """Give what each of these leads to, by its reference (`Observation/8`)."""
        self.known |= {ref_of(one): one for one in starts}
        ahead = {(ref_of(one), path) for one in starts for path in paths}
        while ahead:
            self._step({(ref, path[0]) for ref, path in ahead})
            ahead = {
                (target, path[1:])
                for ref, path in ahead
                if len(path) > 1
                for target in self.reached[ref, path[0]]
            }
        led: dict[Begun, tuple[Lead, ...]] = {}
        return {ref_of(one): self._leads(ref_of(one), frozenset(paths), led) for one in starts}

    def _step(self, hops: AbstractSet[Step]) -> None:
        """Find what these lead to, and read it."""
        fresh = sorted(hops - self.reached.keys(), key=lambda one: (one[0], _place(one[1])))
        targets = {one: tuple(self._targets(*one)) for one in fresh}
        unknown = sorted({ref for found in targets.values() for ref in found} - self.known.keys())
        for start in range(0, len(unknown), TOGETHER):
            wanted = [_parts(ref) for ref in unknown[start : start + TOGETHER]]
            found = self.record.read_many(wanted).resources
            self.known |= {ref_of(resource): resource for resource in found.values()}
        self.reached |= {
            one: tuple(ref for ref in found if ref in self.known) for one, found in targets.items()
        }

    def _targets(self, ref: str, hop: Hop) -> Iterator[str]:
        if hop.back:
            yield from self._referring(ref, hop)
            return
        if hop.equal:
            yield from self._having(compared_in(self.known[ref], hop.by), hop)
            return
        for path, target in references_in(self.known[ref]):
            if path == hop.by and target.startswith(f"{hop.to}/"):
                yield target

    def _referring(self, ref: str, hop: Hop) -> Iterator[str]:
        """Search for what refers to it, and believe no search."""
        searched_by = next(ways[hop.by].searched_by for kind, ways in BACK.items() if kind == hop.to)
        for resource in self._pages(hop.to, searched_by, ref):
            if (hop.by, ref) in references_in(resource):
                yield ref_of(resource)

    def _having(self, values: frozenset[str], hop: Hop) -> Iterator[str]:
        """Search for what has one of some values, and believe no search."""
        asked = sorted(_asked_for(one, hop.by) for one in values)
        found: dict[str, None] = {}
        for parameter in COMPARED[hop.by].searched_by[hop.to]:
            for start in range(0, len(asked), VALUES_TOGETHER):
                some = ",".join(asked[start : start + VALUES_TOGETHER])
                for resource in self._pages(hop.to, parameter, some):
                    if not values.isdisjoint(compared_in(resource, hop.by)):
                        found[ref_of(resource)] = None
        yield from found

    def _pages(self, type_: str, parameter: str, asked: str) -> Iterator[Resource]:
        """Search to the end, and remember what is found."""
        parameters = SearchParameters(((parameter, asked), ("_count", A_PAGE)))
        page: str | None = None
        while True:
            found = self.record.search(type_, parameters, page=page)
            for resource in found.matches:
                self.known[ref_of(resource)] = resource
                yield resource
            page = found.next
            if page is None:
                return

    def _leads(
        self, ref: str, paths: frozenset[Path], led: dict[Begun, tuple[Lead, ...]]
    ) -> tuple[Lead, ...]:
        """Give where it leads; whoever comes by there again, by whichever way, is given the same."""
        if (ref, paths) not in led:
            led[ref, paths] = tuple(self._led(ref, paths, led))
        return led[ref, paths]

    def _led(self, ref: str, paths: frozenset[Path], led: dict[Begun, tuple[Lead, ...]]) -> Iterator[Lead]:
        further: dict[Hop, set[Path]] = defaultdict(set)
        for path in paths:
            further[path[0]].add(path[1:])
        for hop in sorted(further, key=_place):
            rest = frozenset(path for path in further[hop] if path)
            for target in self.reached[ref, hop]:
                facts = _facts(self.known[target])
                if facts is not None:
                    to = replace(facts, leads=self._leads(target, rest, led))
                    yield Lead(hop.by, hop.back, to, hop.equal)


def _place(hop: Hop) -> tuple[str, str, bool, bool]:
    return hop.by, hop.to, hop.back, hop.equal


def _asked_for(value: str, name: str) -> str:
    """Spell a value as one of several that a search asks for."""
    if name == "identifier":
        return value
    if name == "code":
        system, _, code = value.partition("|")
        return escaped(system, code)
    return escaped("", value)[1:]


def _facts(resource: Resource) -> RecordFacts | OtherFacts | None:
    return other_facts(resource) or record_facts(resource)


def _parts(ref: str) -> tuple[str, str]:
    type_, _, id_ = ref.partition("/")
    return type_, id_
