"""A store of a newer version, or of another contact key, is refused readably; an older one is taken on."""

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from local.load import main as load
from shared.adapters.sqlite import SqliteFile
from shared.adapters.sqlite_documents import SqliteDocuments
from shared.adapters.store_edition import KNOWN, WRITTEN, StoreIsNewer, edition_of, note_edition, taken_on
from shared.kernel.documents import Change, Create, Unchanged
from shared.kernel.sensitive import Sensitive
from shared.patients.contact_keys import ContactKeys
from shared.patients.model import Channel
from shared.wiring.edition import (
    DOCUMENT,
    FINGERPRINT,
    PARTITION,
    CheckEdition,
    ContactKeyIsAnother,
    KeptUnder,
    StoreEdition,
)
from tests.support.house import House, a_house

KEYS = ContactKeys(Sensitive(b"the key of this hospital"))
ANOTHER = ContactKeys(Sensitive(b"a key that a second machine has made"))
READABLE = "written by a newer version (edition 3; this is 2): start that version, or restore a backup"


@pytest.fixture
def house(tmp_path: Path) -> Generator[House]:
    with a_house(tmp_path) as one:
        yield one


def stands_at(house: House, edition: int) -> None:
    """Let another version have taken the store on."""
    house.documents.commit(PARTITION, changes=[Create(DOCUMENT, StoreEdition(edition))])


def edition(house: House) -> int:
    return house.documents.read(PARTITION, DOCUMENT, StoreEdition).body.edition


def version(known: int, written: int, house: House) -> CheckEdition:
    return CheckEdition(house.documents, KEYS, known=known, written=written)


class TestEditions:
    def test_are_known_before_they_are_written(self) -> None:
        assert WRITTEN <= KNOWN

    @pytest.mark.parametrize(("found", "then"), [(0, 2), (1, 2), (2, 2), (3, 3)])
    def test_only_rise(self, found: int, then: int) -> None:
        assert taken_on(found, known=3, written=2) == then


class TestCheckEdition:
    def test_takes_on_a_store_in_which_nothing_is_noted(self, house: House) -> None:
        assert (version(2, 2, house)(), edition(house)) == (2, 2)

    def test_raises_an_older_store_to_what_it_writes(self, house: House) -> None:
        stands_at(house, 1)

        assert (version(3, 2, house)(), edition(house)) == (2, 2)

    def test_works_with_what_it_knows_and_does_not_lower_it(self, house: House) -> None:
        stands_at(house, 2)

        assert (version(2, 1, house)(), edition(house)) == (2, 2)

    def test_writes_nothing_where_there_is_nothing_to_raise(self, house: House) -> None:
        version(2, 2, house)()
        before = house.documents.read(PARTITION, DOCUMENT, StoreEdition)

        version(2, 2, house)()

        assert house.documents.read(PARTITION, DOCUMENT, StoreEdition) == before

    def test_refuses_what_it_does_not_know_readably_and_leaves_it(self, house: House) -> None:
        stands_at(house, 3)

        with pytest.raises(StoreIsNewer) as refused:
            version(2, 2, house)()

        assert str(refused.value) == f"the store was {READABLE}"
        assert edition(house) == 3

    def test_reads_what_a_newer_version_notes_beside_it(self, house: House) -> None:
        house.documents.commit(PARTITION, changes=[Create(DOCUMENT, {"edition": 3, "since": "2027"})])

        with pytest.raises(StoreIsNewer):
            version(2, 2, house)()

    @pytest.mark.parametrize("meanwhile", [2, 3])
    def test_asks_again_where_another_takes_the_store_on_meanwhile(
        self, house: House, meanwhile: int
    ) -> None:
        class Overtaken(SqliteDocuments):
            def commit(
                self,
                partition: str,
                *,
                changes: Sequence[Change] = (),
                unchanged: Sequence[Unchanged] = (),
                announcements: Sequence[Any] = (),
            ) -> dict[str, str]:
                if house.documents.look(PARTITION, DOCUMENT, StoreEdition) is None:
                    stands_at(house, meanwhile)
                return super().commit(
                    partition, changes=changes, unchanged=unchanged, announcements=announcements
                )

        check = CheckEdition(Overtaken(house.file, clock=house.clock), KEYS, known=3, written=2)

        assert (check(), edition(house)) == (meanwhile, meanwhile)

    def test_only_looks_where_it_is_asked_to(self, house: House) -> None:
        version(2, 2, house).look()
        noted = house.documents.look(PARTITION, DOCUMENT, StoreEdition)
        stands_at(house, 3)

        with pytest.raises(StoreIsNewer):
            version(2, 2, house).look()
        assert noted is None


