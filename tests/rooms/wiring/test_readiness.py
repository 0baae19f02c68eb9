"""Ready is a house whose store, queues and record all answer."""

from collections.abc import Generator
from pathlib import Path

import pytest

from shared.adapters.sqlite_record import SqliteRecord
from shared.fhir.ports import Resource, Write
from shared.kernel.refusals import TransientFault
from shared.kernel.sensitive import Sensitive
from shared.patients.contact_keys import ContactKeys
from shared.wiring.readiness import CheckReadiness, Readiness
from tests.rooms.patients.builders import a_patient
from tests.support.house import House, a_house


class SilentRecord(SqliteRecord):
    """A record that does not answer."""

    def read(self, type: str, id: str) -> Resource:  # noqa: A002, ARG002  # FHIR's own words; nothing is read
        raise TransientFault


@pytest.fixture
def house(tmp_path: Path) -> Generator[House]:
    with a_house(tmp_path) as one:
        yield one


@pytest.fixture
def record(house: House, tmp_path: Path) -> Generator[SqliteRecord]:
    one = SqliteRecord(tmp_path / "record.db", clock=house.clock)
    yield one
    one.close()


KEYS = ContactKeys(Sensitive(b"a key"))
READY = Readiness("ready", ("store", "queues", "record"))


class TestCheckReadiness:
    def test_says_what_was_reached(self, house: House, record: SqliteRecord) -> None:
        assert CheckReadiness(house.documents, house.queues, record, KEYS)() == READY

    def test_does_not_mind_somebody_by_the_probes_name(self, house: House, record: SqliteRecord) -> None:
        record.transaction([Write("PUT", "Patient", "readiness-probe", a_patient("readiness-probe"))])

        assert CheckReadiness(house.documents, house.queues, record, KEYS)() == READY

    def test_fails_with_what_does_not_answer(self, house: House, tmp_path: Path) -> None:
        silent = SilentRecord(tmp_path / "record.db", clock=house.clock)

        with pytest.raises(TransientFault):
            CheckReadiness(house.documents, house.queues, silent, KEYS)()

        silent.close()
