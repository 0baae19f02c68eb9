"""Both evaluators over one record, by ways drawn by lot: references, back, through, equal values (UN-12)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, get_args

import pytest

from shared.fhir.ports import Resource
from shared.kernel.identity import PatientId
from shared.segments.check_relationship import checked
from shared.segments.definitions import drafted
from shared.segments.in_fhir import record_facts
from shared.segments.links_in_fhir import other_facts, ref_of, references_in
from shared.segments.nesting import paths_in, types_in
from shared.segments.one_patient import compiled
from shared.segments.population import sql_for
from shared.segments.relationships import (
    BACK,
    COMPARED,
    KNOWN,
    From,
    LinkType,
    Relationship,
    is_known,
)
from shared.segments.rules import (
    FieldIs,
    HasRecords,
    Hop,
    Kind,
    LeadsTo,
    NameIs,
    PatientLeadsTo,
    ResourceType,
    Rule,
    Segment,
    SegmentDraft,
)
from shared.segments.values_in_fhir import compared_in
from tests.rooms.segments.ward import Ward, a_patient, a_ward

PEOPLE = [PatientId(name) for name in ("ada", "bob", "cleo", "o-brien", "li", "maria")]
TYPES: tuple[Kind, ...] = (
    "Appointment",
    "CareTeam",
    "Encounter",
    "Group",
    "Location",
    "Observation",
    "Organization",
    "Practitioner",
    "PractitionerRole",
)
IDS = ("1", "2", "3")
WORDS = ("East", "East End", "it's", "A, B|C")
CODES = [{"system": "http://loinc.org", "code": code} for code in ("1", "O'Brien", "a,b")]
RECORDS: tuple[ResourceType, ...] = ("Appointment", "CareTeam", "Encounter", "Observation")
STEPS = 4
WAYS = 40


def a_world(chance: Random) -> Iterator[Resource]:
    """Make some of each type, referring to one another and sharing values at random."""
    for patient_id in PEOPLE:
        doctor = {"reference": f"Practitioner/{chance.choice(IDS)}"}
        yield a_patient(patient_id, active=True, generalPractitioner=[doctor], **_known_by(chance, "Patient"))
    for type_ in TYPES:
        for id_ in IDS:
            yield {"resourceType": type_, "id": id_, **_known_by(chance, type_), **_content(chance, type_)}


def _known_by(chance: Random, type_: str) -> Resource:
    """Give identifiers and addresses that others may have too, or none."""
    known: Resource = {}
    if chance.random() < 0.5:
        known["identifier"] = [{"system": "urn:x", "value": chance.choice(WORDS)}]
    address = {"postalCode": chance.choice(WORDS), "city": chance.choice(WORDS)}
    if type_ in ("Organization", "Patient", "Practitioner"):
        known["address"] = [address, {"postalCode": chance.choice(WORDS)}][: chance.randrange(3)]
    if type_ == "Location" and chance.random() < 0.8:
        known["address"] = address
    return known


def _content(chance: Random, type_: Kind) -> Resource:  # noqa: PLR0911  # one resource for each type
    def to(*types: str) -> Resource:
        return {"reference": f"{chance.choice(types)}/{chance.choice(IDS)}"}

    def somebody() -> Resource:
        return {"reference": f"Patient/{chance.choice(PEOPLE)}"}

    coded = {"coding": [chance.choice(CODES)]}
    entered = chance.choice(("finished", "finished", "entered-in-error"))
    match type_:
        case "Appointment":
            seen = [
                {"actor": one, "status": "accepted"} for one in (somebody(), to("Practitioner", "Location"))
            ]
            return {"status": "booked", "serviceType": [coded], "participant": seen}
        case "CareTeam":
            members = [{"member": to("Practitioner", "Organization")} for _ in range(2)]
            return {
                "subject": somebody(),
                "category": [coded],
                "participant": members,
                "encounter": to("Encounter"),
            }
        case "Encounter":
            return {
                "status": entered,
                "class": {"code": chance.choice(("AMB", "EMER"))},
                "type": [coded],
                "subject": somebody(),
                "period": {"start": "2026-03-02T05:00:00Z"},
                "serviceProvider": to("Organization"),
                "partOf": to("Encounter"),
                "diagnosis": [{"condition": to("Observation", "Encounter")}],
            }
        case "Group":
            held = [
                {"entity": one} for one in (somebody(), somebody(), to("Practitioner", "PractitionerRole"))
            ]
            return {
                "type": "person",
                "actual": True,
                "name": chance.choice(WORDS),
                "code": coded,
                "member": held,
            }
        case "Observation":
            return {
                "status": "final",
                "code": coded,
                "subject": somebody(),
                "effectiveDateTime": "2026-03-01",
                "encounter": to("Encounter"),
                "performer": [to("Practitioner", "Organization")],
            }
        case "PractitionerRole":
            works = {"practitioner": to("Practitioner"), "organization": to("Organization")}
            return {**works, "location": [to("Location")], "specialty": [coded]}
        case "Practitioner":
            return {"name": [{"text": chance.choice(WORDS)}]}
        case _:
            more = {"managingOrganization": to("Organization")} if type_ == "Location" else {}
            return {"name": chance.choice(WORDS), "type": [coded], **more}


def some_relationships(chance: Random) -> list[Relationship]:
    """Declare some of the house's own, of every sort."""
    found: list[Relationship] = []
    for number in range(12):
        value = chance.choice(sorted(COMPARED))
        held, searched = sorted(COMPARED[value].held_by), sorted(COMPARED[value].searched_by)
        start: Any = chance.choice([one for one in held if one in (*TYPES, "Patient")])
        end: Any = chance.choice([one for one in searched if one in TYPES])
        found.append(Relationship(f"same-{number}", "Same", start, value, end, over="value"))
    every: list[Any] = [(kind, path) for kind, paths in BACK.items() for path in paths]
    for number, (kind, path) in enumerate(every):
        start = chance.choice(BACK[kind][path].ends)
        forward = chance.choice(sorted(KNOWN[kind]))
        end = chance.choice([one for one in KNOWN[kind][forward] if one in TYPES])
        found.append(_through(f"through-{number}", start, kind, path, forward, end))
    return found


