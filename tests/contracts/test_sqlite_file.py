"""The promises of `SqliteFile`, on which both embedded stores rest (D4)."""

import sqlite3
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest

from shared.adapters.sqlite import SqliteFile
from shared.kernel.refusals import TransientFault

NO_PATIENCE = timedelta()
THREADS = 8
UNITS = 60


class TooManyWords(Exception):
    """What a unit may raise."""


@pytest.fixture
def file(tmp_path: Path) -> Generator[SqliteFile]:
    opened = SqliteFile(tmp_path / "words.db", patience=NO_PATIENCE)
    opened.prepare("CREATE TABLE words (word TEXT);\n")
    yield opened
    opened.close()


def words(file: SqliteFile) -> list[str]:
    return file.read(
        lambda connection: [word for (word,) in connection.execute("SELECT word FROM words ORDER BY word")]
    )


class Saying:
    """A unit that writes a word, and then perhaps refuses."""

    def __init__(self, word: str, *, refuses: bool = False) -> None:
        self.word = word
        self.refuses = refuses

    def __call__(self, connection: sqlite3.Connection) -> str:
        connection.execute("INSERT INTO words VALUES (?)", (self.word,))
        if self.refuses:
            raise TooManyWords
        return self.word


class TestWriting:
    def test_gives_what_the_unit_gives(self, file: SqliteFile) -> None:
        assert file.write(Saying("hej")) == "hej"
        assert words(file) == ["hej"]

    def test_leaves_nothing_of_a_unit_that_raises(self, file: SqliteFile) -> None:
        with pytest.raises(TooManyWords):
            file.write(Saying("hej", refuses=True))

        assert words(file) == []

    def test_takes_back_only_the_unit_that_raises(self, file: SqliteFile) -> None:
        outcomes = file.write_many([Saying("a"), Saying("b", refuses=True), Saying("c")])

        assert [type(outcome) for outcome in outcomes] == [str, TooManyWords, str]
        assert words(file) == ["a", "c"]

    def test_serves_many_threads_each_with_its_own_outcome(self, file: SqliteFile) -> None:
        outcomes: dict[str, str] = {}

        def say(thread: int) -> None:
            for number in range(UNITS):
                word = f"{thread}-{number:02}"
                try:
                    outcomes[word] = file.write(Saying(word, refuses=number % 3 == 0))
                except TooManyWords:
                    outcomes[word] = "refused"
                assert (word in words(file)) == (number % 3 != 0)

        threads = [Thread(target=say, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(outcomes) == THREADS * UNITS
        assert words(file) == sorted(word for word, outcome in outcomes.items() if outcome == word)
        assert sum(outcome == "refused" for outcome in outcomes.values()) == THREADS * UNITS // 3

    def test_is_a_transient_fault_while_another_process_holds_the_file(self, file: SqliteFile) -> None:
        other = sqlite3.connect(file.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(TransientFault):
            file.write(Saying("hej"))
        assert [type(outcome) for outcome in file.write_many([Saying("a"), Saying("b")])] == [
            TransientFault
        ] * 2

        other.execute("ROLLBACK")
        other.close()
        assert file.write(Saying("hej")) == "hej"

    def test_is_a_transient_fault_when_the_file_is_full(self, file: SqliteFile) -> None:
        (pages,) = file.write(lambda connection: connection.execute("PRAGMA page_count").fetchone())
        file.write(lambda connection: connection.execute(f"PRAGMA max_page_count = {pages}").fetchall())

        outcomes = file.write_many([Saying("small"), Saying("large" * 10_000), Saying("small")])

        assert [type(outcome) for outcome in outcomes] == [TransientFault] * 3
        assert words(file) == []

    def test_leaves_bugs_as_they_are(self, file: SqliteFile) -> None:
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            file.write(lambda connection: connection.execute("DELETE FROM sentences"))


class TestClosing:
    def test_makes_everything_a_transient_fault(self, file: SqliteFile) -> None:
        file.close()

        with pytest.raises(TransientFault):
            file.write(Saying("hej"))
        with pytest.raises(TransientFault):
            words(file)

    def test_keeps_what_was_written(self, file: SqliteFile, tmp_path: Path) -> None:
        file.write(Saying("hej"))
        file.close()

        again = SqliteFile(tmp_path / "words.db")

        assert words(again) == ["hej"]
        again.close()

    def test_twice_is_harmless(self, file: SqliteFile) -> None:
        file.close()
        file.close()

        with pytest.raises(TransientFault):
            file.write(Saying("hej"))


class TestBells:
    def test_ring_for_every_thread_that_waits(self, file: SqliteFile) -> None:
        woken: list[bool] = []
        threads = [
            Thread(target=lambda: woken.append(file.wait_for_messages(timedelta(days=1).total_seconds())))
            for _ in range(3)
        ]

        file.write(Saying("hej"), ring=file.sent)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert woken == [True] * 3

    def test_do_not_ring_for_what_was_taken_back(self, file: SqliteFile) -> None:
        with pytest.raises(TooManyWords):
            file.write(Saying("hej", refuses=True), ring=file.sent)

        assert not file.wait_for_messages(0)

    def test_are_each_for_one_thing(self, file: SqliteFile) -> None:
        file.write(Saying("hej"), ring=file.sent)

        assert not file.wait_for_change(0)
        assert file.wait_for_messages(0)
