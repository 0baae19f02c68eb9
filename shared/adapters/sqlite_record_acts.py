"""What can be done to one resource of the embedded record, inside one unit of work (fhir.md §2.4)."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from shared.adapters.fhir_bodies import body_of, resource_in, says_the_same, stamped
from shared.adapters.fhir_search_query import criterion_of
from shared.adapters.fhir_search_values import found_by
from shared.adapters.fhir_validation import require_valid
from shared.adapters.sqlite_record_conditions import Asker
from shared.adapters.sqlite_record_search import matching
from shared.adapters.sqlite_record_tables import (
    Stored,
    current,
    erase,
    forget_finds,
    keep,
    keep_finds,
    next_key,
    tell,
)
from shared.fhir.json_patch import patched
from shared.fhir.ports import Resource, VersionMismatch
from shared.fhir.refusals import NotSelectiveEnough, ResourceDeleted, ResourceNotFound
from shared.kernel.identity import IdSource
from shared.kernel.refusals import Nonsense

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Done:
    """What an act left behind: the resource as stored, or None where there was nothing to delete."""

    stored: Stored | None
    created: bool = False


def standing(connection: sqlite3.Connection, type_: str, id_: str) -> Stored:
    """Give the current version. Raises `ResourceNotFound`, `ResourceDeleted`."""
    stored = current(connection, type_, id_)
    if stored is None:
        raise ResourceNotFound
    if stored.deleted:
        raise ResourceDeleted(stored.version)
    return stored


@dataclass(frozen=True, slots=True)
class Acts:
    """One unit of work. `quietly` leaves out change events, for imports (D7).

    `must_match` names the types that nobody writes over without saying which version they saw: Azure Health
    Data Services' policy `version-update`.
    """

    connection: sqlite3.Connection
    asker: Asker
    ids: IdSource
    quietly: bool = False
    must_match: frozenset[str] = frozenset()

    def read(self, type_: str, id_: str) -> Stored:
        """Give the current version. Raises `ResourceNotFound`, `ResourceDeleted`."""
        return standing(self.connection, type_, id_)

    def create(self, type_: str, resource: Resource, *, id_: str | None = None) -> Done:
        """Write it under a new id, whatever id it came with."""
        return self.update(type_, id_ or self.ids.new(), resource)

    def create_if_none(self, type_: str, resource: Resource, condition: Pairs) -> Done:
        """Write it unless one meets the condition, which then is the answer. Raises `NotSelectiveEnough`."""
        found = self.one_matching(type_, condition)
        return Done(found) if found else self.create(type_, resource)

    def update(self, type_: str, id_: str, resource: Resource, *, if_match: int | None = None) -> Done:
        """Write it under its id, new or not.

        With `if_match`, raises `VersionMismatch` when another version is current, `ResourceNotFound` when
        none ever was.
        What would change nothing makes no version and no event.
        """
        now = current(self.connection, type_, id_)
        require_version(now, if_match)
        if now is not None and if_match is None and type_ in self.must_match and not self.quietly:
            raise Nonsense(("If-Match", "required for a resource of this type"))
        resource = {**resource, "id": id_}
        if now is None:
            return Done(self._write(resource, self._nothing_yet(type_, id_)), created=True)
        if not now.deleted and says_the_same(resource, now.body):
            return Done(now)
        return Done(self._write(resource, now), created=now.deleted)

    def update_if_one(
        self, type_: str, resource: Resource, condition: Pairs, *, if_match: int | None = None
    ) -> Done:
        """Write over the one that meets the condition, anew when none does. Raises `NotSelectiveEnough`."""
        found = self.one_matching(type_, condition)
        own = resource.get("id")
        if found is not None and own not in (None, found.id):
            raise Nonsense((f"{type_}.id", "is not the id of the resource that meets the condition"))
        return self.update(type_, found.id if found else own or self.ids.new(), resource, if_match=if_match)

    def patch(self, type_: str, id_: str, operations: Any, *, if_match: int | None = None) -> Done:
        """Change it by a JSON Patch; the outcome must still be a resource of its type and id."""
        now = self.read(type_, id_)
        require_version(now, if_match)
        resource = patched(resource_in(now.body), operations)
        require_valid(type_, id_, resource)
        return self.update(type_, id_, resource, if_match=now.version)

    def delete(self, type_: str, id_: str, *, if_match: int | None = None) -> Done:
        """Take it away, keeping its past; what is not there stays so, without complaint."""
        now = current(self.connection, type_, id_)
        if if_match is not None:
            require_version(now, if_match)
        if now is None or now.deleted:
            return Done(now)
        gone = replace(now, version=now.version + 1, deleted=True, at=self.asker.now, body=b"")
        keep(self.connection, gone)
        forget_finds(self.connection, gone.key)
        self._tell("Deleted", gone)
        return Done(gone)

    def erase(self, type_: str, id_: str, *, if_match: int | None = None) -> Done:
        """Take it away with its past, and announce nothing: a hard delete (fhir.md §2.1)."""
        now = current(self.connection, type_, id_)
        if if_match is not None:
            require_version(now, if_match)
        if now is not None:
            erase(self.connection, now, self.asker.now)
        return Done(None)

    def one_matching(self, type_: str, condition: Pairs) -> Stored | None:
        """Give the one that meets the condition, or None; many, or no condition: `NotSelectiveEnough`."""
        criteria = [criterion for name, value in condition if (criterion := criterion_of(type_, name, value))]
        if not criteria or len(criteria) < len(condition):
            raise NotSelectiveEnough
        found = matching(self.connection, self.asker, type_, criteria)
        if len(found) > 1:
            raise NotSelectiveEnough
        return found[0] if found else None

    def _nothing_yet(self, type_: str, id_: str) -> Stored:
        key = next_key(self.connection)
        return Stored(key, type_, id_, version=0, deleted=False, at=self.asker.now, body=b"")

    def _write(self, resource: Resource, before: Stored) -> Stored:
        version = before.version + 1
        resource = stamped(resource, version, self.asker.now)
        stored = replace(before, version=version, deleted=False, at=self.asker.now, body=body_of(resource))
        keep(self.connection, stored)
        if before.version:
            forget_finds(self.connection, stored.key)
        keep_finds(
            self.connection,
            self.asker.numbers,
            [(stored.key, stored.type, found_by(resource, home=self.asker.home))],
        )
        self._tell("Created" if version == 1 or before.deleted else "Updated", stored)
        return stored

    def _tell(self, change: str, stored: Stored) -> None:
        if not self.quietly:
            tell(self.connection, change, stored)


def require_version(now: Stored | None, if_match: int | None) -> None:
    """Raise `ResourceNotFound` or `VersionMismatch` unless the version, if named, is the current one."""
    if if_match is None:
        return
    if now is None:
        raise ResourceNotFound
    if now.version != if_match:
        raise VersionMismatch
