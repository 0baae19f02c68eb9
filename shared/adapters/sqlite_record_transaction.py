"""Many entries in one unit of work: all or nothing, in FHIR's order, references between them made good."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from shared.adapters.fhir_bundle_entries import ORDER, Entry, pairs_of, require_possible
from shared.adapters.fhir_search_query import question
from shared.adapters.sqlite_record_acts import Acts, Done
from shared.adapters.sqlite_record_search import Answer, answer
from shared.adapters.sqlite_record_tables import Stored, versions
from shared.fhir.references import referring_otherwise
from shared.fhir.refusals import ReferenceNotResolved, ResourceDeleted, ResourceNotFound
from shared.fhir.resource_types import R4_TYPES
from shared.kernel.refusals import Nonsense

Outcome = Done | Answer
_WITH_ENTRIES_OF_THEIR_OWN = frozenset({"Bundle", "Parameters"})
"""What lies in them points at what lies beside it."""


@dataclass(frozen=True, slots=True)
class Planned:
    """An entry whose id is settled; `found` is what a conditional create met instead of creating."""

    entry: Entry
    found: Stored | None = None


def done_together(acts: Acts, entries: Sequence[Entry]) -> list[Outcome]:
    """Do all entries, or raise what the first that failed raised; outcomes come in the given order."""
    require_possible(entries)
    ordered = sorted(entries, key=lambda entry: ORDER.index(entry.method))
    outcomes: dict[int, Outcome] = {}
    for entry in ordered:
        if entry.method == "DELETE":
            outcomes[entry.place] = _done(acts, entry)
    planned = [_planned(acts, entry) for entry in ordered if entry.method != "DELETE"]
    require_possible([plan.entry for plan in planned if plan.found is None and plan.entry.method != "POST"])
    names = dict(_names(planned))
    for plan in planned:
        outcomes[plan.entry.place] = (
            Done(plan.found) if plan.found else _done(acts, _linked(acts, plan.entry, names))
        )
    return [outcomes[entry.place] for entry in entries]


def done(acts: Acts, entry: Entry) -> Outcome:
    """Do one entry by itself."""
    return _done(acts, _linked(acts, entry))


def _done(acts: Acts, entry: Entry) -> Outcome:
    match entry.method:
        case "POST":
            return _create(acts, entry)
        case "PUT":
            return _update(acts, entry)
        case "PATCH":
            return acts.patch(entry.type, entry.id or "", entry.operations, if_match=entry.if_match)
        case "DELETE":
            return _delete(acts, entry)
        case _:
            return _get(acts, entry)


def version_of(acts: Acts, type_: str, id_: str, version: int) -> Stored:
    """Give one version. Raises `ResourceNotFound`, or `ResourceDeleted` when that version is a deletion."""
    stored = next((s for s in history_of(acts, type_, id_) if s.version == version), None)
    if stored is None:
        raise ResourceNotFound
    if stored.deleted:
        raise ResourceDeleted(stored.version)
    return stored


def history_of(acts: Acts, type_: str, id_: str) -> list[Stored]:
    """Give all versions, newest first, deletions too. Raises `ResourceNotFound`."""
    row = acts.connection.execute(
        "SELECT key FROM resource WHERE type = ? AND id = ?", (type_, id_)
    ).fetchone()
    if row is None:
        raise ResourceNotFound
    return list(versions(acts.connection, row[0]))


def _create(acts: Acts, entry: Entry) -> Done:
    resource = entry.resource or {}
    if entry.if_none_exist is not None:
        return acts.create_if_none(entry.type, resource, entry.if_none_exist)
    return acts.create(entry.type, resource, id_=entry.id)


def _update(acts: Acts, entry: Entry) -> Done:
    resource = entry.resource or {}
    if entry.id is None:
        return acts.update_if_one(entry.type, resource, entry.query, if_match=entry.if_match)
    return acts.update(entry.type, entry.id, resource, if_match=entry.if_match)


def _delete(acts: Acts, entry: Entry) -> Done:
    delete = acts.erase if ("hardDelete", "true") in entry.query else acts.delete
    if entry.id is not None:
        return delete(entry.type, entry.id, if_match=entry.if_match)
    found = acts.one_matching(entry.type, [pair for pair in entry.query if pair[0] != "hardDelete"])
    return delete(entry.type, found.id, if_match=entry.if_match) if found else Done(None)


def _get(acts: Acts, entry: Entry) -> Outcome:
    if entry.id is None:
        token = dict(entry.query).get("ct")
        return answer(acts.connection, acts.asker, question(entry.type, entry.query), token)
    if entry.version is not None:
        return Done(version_of(acts, entry.type, entry.id, entry.version))
    return Done(acts.read(entry.type, entry.id))


def _planned(acts: Acts, entry: Entry) -> Planned:
    """Settle the id now, so that other entries can point at it."""
    if entry.method == "POST":
        found = (
            acts.one_matching(entry.type, entry.if_none_exist) if entry.if_none_exist is not None else None
        )
        return Planned(replace(entry, id=acts.ids.new(), if_none_exist=None), found)
    if entry.method == "PUT" and entry.id is None:
        found = acts.one_matching(entry.type, entry.query)
        own = (entry.resource or {}).get("id")
        if found is not None and own not in (None, found.id):
            raise Nonsense(
                (f"Bundle.entry[{entry.place}].resource.id", "is not the id of what meets the condition")
            )
        return Planned(replace(entry, id=found.id if found else own or acts.ids.new()))
    return Planned(entry)


def _names(planned: Sequence[Planned]) -> Iterator[tuple[str, str]]:
    """Say what each `fullUrl` is called once it is stored."""
    for plan in planned:
        if plan.entry.full_url and plan.entry.method in ("POST", "PUT"):
            yield plan.entry.full_url, f"{plan.entry.type}/{plan.found.id if plan.found else plan.entry.id}"


def _linked(acts: Acts, entry: Entry, names: Mapping[str, str] | None = None) -> Entry:
    """Point it at what the other entries have become, and at what meets its conditional references.

    Raises `Nonsense` where, within a transaction, it points at an entry that is not there.
    """
    if entry.resource is None:
        return entry

    def otherwise(text: str) -> str | None:
        if names is not None and text not in names and text.startswith("urn:uuid:"):
            if entry.type in _WITH_ENTRIES_OF_THEIR_OWN:
                return None
            raise Nonsense(
                (f"Bundle.entry[{entry.place}].resource", "a reference to an entry that is not there")
            )
        return (names or {}).get(text) or _resolved(acts, text)

    return replace(entry, resource=referring_otherwise(entry.resource, otherwise))


def _resolved(acts: Acts, reference: str) -> str | None:
    """Resolve `Type?condition`, which must be met by exactly one. Raises `ReferenceNotResolved`."""
    type_, mark, condition = reference.partition("?")
    if not mark or type_ not in R4_TYPES:
        return None
    found = acts.one_matching(type_, pairs_of(condition))
    if found is None:
        raise ReferenceNotResolved
    return found.reference.text