class TestTheContactKey:
    """Under another one no consent, opt-out or suppression would be found."""

    def test_is_noted_by_a_fingerprint(self, house: House) -> None:
        CheckEdition(house.documents, KEYS)()

        noted = house.documents.read(PARTITION, FINGERPRINT, dict[str, str]).body
        assert noted == {"fingerprint": KEYS.fingerprint()}
        assert KEYS.key.value.decode() not in str(noted)
        assert KEYS.fingerprint() not in KEYS.contact(Channel.SMS, "fingerprint of the contact key")

    def test_is_known_again(self, house: House) -> None:
        CheckEdition(house.documents, KEYS)()
        before = house.documents.read(PARTITION, FINGERPRINT, KeptUnder)

        CheckEdition(house.documents, KEYS)()
        CheckEdition(house.documents, KEYS).look()

        assert house.documents.read(PARTITION, FINGERPRINT, KeptUnder) == before

    def test_is_refused_by_name_where_it_is_another(self, house: House) -> None:
        CheckEdition(house.documents, KEYS)()
        before = house.documents.read(PARTITION, FINGERPRINT, KeptUnder)

        with pytest.raises(ContactKeyIsAnother) as refused:
            CheckEdition(house.documents, ANOTHER)()
        with pytest.raises(ContactKeyIsAnother):
            CheckEdition(house.documents, ANOTHER).look()

        assert str(refused.value).startswith("CONTACT_KEY is not the key that this store was kept under")
        assert house.documents.read(PARTITION, FINGERPRINT, KeptUnder) == before

    def test_is_noted_in_a_store_of_before_it_was(self, house: House) -> None:
        stands_at(house, WRITTEN)

        CheckEdition(house.documents, KEYS)()

        assert house.documents.read(PARTITION, FINGERPRINT, KeptUnder).body == KeptUnder(KEYS.fingerprint())

    def test_is_that_of_whoever_was_first(self, house: House) -> None:
        """Two processes begin a store at once, each with a key of its own."""

        class Overtaken(SqliteDocuments):
            def commit(
                self,
                partition: str,
                *,
                changes: Sequence[Change] = (),
                unchanged: Sequence[Unchanged] = (),
                announcements: Sequence[Any] = (),
            ) -> dict[str, str]:
                CheckEdition(house.documents, KEYS)()
                return super().commit(
                    partition, changes=changes, unchanged=unchanged, announcements=announcements
                )

        with pytest.raises(ContactKeyIsAnother):
            CheckEdition(Overtaken(house.file, clock=house.clock), ANOTHER)()


class TestAFile:
    def noted(self, path: Path) -> int:
        with closing(sqlite3.connect(path)) as connection:
            return edition_of(connection)

    def test_notes_the_edition_of_who_opens_it(self, tmp_path: Path) -> None:
        SqliteFile(tmp_path / "store.db").close()

        assert self.noted(tmp_path / "store.db") == WRITTEN

    def test_of_before_editions_were_noted_is_taken_on_with_all_that_is_in_it(self, tmp_path: Path) -> None:
        with a_house(tmp_path) as before:
            before.documents.commit("patient/ada", changes=[Create("thing~1", {"kept": True})])
            before.file.write(lambda connection: note_edition(connection, 0))

        with a_house(tmp_path) as after:
            assert after.documents.read("patient/ada", "thing~1", dict[str, bool]).body == {"kept": True}
            assert after.file.read(edition_of) == WRITTEN

    def test_of_a_newer_version_is_refused_before_anything_in_it_changes(self, tmp_path: Path) -> None:
        with closing(sqlite3.connect(tmp_path / "store.db")) as connection:
            note_edition(connection, KNOWN + 1)

        with pytest.raises(StoreIsNewer):
            SqliteFile(tmp_path / "store.db")

        with closing(sqlite3.connect(tmp_path / "store.db")) as connection:
            assert connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)
        assert self.noted(tmp_path / "store.db") == KNOWN + 1

    def test_of_a_newer_version_takes_no_history_either(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with closing(sqlite3.connect(tmp_path / "record.db")) as connection:
            note_edition(connection, 3)

        status = load([str(tmp_path), "--data", str(tmp_path)])

        assert status == 2
        assert "cannot be loaded into: the store was written by a newer version" in capsys.readouterr().err
