"""The kill test of all five flows: people chat, book and answer, a hospital writes, the house is killed."""

import random
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from local.own_host import OwnHost
from tests.support import (
    five_flows_bookings_kept,
    five_flows_memberships_kept,
    five_flows_nothing_left,
    five_flows_surveys_kept,
    five_flows_talks_kept,
)
from tests.support.five_flows_asking import Pace, until
from tests.support.five_flows_desk import Representative
from tests.support.five_flows_evidence import Evidence
from tests.support.five_flows_hospital import Hospital
from tests.support.five_flows_killer import IN_PLAY, IN_SILENCE, Killer
from tests.support.five_flows_patients import Booker, Patient
from tests.support.five_flows_scene import DAYS, DESK, OPTIONS, Person, Plan, prepare
from tests.support.house_of import house_of

SILENCE = timedelta(minutes=21)
"""After which everything is closed that silence closes."""
MOST_SECONDS_TO_SETTLE = 240
TREATED, PARTINGS = 12, 3


class Scope(StrEnum):
    """How much of it is played: all, or one scene, where one thing is to be shown."""

    ALL = "all"
    PARTING = "parting"
    BOOKING = "booking"


_TALKS = (five_flows_talks_kept.findings, five_flows_surveys_kept.findings)
_BOOKINGS = (five_flows_bookings_kept.findings,)
_LEFT = (five_flows_nothing_left.findings,)
CHECKS = {
    Scope.ALL: (*_TALKS, *_BOOKINGS, five_flows_memberships_kept.findings, *_LEFT),
    Scope.PARTING: (*_TALKS, *_LEFT),
    Scope.BOOKING: (*_BOOKINGS, *_LEFT),
}