def _through(id_: str, start: From, kind: LinkType, back: str, path: str, end: Kind) -> Relationship:
    return Relationship(
        id_, "Through", start, path, end, through=kind, through_path=back, cardinality="many_to_many"
    )


def a_way(chance: Random, start: From, added: Sequence[Relationship]) -> tuple[Hop, ...]:
    """Go some random steps, by whatever there is; a relationship's name stands for itself."""
    way: list[Hop] = []
    at = start
    while len(way) < chance.randrange(1, STEPS + 1):
        steps = [Hop(path, to, back, equal) for path, to, back, equal in _every_step(added)]
        ahead = [hop for hop in steps if is_known(at, hop, added)]
        ahead += [Hop(one.id, one.to_type) for one in added if one.from_type == at]
        if not ahead:
            break
        way.append(chance.choice(ahead))
        at = way[-1].to
    return tuple(way)


def _every_step(added: Sequence[Relationship]) -> list[tuple[str, Any, bool, bool]]:
    forward = {
        (path, to, False, False) for paths in KNOWN.values() for path, ends in paths.items() for to in ends
    }
    back = {(path, kind, True, False) for kind, paths in BACK.items() for path in paths}
    equal = {(one.path, one.to_type, False, True) for one in added if one.over == "value"}
    return sorted(one for one in forward | back | equal if one[1] in TYPES)


def a_rule(chance: Random, added: Sequence[Relationship]) -> Rule | None:
    start = chance.choice(("Patient", "Patient", *RECORDS))
    way = a_way(chance, start, added)
    if not way:
        return None
    tests: tuple[Any, ...] = ()
    if way[-1].to in ("Group", "Location", "Organization", "Practitioner") and chance.random() < 0.7:
        tests = (NameIs("name", (chance.choice(WORDS),)),)
    if way[-1].to == "Encounter" and chance.random() < 0.7:
        tests = (FieldIs("field", "class", ("EMER",)),)
    leads = LeadsTo("leads_to", way, (), tests)
    if start == "Patient":
        return PatientLeadsTo("patient_leads_to", leads)
    at_most = chance.choice((None, None, 0))
    return HasRecords("has_records", start, tests=(leads,), at_most=at_most)


