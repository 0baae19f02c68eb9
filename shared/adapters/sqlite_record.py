"""The embedded FHIR R4 server: `ClinicalRecord` on SQLite, mannered as Azure Health Data Services (D7)."""

import logging
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import orjson

from shared.adapters.fhir_bundle_entries import MOST_ENTRIES, Entry, entry_of_write
from shared.adapters.fhir_search_query import Question, question
from shared.adapters.fhir_search_values import found_by
from shared.adapters.fhir_validation import known
from shared.adapters.import_progress import Reached
from shared.adapters.sqlite import SqliteFile
from shared.adapters.sqlite_record_acts import Acts, standing
from shared.adapters.sqlite_record_changes import SCHEMA as CHANGES
from shared.adapters.sqlite_record_changes import changes_after, last_mark
from shared.adapters.sqlite_record_conditions import Asker
from shared.adapters.sqlite_record_events import events_after, forget_events
from shared.adapters.sqlite_record_export import Portion, gone_in, page_of, types_in
from shared.adapters.sqlite_record_history import Past, Place, past_of
from shared.adapters.sqlite_record_import import SCHEMA as IMPORTS
from shared.adapters.sqlite_record_import import all_reached, keep_reached, loaded
from shared.adapters.sqlite_record_search import Answer, answer
from shared.adapters.sqlite_record_tables import (
    SCHEMA,
    Numbers,
    Stored,
    current,
    fingerprint,
    forget_finds,
    keep_finds,
    number_parameters,
)
from shared.adapters.sqlite_record_transaction import Outcome, done, done_together, history_of, version_of
from shared.fhir.ports import Changes, ClinicalRecord, Found, Resource, SearchPage, SearchParameters, Write
from shared.kernel.clock import Clock
from shared.kernel.identity import IdSource, RandomIds
from shared.kernel.refusals import Nonsense

log = logging.getLogger(__name__)
T = TypeVar("T")

_ROOM_FOR_INDEXES = "PRAGMA cache_size = -65536"
"""64 MB: what a resource is found by lies all over the indexes; an import would else read them back."""


