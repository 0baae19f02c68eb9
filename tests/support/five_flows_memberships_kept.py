"""Every membership equals a full recomputation, by both evaluators; every coming has begun one journey."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from shared.adapters.parquet_lake import ParquetLake
from shared.journeys.documents import enrolments_of
from shared.journeys.model import ByMembership
from shared.kernel.identity import PatientId
from shared.segments.bring_lake_up_to_date import BringLakeUpToDate
from shared.segments.documents import member_ids, membership_of
from shared.segments.live_segments import LiveSegment
from shared.segments.memberships import Membership, decided
from shared.segments.population import sql_for
from shared.segments.reconsider_patient import verdict_of
from shared.wiring.composition import Application
from tests.support.five_flows_evidence import Evidence
from tests.support.five_flows_scene import SEGMENTS
from tests.support.five_flows_surveys_kept import every_task


def findings(evidence: Evidence, house: Application) -> Iterator[str]:
    """Name what is wrong with memberships, and with what they have begun."""
    for segment_id in SEGMENTS:
        segment = house.live_segments.as_it_is(segment_id)
        kept = set(member_ids(house.documents, segment_id))
        for name, population in _populations(house, segment):
            if population != kept:
                yield f"{segment_id}: {name} finds {sorted(population)}, kept are {sorted(kept)}"
        if evidence.members[segment_id] != kept:
            yield f"{segment_id}: {sorted(evidence.members[segment_id])} are shown, kept are {sorted(kept)}"
        for person in evidence.people:
            about = f"{segment_id} {person.id}:"
            patient_id = PatientId(person.id)
            found = membership_of(house.documents, patient_id, segment_id)
            membership = found.body if found else None
            yield from (f"{about} {wrong}" for wrong in _one(house, segment, patient_id, membership))
            comings = evidence.hospital.comings[person.id, segment_id]
            yield from (
                f"{about} {wrong}" for wrong in _runs(house, patient_id, membership, segment_id, comings)
            )


def _populations(house: Application, segment: LiveSegment) -> Iterator[tuple[str, set[PatientId]]]:
    """Ask the house's own lake, and one that is filled from nothing."""
    now, sql = house.clock.now(), sql_for(segment.segment, nested=segment.nested)
    house.bring_lake_up_to_date(now=now)
    yield "the lake", set(house.lake.population(sql, as_of=now))
    with tempfile.TemporaryDirectory() as folder:
        fresh = ParquetLake(Path(folder))
        BringLakeUpToDate(house.record, fresh)(now=now)
        yield "a fresh lake", set(fresh.population(sql, as_of=now))


def _one(
    house: Application, segment: LiveSegment, patient_id: PatientId, kept: Membership | None
) -> Iterator[str]:
    """Decide anew by the record: then nothing may be left to write."""
    now = house.clock.now()
    facts = house.read_patient_facts(patient_id, types=segment.types)
    verdict = verdict_of(segment, facts, now)
    if decided(kept, segment.segment.id, patient_id, verdict, now) is not None:
        yield f"a recomputation gives {verdict}, kept is {kept}"


def _runs(
    house: Application, patient_id: PatientId, kept: Membership | None, segment_id: str, comings: int
) -> Iterator[str]:
    """Compare comings as the hospital saw them, stays, runs and the task that each run asks for."""
    stays = kept.occurrence if kept else 0
    if stays != comings:
        yield f"came {comings} times, {stays} stays were counted"
    runs = [
        (run.id, run.body.cause.occurrence, run.body.is_active)
        for run in enrolments_of(house.documents, patient_id)
        if isinstance(run.body.cause, ByMembership) and run.body.cause.segment_id == segment_id
    ]
    if sorted(occurrence for _, occurrence, _ in runs) != list(range(1, comings + 1)):
        yield f"came {comings} times, which began {sorted(runs)}"
    is_in = kept is not None and kept.is_member
    if any(is_active and not (is_in and occurrence == stays) for _, occurrence, is_active in runs):
        yield "a run goes on though its stay is over"
    tasks = Counter(task.because for task in every_task(house) if task.patient_id == patient_id)
    if any(tasks[f"{run}~call"] != 1 for run, _, _ in runs):
        yield f"of {len(runs)} runs not every one has one task"
