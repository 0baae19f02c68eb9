"""What those who take part are called."""

from collections.abc import Iterable, Mapping

from shared.fhir.ports import ClinicalRecord, Resource
from shared.patients.facts_in_fhir import words_at
from shared.patients.in_fhir import mapping_of


def names_of(record: ClinicalRecord, references: Iterable[str]) -> Mapping[str, str]:
    """Name those behind `Type/id` as far as the record has names; a role is called by who fills it."""
    known = _read(record, set(references))
    filled_by = {name: person for name, one in known.items() if (person := _filled_by(one))}
    people = _read(record, set(filled_by.values()) - known.keys())
    called = {name: words_at(one, ("name",)) for name, one in (known | people).items()}
    return {
        name: words for name in known if (words := called.get(filled_by.get(name, name)) or called.get(name))
    }


def _filled_by(resource: Resource) -> str | None:
    found = mapping_of(resource.get("practitioner")).get("reference")
    is_role = resource.get("resourceType") == "PractitionerRole"
    return found if is_role and isinstance(found, str) and found.startswith("Practitioner/") else None


def _read(record: ClinicalRecord, references: set[str]) -> dict[str, Resource]:
    asked = [(type_, id_) for type_, _, id_ in (one.partition("/") for one in sorted(references)) if id_]
    if not asked:
        return {}
    found = record.read_many(asked).resources
    return {f"{type_}/{id_}": resource for (type_, id_), resource in found.items()}
