"""Say by which codes things of a type are known, and what the house calls them (FH-5)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from shared.access.model import Caller
from shared.exchange.keep_entity_map import keep_entity_map
from shared.exchange.model import CodeableConcept
from shared.exchange.read_entity_map import KeptEntityMap
from shared.kernel.documents import Documents
from shared.kernel.refusals import Nonsense

MOST_CONCEPTS = 500
LONGEST = {"name": 60, "text": 200, "system": 200, "code": 100, "type": 60}


@dataclass(frozen=True, slots=True)
class ConceptsWanted:
    """The whole table; what is not in it any more is forgotten."""

    concepts: tuple[CodeableConcept, ...]


@dataclass(frozen=True, slots=True)
class PutCodeableConcepts:
    """Sets the table of one type at once; its switches stay. Audited."""

    documents: Documents

    def __call__(
        self,
        wanted: ConceptsWanted,
        *,
        resource_type: str,
        caller: Caller,
        now: datetime,
        if_match: str | None,
    ) -> KeptEntityMap:
        """Set it, or raise `Nonsense`, `NoSuchResourceType`, `EntityMapIsThere` or `…ChangedMeanwhile`."""
        problems = list(_problems(wanted.concepts))
        if problems:
            raise Nonsense(*problems)
        return keep_entity_map(
            self.documents,
            resource_type,
            lambda was: replace(was, concepts=wanted.concepts),
            caller=caller,
            now=now,
            if_match=if_match,
            what="put_codeable_concepts",
        )


def _problems(concepts: tuple[CodeableConcept, ...]) -> Iterator[tuple[str, str]]:
    if len(concepts) > MOST_CONCEPTS:
        yield "concepts", f"more than {MOST_CONCEPTS}"
        return
    names: set[str] = set()
    codes: set[tuple[str, str]] = set()
    for place, one in enumerate(concepts):
        for field, longest in LONGEST.items():
            held: str | None = getattr(one, field)
            if held is not None and not (0 < len(held.strip()) <= longest and held.isprintable()):
                yield f"concepts.{place}.{field}", f"not one line of 1 to {longest} characters"
        if one.name in names:
            yield f"concepts.{place}.name", "a name twice"
        if (one.system, one.code) in codes:
            yield f"concepts.{place}.code", "a code twice"
        names.add(one.name)
        codes.add((one.system, one.code))
