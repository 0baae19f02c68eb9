"""Loading resources by the thousand: ids kept, nothing announced (D7)."""

import sqlite3
from collections.abc import Sequence

import orjson

from shared.adapters.fhir_bodies import body_of, stamped
from shared.adapters.fhir_search_values import Found, found_by
from shared.adapters.sqlite_record_acts import Acts
from shared.adapters.sqlite_record_tables import Stored, keep_finds, next_key, note_changes, resource_row
from shared.fhir.ports import Resource
from shared.kernel.refusals import Nonsense

_KNOWN = (
    "SELECT r.type, r.id FROM json_each(?) j"
    " CROSS JOIN resource r ON r.type = j.value ->> 0 AND r.id = j.value ->> 1"
)


def loaded(acts: Acts, resources: Sequence[Resource]) -> int:
    """Write them; give how many made a version. What is there already and says the same makes none."""
    fresh: dict[tuple[str, str], Resource] = {}
    others: list[Resource] = []
    names = [_name(resource) for resource in resources]
    known = set(acts.connection.execute(_KNOWN, (orjson.dumps(names).decode(),)))
    for name, resource in zip(names, resources, strict=True):
        if name in known or name in fresh:
            others.append(resource)
        else:
            fresh[name] = resource
    _insert(acts, fresh)
    return len(fresh) + sum(_changed(acts, resource) for resource in others)


def _changed(acts: Acts, resource: Resource) -> bool:
    type_, id_ = _name(resource)
    before = acts.connection.execute(
        "SELECT version FROM resource WHERE type = ? AND id = ?", (type_, id_)
    ).fetchone()[0]
    after = acts.update(type_, id_, resource).stored
    return after is not None and after.version > before


def _insert(acts: Acts, fresh: dict[tuple[str, str], Resource]) -> None:
    now, home = acts.asker.now, acts.asker.home
    rows: list[tuple[int, str, str, int, int, int, bytes | None]] = []
    found: list[tuple[int, str, Found]] = []
    for key, ((type_, id_), resource) in enumerate(fresh.items(), next_key(acts.connection)):
        stored = Stored(
            key, type_, id_, version=1, deleted=False, at=now, body=body_of(stamped(resource, 1, now))
        )
        rows.append(resource_row(stored))
        found.append((key, type_, found_by(resource, home=home)))
    _insert_rows(acts.connection, rows)
    keep_finds(acts.connection, acts.asker.numbers, found)


def _insert_rows(
    connection: sqlite3.Connection, rows: Sequence[tuple[int, str, str, int, int, int, bytes | None]]
) -> None:
    connection.executemany("INSERT INTO resource VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    note_changes(connection, (row[0] for row in rows))


def _name(resource: Resource) -> tuple[str, str]:
    type_, id_ = resource.get("resourceType"), resource.get("id")
    if not isinstance(type_, str) or not isinstance(id_, str):
        raise Nonsense(("", "an imported resource needs its type and id"))
    return type_, id_
