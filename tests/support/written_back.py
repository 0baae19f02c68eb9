"""A record that the house may write into, and what it tells the audit of that."""

from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from shared.adapters.sqlite_record import SqliteRecord
from shared.audit.model import RecordAudit
from shared.exchange.documents import ORGANISATION, map_id
from shared.exchange.keep_in_record import KeepInRecord
from shared.exchange.live_write_back import LiveWriteBack
from shared.exchange.model import EntityMap
from shared.fhir.ports import ClinicalRecord, Resource, SearchParameters, Write
from shared.kernel.announcements import Announcement, Publisher
from shared.kernel.documents import Create
from shared.kernel.sensitive import Sensitive
from shared.patients.contact_keys import ContactKeys
from shared.patients.find_person import FindPerson
from shared.patients.keeping_person import PersonKeeping
from tests.support.house import House
from tests.support.rest_record import a_rest_house

KINDS = ("Communication", "Questionnaire", "QuestionnaireResponse", "Task")


@dataclass
class Remembered(Publisher):
    """Keeps what the audit is told."""

    entries: list[RecordAudit] = field(default_factory=list[RecordAudit])

    def publish(self, announcements: Sequence[Announcement]) -> None:
        self.entries += [one.content for one in announcements if isinstance(one.content, RecordAudit)]


@dataclass
class Refusing:
    """A record that takes nothing of these types, for this reason."""

    record: ClinicalRecord
    why: BaseException
    of: tuple[str, ...] = KINDS

    def __getattr__(self, name: str) -> Any:
        return getattr(self.record, name)

    def transaction(self, writes: Sequence[Write]) -> Sequence[Resource | None]:
        if any(one.type in self.of for one in writes):
            raise self.why
        return self.record.transaction(writes)


@dataclass
class Shelf:
    """A record, and the act that keeps the house's own resources in it."""

    house: House
    record: ClinicalRecord
    remembered: Remembered = field(default_factory=Remembered)

    @property
    def keep(self) -> KeepInRecord:
        return self.keeping(self.record)

    def keeping(self, record: ClinicalRecord) -> KeepInRecord:
        """Give the act over another record, one that is interrupted for instance."""
        keeping = PersonKeeping(
            self.house.documents, ContactKeys(Sensitive(b"a key for tests")), "GB", "Europe/London"
        )
        write_back = LiveWriteBack(self.house.documents, self.house.clock)
        return KeepInRecord(record, FindPerson(record, keeping), write_back, self.remembered)

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    def allow(self, *kinds: str) -> None:
        """Switch the house's writing of these types on."""
        maps = [EntityMap(kind, is_enabled=False, write_back=True, messages=()) for kind in kinds or KINDS]
        creates = [Create(map_id(one.resource_type), one) for one in maps]
        self.house.documents.commit(ORGANISATION, changes=creates)

    def has(self, *resources: dict[str, Any]) -> None:
        self.record.transaction([Write("PUT", one["resourceType"], one["id"], one) for one in resources])

    def written(self, kind: str) -> list[Resource]:
        return list(self.record.search(kind, SearchParameters()).matches)


@contextmanager
def a_shelf(folder: Path, house: House, *, is_elsewhere: bool = False) -> Generator[Shelf]:
    """Give a record of the house's own, or one that a FHIR server keeps."""
    if is_elsewhere:
        with a_rest_house(folder, house.clock) as rest:
            yield Shelf(house, rest.record)
    else:
        with closing(SqliteRecord(folder / "record.db", clock=house.clock)) as record:
            yield Shelf(house, record)
