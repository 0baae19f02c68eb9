"""What names its patient by an identifier alone, on a record that cannot be searched for it (FH-1).

Azure's service, among others, knows no `:identifier`. It does know what refers to nobody (`subject:missing`),
and that is all of those, and little else.
"""

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock

from shared.fhir.instants import instant_text, moment_of, span_of
from shared.fhir.ports import ClinicalRecord, Resource
from shared.patients.declarations import ResourceType
from shared.patients.in_fhir import mapping_of
from shared.patients.references import identifiers_in, patients_in
from shared.patients.searching import pages_of

log = logging.getLogger(__name__)

REFERS_IN: Mapping[str, str] = {
    "AllergyIntolerance": "patient",
    "Appointment": "patient",
    "Coverage": "beneficiary",
    "Immunization": "patient",
    "RelatedPerson": "patient",
}
"""The search parameter that refers to the patient, else `subject`."""
MOST = 100_000
"""Resources of one type that are remembered, 17 MB at ten a patient; more are found when they change."""
LATE = timedelta(minutes=2)
"""For so long a change may stay unseen after the time it bears (fhir.md §2.4)."""


@dataclass(slots=True)
class _Seen:
    """What has been seen of one type: who is named, by which resources; `newest` is the latest change."""

    named: dict[tuple[str, str], set[str]] = field(default_factory=dict[tuple[str, str], set[str]])
    count: int = 0
    newest: int | None = None


class NamedByIdentifier:
    """Goes through a type's resources that refer to nobody once, and afterwards through what has changed.

    It remembers who is named by which, never what they say: losing it costs another going through. What it
    gives is read anew, and is for the reader to judge. Safe for many threads.
    """

    def __init__(self, record: ClinicalRecord) -> None:
        self._record = record
        self._lock = Lock()
        self._seen: dict[str, _Seen] = {}

    def of(self, resource_type: ResourceType, known_by: Collection[tuple[str, str]]) -> Iterator[Resource]:
        """Give those that name somebody by one of these (system, value), or raise `Nonsense`."""
        with self._lock:
            seen = self._seen.setdefault(resource_type, _Seen())
            self._follow(resource_type, seen)
            ids = sorted({id_ for one in known_by for id_ in seen.named.get(one, ())})
        found = self._record.read_many([(resource_type, id_) for id_ in ids]).resources
        yield from found.values()

    def _follow(self, resource_type: ResourceType, seen: _Seen) -> None:
        asked = [(f"{REFERS_IN.get(resource_type, 'subject')}:missing", "true")]
        if seen.newest is not None:
            since = instant_text(moment_of(seen.newest) - LATE)
            asked.append(("_lastUpdated", f"ge{since}"))
        moments = [] if seen.newest is None else [seen.newest]
        for one in pages_of(self._record, resource_type, *asked):
            moments += _note(one, seen)
            if seen.count >= MOST:
                log.warning("patients.search.too_many_unnamed", extra={"type": resource_type})
                break
        seen.newest = max(moments, default=None)  # only now: what breaks off begins again where it began


def _note(resource: Resource, seen: _Seen) -> Iterator[int]:
    """Remember whom it names; give when it was changed."""
    if not patients_in(resource):
        for one in identifiers_in(resource):
            ids = seen.named.setdefault(one, set())
            seen.count += str(resource["id"]) not in ids
            ids.add(str(resource["id"]))
    said = mapping_of(resource.get("meta")).get("lastUpdated")
    if isinstance(said, str):
        yield span_of(said).low
