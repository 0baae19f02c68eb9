"""Follow what a patient's records refer to, as far as somebody asks (UN-12)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from shared.fhir.ports import ClinicalRecord, SearchParameters
from shared.patients.searching import A_PAGE
from shared.segments.facts import Lead, OtherFacts, RecordFacts
from shared.segments.in_fhir import Resource, record_facts
from shared.segments.links_in_fhir import other_facts, ref_of, references_in
from shared.segments.nesting import Path
from shared.segments.relationships import BACK
from shared.segments.rules import Hop

TOGETHER = 100
"""Resources read at once."""

Asked = AbstractSet[Path]
Step = tuple[str, Hop]
"""From a resource, by its reference."""


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
        return {ref_of(one): self._leads(ref_of(one), paths) for one in starts}

    def _step(self, hops: AbstractSet[Step]) -> None:
        """Find what these lead to, and read it."""
        fresh = sorted(hops - self.reached.keys(), key=lambda one: (one[0], one[1].by, one[1].to))
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
        for path, target in references_in(self.known[ref]):
            if path == hop.by and target.startswith(f"{hop.to}/"):
                yield target

    def _referring(self, ref: str, hop: Hop) -> Iterator[str]:
        """Search for what refers to it, and believe no search."""
        asked = SearchParameters(((BACK[hop.by], ref), ("_count", A_PAGE)))
        page: str | None = None
        while True:
            found = self.record.search(hop.to, asked, page=page)
            for resource in found.matches:
                if (hop.by, ref) in references_in(resource):
                    self.known[ref_of(resource)] = resource
                    yield ref_of(resource)
            page = found.next
            if page is None:
                return

    def _leads(self, ref: str, paths: Asked) -> tuple[Lead, ...]:
        further: dict[Hop, set[Path]] = defaultdict(set)
        for path in paths:
            further[path[0]].add(path[1:])
        found: list[Lead] = []
        for hop in sorted(further, key=lambda one: (one.by, one.to, one.back)):
            rest = {path for path in further[hop] if path}
            for target in self.reached[ref, hop]:
                facts = _facts(self.known[target])
                if facts is not None:
                    found.append(Lead(hop.by, hop.back, replace(facts, leads=self._leads(target, rest))))
        return tuple(found)


def _facts(resource: Resource) -> RecordFacts | OtherFacts | None:
    return other_facts(resource) or record_facts(resource)


def _parts(ref: str) -> tuple[str, str]:
    type_, _, id_ = ref.partition("/")
    return type_, id_
