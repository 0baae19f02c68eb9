"""Which part of a record is history in the flow, and which is news."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from local.load import ImportsResources
from local.progress import Progress
from local.sample.__main__ import AS_OF, write_sample
from local.sample.ndjson_folder import NdjsonFolder
from local.sample.person import World
from shared.fhir.ports import Found, Resource

HBA1C = ("http://loinc.org", "4548-4")
MADE_UP = 60


@dataclass(slots=True)
class HoldingBack:
    """Lets everything into the record as history, but (if told to) keeps HbA1c results back to be news."""

    record: ImportsResources
    hold: bool
    held: list[Resource] = field(default_factory=list[Resource])

    def load(self, resources: Iterable[Resource]) -> int:
        return self.record.load(self._history(resources))

    def read_many(self, references: Sequence[tuple[str, str]]) -> Found:
        return self.record.read_many(references)

    def _history(self, resources: Iterable[Resource]) -> Iterator[Resource]:
        for resource in resources:
            if self.hold and is_hba1c(resource):
                self.held.append(resource)
            else:
                yield resource


def is_hba1c(resource: Resource) -> bool:
    """Say whether it is a result of the test that the flow's trigger is about."""
    if resource["resourceType"] != "Observation":
        return False
    codings = resource["code"].get("coding", [])
    return any((coding.get("system"), coding.get("code")) == HBA1C for coding in codings)


def made_up_patients(folder: Path, as_of: date | None, *, how_many: int = MADE_UP) -> Path:
    """Write a small set of made-up patients; give the folder."""
    world = World(1, as_of or AS_OF)
    write_sample(how_many, world, NdjsonFolder(folder, compressed=False), Progress("patients"))
    return folder