def nobody(_segment_id: str) -> Segment | None:
    return None


def one_by_one(ward: Ward, segment: Segment) -> list[str]:
    asked, rule = compiled(segment, {}), segment.rule
    types, paths = types_in(rule, {}), paths_in(rule, {})
    facts = [ward.read_facts(one, types=types, paths=paths) for one in PEOPLE]
    return sorted(one.profile.patient_id for one in facts if one and asked.holds(one, ward.now))


@pytest.mark.parametrize("seed", range(4))
def test_evaluators_agree_by_any_way(tmp_path: Path, seed: int) -> None:
    chance = Random(seed)  # noqa: S311  # a world that can be made again, no secret
    with a_ward(tmp_path) as ward:
        ward.writes(*a_world(chance))
        ward.follow(now=ward.now)
        added, met = some_relationships(chance), 0
        for _ in range(WAYS):
            rule = a_rule(chance, added)
            if rule is None:
                continue
            segment = drafted("it", SegmentDraft("It", rule, "live"), 1, nobody, added=added)
            found = sorted(ward.lake.population(sql_for(segment, nested={}), as_of=ward.now))
            assert found == one_by_one(ward, segment), segment.rule
            met += 0 < len(found) < len(PEOPLE)

        assert met > WAYS // 10


def belonging(ward: Ward, one: Relationship) -> set[tuple[str, str]]:
    """Pair each resource that counts with each that it leads to, the plain way."""
    there = ward.record.changes(None, types=("Patient", *TYPES), limit=1000).resources
    counting = [each for each in there if each["resourceType"] == "Patient" or _counts(each)]
    near = [each for each in counting if each["resourceType"] == one.from_type]
    if one.over == "reference":
        referred = ((ref_of(each), *found) for each in near for found in references_in(each))
        return {
            (ref, target)
            for ref, path, target in referred
            if path == one.path and target.startswith(f"{one.to_type}/")
        }
    far = [each for each in counting if each["resourceType"] == one.to_type]
    return {
        (ref_of(each), ref_of(other))
        for each in near
        for other in far
        if compared_in(each, one.path) & compared_in(other, one.path)
    }


def _counts(resource: Resource) -> bool:
    return (other_facts(resource) or record_facts(resource)) is not None


def test_what_leads_to_several_is_counted_as_by_hand(tmp_path: Path) -> None:
    chance = Random(5)  # noqa: S311  # as above
    of_fhir = [
        Relationship(f"r{number}", "R", start, path, end, cardinality="one_to_one")
        for number, (start, path, end) in enumerate(
            (start, path, end)
            for start, paths in KNOWN.items()
            for path, ends in paths.items()
            for end in ends
        )
        if start in (*TYPES, "Patient") and end in TYPES
    ]
    with a_ward(tmp_path) as ward:
        ward.writes(*a_world(chance))
        ward.follow(now=ward.now)
        for one in [*of_fhir, *some_relationships(chance)]:
            if one.through is not None:
                continue
            pairs = belonging(ward, one)
            to, by = Counter(near for near, _ in pairs), Counter(far for _, far in pairs)
            found = checked(one, ward.lake, ward.now)
            counted = (found.lead_to_several, found.led_to_by_several)
            several = [sum(many > 1 for many in ends.values()) for ends in (to, by)]
            assert counted == tuple(several), one
            assert found.is_as_declared == (
                not any(several) if one.cardinality == "one_to_one" else not several[0]
            )


def test_every_type_that_stands_between_is_drawn() -> None:
    assert set(get_args(LinkType)) <= set(TYPES)
    assert set(BACK) == set(get_args(LinkType))