@dataclass
class FiveFlows:
    """One ordeal: a play with `kills` kills in it, a silence with half as many, and the days of reminders.

    `options` are the host's.
    """

    folder: Path
    seed: int
    people: int = 24
    kills: int = 5
    scope: Scope = Scope.ALL
    options: tuple[str, ...] = ()
    pace: Pace = field(default_factory=Pace)

    def findings(self) -> list[str]:
        """Go through it; give every promise that was not kept."""
        self.host = OwnHost(self.folder / "data", options=(*OPTIONS, *self.options))
        try:
            self.host.start()
            evidence = self._played()
            evidence.look_over_http()
            self._until_settled()  # who looked is in the audit too
            now = self.host.now()
            if self.kills and not self.pace.cut_off:
                self.pace.must_not_be("nobody was cut off: it was not killed at work")
        finally:
            self.host.stop()
            self.host.http.close()
            self.pace.hang_up()
        with house_of(self.host, now) as house:
            kept = (check(evidence, house) for check in CHECKS[self.scope])
            return [*self.pace.faults, *(finding for findings in kept for finding in findings)]

    def _played(self) -> Evidence:
        people = [Person(number) for number in range(self.people)]
        prepare(self.host, people)
        evidence = self._evidence(people)
        with ThreadPoolExecutor(len(people) + len(DESK) + 4) as crowd:
            match self.scope:
                case Scope.ALL:
                    self._play(crowd, evidence)
                    self._fall_silent(evidence)
                    self._let_days_pass()
                case Scope.PARTING:
                    self._part(crowd, evidence)
                case Scope.BOOKING:
                    self._book_all_at_once(crowd, evidence)
                    self._let_days_pass()
        for patient in evidence.patients:
            patient.reads_all()
        return evidence

    def _evidence(self, people: list[Person]) -> Evidence:
        patients = [Patient(self.host, self.pace, person) for person in people]
        bookers = [Booker(one.asker, one.person, self._chance(one.person.id)) for one in patients]
        desk = [Representative(self.host, self.pace, name, self._chance(name)) for name in DESK]
        return Evidence(self.host, self.pace, patients, bookers, desk, Hospital(self.host, self.pace))

    def _play(self, crowd: ThreadPoolExecutor, evidence: Evidence) -> None:
        """Let all of them act at once, and send the desk home when nobody waits for it any more."""
        at_desk = [crowd.submit(one.work) for one in evidence.desk]
        at_once = [threading.Barrier(2) for _ in range(len(evidence.patients) // 2)]
        there = [
            crowd.submit(_visit, patient, booker, at_once[patient.person.number // 2])
            for patient, booker in zip(evidence.patients, evidence.bookers, strict=True)
        ]
        there += [crowd.submit(evidence.hospital.treat, one.person) for one in evidence.patients[:TREATED]]
        try:
            with self._killer("play", self.kills):
                self._all_of(there)
        finally:
            for one in evidence.desk:
                one.off.set()
        self._all_of(at_desk)

    def _book_all_at_once(self, crowd: ThreadPoolExecutor, evidence: Evidence) -> None:
        at_once = threading.Barrier(len(evidence.bookers))
        with self._killer("play", self.kills):
            self._all_of([crowd.submit(one.book, at_once) for one in evidence.bookers])

    def _part(self, crowd: ThreadPoolExecutor, evidence: Evidence) -> None:
        """Let everybody talk to the bot and leave, and come back, several times."""
        with self._killer("play", self.kills):
            self._all_of([crowd.submit(one.comes_and_goes, PARTINGS) for one in evidence.patients])
        self._until_settled()

    def _all_of(self, acts: Iterable[Future[None]]) -> None:
        """Wait for all; whoever waited in vain has found a broken promise."""
        for act in acts:
            try:
                act.result()
            except TimeoutError as in_vain:
                self.pace.must_not_be(str(in_vain))

    def _fall_silent(self, evidence: Evidence) -> None:
        """Let some ask for a person when all have gone home; and let silence close what it closes."""
        self._until_settled()
        for patient in evidence.patients:
            if patient.person.plan in (Plan.SERVED, Plan.ALONE, Plan.LEAVES_QUEUE):
                patient.chats_in_vain()
        self._until_settled()
        self.host.travel_to(self.host.now() + SILENCE)
        with self._killer("silence", (self.kills + 1) // 2):
            pass
        self._until_settled()

    def _let_days_pass(self) -> None:
        """Go from day to day to the hour when all reminders of the next are due."""
        for number, day in enumerate(DAYS):
            self.host.travel_to(day - timedelta(hours=20))
            with self._killer(f"day {number}", 1 if number == 0 else 0):
                pass
            self._until_settled()

    def _killer(self, when: str, kills: int) -> Killer:
        mood = IN_PLAY if when == "play" else IN_SILENCE
        return Killer(self.host, self.pace, self._chance(when), mood, kills=kills)

    def _chance(self, whose: str) -> random.Random:
        return random.Random(f"{self.seed}-{whose}")  # noqa: S311  # a seed, not a secret

    def _until_settled(self) -> None:
        """Wait until nothing is queued and nothing is overdue: what now is missing would stay missing."""

        def is_settled() -> bool:
            if not self._is_idle():
                return False
            with house_of(self.host, self.host.now()) as house:
                overdue = five_flows_nothing_left.overdue(house)
            return not overdue and self._is_idle()

        try:
            until(is_settled, "everything comes to rest", at_most=MOST_SECONDS_TO_SETTLE)
        except TimeoutError as in_vain:
            self.pace.must_not_be(str(in_vain))

    def _is_idle(self) -> bool:
        return self.host.http.get("/local/idle").json()["idle"] is True


def _visit(patient: Patient, booker: Booker, at_once: threading.Barrier) -> None:
    """Book and chat, or chat and book; then answer."""
    is_early = patient.person.number // 2 % 2 == 0
    if is_early:
        booker.book(at_once)
    patient.chat()
    if not is_early:
        booker.book(at_once)
    patient.answers()


if __name__ == "__main__":
    where, seed, people, kills, scope = sys.argv[1:]
    found = FiveFlows(Path(where), int(seed), int(people), int(kills), Scope(scope)).findings()
    sys.stdout.write(("\n".join(found) or "every promise was kept") + "\n")
    sys.exit(1 if found else 0)
