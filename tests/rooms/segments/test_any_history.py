"""After any history of changes, members are whom a full recomputation finds (D8)."""

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from shared.kernel.identity import PatientId
from shared.segments.rules import AllOf, ButNot, HasRecords, InSegment, Rule
from tests.rooms.segments.ward import IN_USE, TOO_HIGH, Ward, a_draft, a_patient, a_ward, result
from tests.rooms.triggers.builders import MONDAY

PEOPLE = [PatientId(name) for name in ("ada", "bob", "cleo", "o-brien")]
RULES: dict[str, Rule] = {
    "too-high": TOO_HIGH,
    "in-use-but-not-high": ButNot("but_not", IN_USE, InSegment("in_segment", "too-high")),
    "visited": AllOf("all_of", (HasRecords("has_records", "Appointment"), IN_USE)),
}


def changes_something(ward: Ward, chance: Random) -> None:
    """Write, correct or delete something of somebody, or let time go by."""
    whose, other = chance.choice(PEOPLE), chance.choice(PEOPLE)
    record_id = f"r{chance.randrange(6)}"
    match chance.randrange(8):
        case 0 | 1 | 2:
            dated = (ward.now - timedelta(days=chance.randrange(-3, 100))).isoformat()
            ward.writes(result(record_id, of=whose, value=chance.uniform(5, 10), effectiveDateTime=dated))
        case 3:
            ward.deletes("Observation", record_id)
        case 4:
            ward.writes(a_patient(whose, active=chance.random() < 0.7))
        case 5:
            ward.deletes("Patient", whose)
        case 6:
            actors = [
                {"actor": {"reference": f"Patient/{one}"}, "status": "accepted"} for one in (whose, other)
            ]
            visit = {"resourceType": "Appointment", "id": record_id, "status": "proposed"}
            ward.writes({**visit, "participant": actors})
        case _:
            ward.house.clock.pass_by(timedelta(days=chance.randrange(0, 20)))


@pytest.mark.parametrize("seed", range(8))
def test_members_are_whom_a_recomputation_finds(tmp_path: Path, seed: int) -> None:
    chance = Random(seed)  # noqa: S311  # a history that can be told again, no secret
    with a_ward(tmp_path) as ward:
        ward.writes(*(a_patient(one, active=True) for one in PEOPLE))
        for named, rule in RULES.items():
            ward.has_segment(a_draft(rule), named=named)
        for _ in range(40):
            changes_something(ward, chance)
            if chance.random() < 0.4:
                ward.comes_to_rest(chance)
        ward.comes_to_rest(chance)
        ward.house.clock.pass_by(timedelta(days=60))
        ward.queue_expiring(now=ward.now)
        ward.comes_to_rest(chance)

        found = {named: ward.counted_anew(named) for named in RULES}
        members = {named: ward.members(named) for named in RULES}

        assert members == found
        assert ward.now > MONDAY
