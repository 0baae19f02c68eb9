"""On what a care relationship rests, and the names a member of staff has in the record (decision 30)."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from shared.access.model import Caller
from shared.fhir.ports import ClinicalRecord, Resource, SearchParameters
from shared.fhir.references import reference_of
from shared.patients.facts import Fact
from shared.patients.in_fhir import end_of, instant_of, mapping_of, mappings_of

VISITS_COUNT_FOR = timedelta(days=90)
"""After a visit has ended, whoever took part in it still has to do with the patient."""
_NO_VISIT = frozenset({"cancelled", "entered-in-error", "unknown"})
_NO_TEAM = frozenset({"inactive", "proposed", "suspended", "entered-in-error"})
_MEANS_SOMETHING = ("\\", "|", ",", "$")


class CareRelationship(StrEnum):
    """What ties a member of staff to a patient."""

    TASK = "task"
    CONVERSATION = "conversation"
    GENERAL_PRACTITIONER = "general_practitioner"
    CARE_TEAM = "care_team"
    VISIT = "visit"


def names_in_record(record: ClinicalRecord, caller: Caller, now: datetime) -> tuple[set[str], set[str]]:
    """Give `Type/id` of the caller as practitioner and in each role, and of the organisations of these roles.

    A Practitioner is a login's when it has an identifier whose system is the login's issuer and whose value
    is its subject. Whoever has none has no name in the record. What a search gives is looked at again: a
    server that does not know a parameter may pass over it, and would give everybody.
    """
    said = f"{_escaped(caller.issuer)}|{_escaped(caller.subject)}"
    found = _searched(record, "Practitioner", ("identifier", said))
    people = {f"Practitioner/{one['id']}" for one in found if _is_login_of(one, caller)}
    names, organisations = set(people), set[str]()
    for person in sorted(people):
        for role in _searched(record, "PractitionerRole", ("practitioner", person)):
            if _is_held(role, now) and person in _referred(role.get("practitioner")):
                names.add(f"PractitionerRole/{role['id']}")
                organisations.update(_referred(role.get("organization")))
    return names, organisations


def by_facts(facts: Collection[Fact], names: set[str], now: datetime) -> CareRelationship | None:
    """Find the caller among those in the patient's care teams, else among those who took part in visits."""
    theirs = [fact for fact in facts if not fact.is_in_error and not names.isdisjoint(fact.people)]
    if any(
        fact.is_of("CareTeam") and fact.status not in _NO_TEAM and fact.is_current(now) for fact in theirs
    ):
        return CareRelationship.CARE_TEAM
    if any(fact.is_of("Encounter") and _is_recent_visit(fact, now) for fact in theirs):
        return CareRelationship.VISIT
    return None


def _is_recent_visit(fact: Fact, now: datetime) -> bool:
    last = fact.ends_at or fact.starts_at
    is_over = fact.status == "finished" or fact.ends_at is not None
    is_recent = last is not None and now < last + VISITS_COUNT_FOR
    return fact.status not in _NO_VISIT and (is_recent or not is_over)


def _is_login_of(practitioner: Resource, caller: Caller) -> bool:
    """Say whether one that is still active has the caller's login among its identifiers in use."""
    login = (caller.issuer, caller.subject)
    in_use = [one for one in mappings_of(practitioner.get("identifier")) if one.get("use") != "old"]
    is_named = any((one.get("system"), one.get("value")) == login for one in in_use)
    return is_named and practitioner.get("active") is not False


def _is_held(role: Resource, now: datetime) -> bool:
    period = mapping_of(role.get("period"))
    start, end = instant_of(period.get("start")), end_of(period.get("end"))
    begun, ended = start is None or start <= now, end is not None and end <= now
    return role.get("active") is not False and begun and not ended


def _searched(record: ClinicalRecord, type_: str, asked: tuple[str, str]) -> Iterator[Resource]:
    page: str | None = None
    while True:
        found = record.search(type_, SearchParameters((asked, ("_count", "100"))), page=page)
        yield from (one for one in found.matches if one.get("resourceType") == type_)
        page = found.next
        if page is None:
            return


def _referred(value: object) -> Iterator[str]:
    text = mapping_of(value).get("reference")
    found = reference_of(text) if isinstance(text, str) else None
    if found is not None and not found.base:
        yield found.text


def _escaped(text: str) -> str:
    """Spell what means something in a search as itself (R4 search.html#escaping)."""
    for sign in _MEANS_SOMETHING:
        text = text.replace(sign, f"\\{sign}")
    return text