class SqliteRecord(ClinicalRecord):
    """An R4 server in one file of its own.

    What a method returned stands, whatever is killed afterwards. Writes run one after another, so a race is
    lost by a version that no longer matches (412). `home` is the address under which it is served: references
    that begin with it are its own. `account` is the host that change events name. Resources of the types in
    `must_match` are written over only with If-Match.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock,
        ids: IdSource | None = None,
        home: str = "",
        account: str = "local.fhir.azurehealthcareapis.com",
        must_match: frozenset[str] = frozenset(),
    ) -> None:
        self._file = SqliteFile(path)
        self.clock = clock
        self.ids = ids or RandomIds()
        self._home = home.rstrip("/")
        self._account = account
        self._must_match = must_match
        self._file.prepare(SCHEMA)
        self._file.prepare(CHANGES)
        self._file.prepare(IMPORTS)
        self._file.write(lambda connection: connection.execute(_ROOM_FOR_INDEXES).fetchall())
        self._numbers: Numbers = self._file.write(number_parameters)
        self._find_anew_if_rules_changed()

    def close(self) -> None:
        self._file.close()

    @property
    def path(self) -> Path:
        """Where its file lies."""
        return self._file.path

    # The port

    def read(self, type: str, id: str) -> Resource:  # noqa: A002  # FHIR's own words
        return orjson.loads(self.stored(type, id).body)

    def read_many(self, references: Sequence[tuple[str, str]]) -> Found:
        known = self._file.read(
            lambda connection: [
                stored for type_, id_ in references if (stored := current(connection, type_, id_)) is not None
            ]
        )
        return Found(
            {(one.type, one.id): orjson.loads(one.body) for one in known if not one.deleted},
            frozenset((one.type, one.id) for one in known if one.deleted),
        )

    def search(self, type: str, parameters: SearchParameters, *, page: str | None = None) -> SearchPage:  # noqa: A002  # FHIR's own word
        found = self.answer(question(known(type), parameters.pairs, strict=True), page)
        return SearchPage(_resources(found.matches), _resources(found.included), found.next, found.total)

    def transaction(self, writes: Sequence[Write]) -> Sequence[Resource | None]:
        if len(writes) > MOST_ENTRIES:
            raise Nonsense(("", f"more than {MOST_ENTRIES} entries"))
        outcomes = self.together([entry_of_write(place, write) for place, write in enumerate(writes)])
        return [_resource(outcome) for outcome in outcomes]

    def history(self, type: str, id: str) -> Iterator[Resource]:  # noqa: A002  # FHIR's own words
        past = self._read(lambda acts: history_of(acts, type, id))
        return (orjson.loads(stored.body) for stored in past if not stored.deleted)

    def mark_now(self, types: Collection[str]) -> str:  # noqa: ARG002  # one number is the place of all types
        return self._read(lambda acts: last_mark(acts.connection))

    def changes(self, after: str | None, *, types: Collection[str], limit: int = 1000) -> Changes:
        return self._read(lambda acts: changes_after(acts.connection, after, limit, types))

    # As a server

    def stored(self, type: str, id: str, version: int | None = None) -> Stored:  # noqa: A002  # FHIR's own words
        """Give a version as bytes, the current one unless told."""
        if version is None:
            return self._file.read(lambda connection: standing(connection, type, id))
        return self._read(lambda acts: version_of(acts, type, id, version))

    def answer(self, asked: Question, token: str | None = None) -> Answer:
        """Answer a search, from where the token of the page before says."""
        return self._read(lambda acts: answer(acts.connection, acts.asker, asked, token))

    def past(self, asked: Past) -> tuple[list[Stored], Place | None]:
        """Give one page of a history, newest first, and where to go on."""
        return self._read(lambda acts: past_of(acts.connection, asked))

    def alone(self, entry: Entry) -> Outcome:
        """Do one entry in a unit of its own."""
        if entry.method in ("GET", "HEAD"):
            return self._read(lambda acts: done(acts, entry))
        return self._write(lambda acts: done(acts, entry))

    def together(self, entries: Sequence[Entry]) -> list[Outcome]:
        """Do all entries or none."""
        return self._write(lambda acts: done_together(acts, entries))

    # Export

    def types(self) -> Sequence[str]:
        """Give the types of which there is something."""
        return self._file.read(types_in)

    def page_of(self, type: str, portion: Portion, *, after: int, limit: int) -> Sequence[tuple[int, bytes]]:  # noqa: A002  # FHIR's own word
        """Give the next resources of a type as bytes, each with the key to go on from."""
        return self._read(
            lambda acts: page_of(acts.connection, acts.asker, type, portion, after=after, limit=limit)
        )

    def gone_in(
        self, types: Sequence[str], portion: Portion, *, after: int, limit: int
    ) -> Sequence[tuple[int, str, str]]:
        """Give what was deleted in the time and is not there again, each with the key to go on from."""
        return self._file.read(
            lambda connection: gone_in(connection, types, portion, after=after, limit=limit)
        )

    # Import and events

    def load(
        self,
        resources: Iterable[Resource],
        *,
        batch: int = 2000,
        reached: Callable[[], Sequence[Reached]] = tuple,
    ) -> int:
        """Import: keep ids, announce nothing, write over what is older; give how many made a version.

        Nothing is validated. Batches are committed one by one, each with how far its files were `reached`;
        loading the same again changes nothing.
        """
        rest, count = iter(resources), 0
        while some := list(islice(rest, batch)):
            come = reached()
            count += self._file.write(
                lambda connection, some=some, come=come: self._loaded(connection, some, come)
            )
        return count

    def _loaded(
        self, connection: sqlite3.Connection, some: Sequence[Resource], come: Sequence[Reached]
    ) -> int:
        keep_reached(connection, come)
        return loaded(self._acts(connection, quietly=True), some)

    def reached(self) -> dict[str, Reached]:
        """Give how far an import that was cut off has come in each of its files."""
        return self._file.read(all_reached)

    def forget_reached(self) -> None:
        """Note that the import has come to its end: the next one begins at the beginning."""
        self._file.write(lambda connection: connection.execute("DELETE FROM import_progress"))

    def events(self, after: int, limit: int) -> Sequence[tuple[int, dict[str, Any]]]:
        """Give change events in Event Grid's schema, each with its number; forgotten ones are missing."""
        return self._file.read(
            lambda connection: events_after(connection, after, limit, account=self._account)
        )

    def forget_events(self, up_to: int) -> None:
        """Let go of events that have been delivered."""
        self._file.write(lambda connection: forget_events(connection, up_to), durable=False)

    def wait_for_events(self, timeout: float) -> bool:
        """Wait until something was written since this thread last waited, or the seconds are up."""
        return self._file.wait_for_change(timeout)

    def _acts(self, connection: sqlite3.Connection, *, quietly: bool = False) -> Acts:
        asker = Asker(self._numbers, self._home, self.clock.now())
        return Acts(connection, asker, self.ids, quietly, self._must_match)

    def _read(self, act: Callable[[Acts], T]) -> T:
        """Look at one moment of the record, whatever is written meanwhile."""

        def looking(connection: sqlite3.Connection) -> T:
            connection.execute("BEGIN")
            try:
                return act(self._acts(connection))
            finally:
                connection.execute("COMMIT")

        return self._file.read(looking)

    def _write(self, act: Callable[[Acts], T]) -> T:
        return self._file.write(lambda connection: act(self._acts(connection)), ring=self._file.changed)

    def _find_anew_if_rules_changed(self) -> None:
        """Index everything again after an upgrade that changed what resources are found by."""
        name = fingerprint()
        known_by = self._file.read(
            lambda connection: connection.execute("SELECT fingerprint FROM rules").fetchone()
        )
        if known_by == (name,):
            return
        key = 0
        while keys := self._file.write(lambda connection, after=key: self._find_anew(connection, after)):
            key = keys
        self._file.write(
            lambda connection: connection.execute("INSERT OR REPLACE INTO rules VALUES (1, ?)", (name,))
        )
        log.info("fhir.record.indexed", extra={"up_to": key})

    def _find_anew(self, connection: sqlite3.Connection, after: int, some: int = 2000) -> int:
        query = "SELECT key, type, body FROM resource WHERE key > ? AND deleted = 0 ORDER BY key LIMIT ?"
        rows = connection.execute(query, (after, some)).fetchall()
        for key, _, _ in rows:
            forget_finds(connection, key)
        found = [(key, type_, found_by(orjson.loads(body), home=self._home)) for key, type_, body in rows]
        keep_finds(connection, self._numbers, found)
        return rows[-1][0] if rows else 0


def _resources(stored: Sequence[Stored]) -> tuple[Resource, ...]:
    return tuple(orjson.loads(one.body) for one in stored)


def _resource(outcome: Outcome) -> Resource | None:
    stored = None if isinstance(outcome, Answer) else outcome.stored
    return None if stored is None or stored.deleted else orjson.loads(stored.body)
