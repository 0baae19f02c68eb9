"""Coming into a segment and leaving it, by every way there is (D8, SG-10)."""

from collections.abc import Callable, Collection, Generator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shared.kernel.clock import StoppedClock
from shared.kernel.documents import replacing
from shared.kernel.identity import PatientId
from shared.kernel.refusals import LostRace, Nonsense, NotYetVisible
from shared.segments.documents import CURRENT, membership_of, refresh_of, segment_partition
from shared.segments.facts import PatientFacts
from shared.segments.live_segments import LiveSegments
from shared.segments.measured import Asked
from shared.segments.memberships import Membership, Verdict, decided, happened
from shared.segments.model import ReconsiderPatient, RefreshSegment
from shared.segments.nesting import Paths
from shared.segments.ports import NO_MEASURES
from shared.segments.read_patient_facts import NO_PATHS, ReadPatientFacts
from shared.segments.rules import AllOf, AnyOf, InSegment, ResourceType, Segment
from tests.rooms.segments.ward import ADA, BOB, IN_USE, TOO_HIGH, Ward, a_draft, a_patient, a_ward, result
from tests.rooms.triggers.builders import MONDAY


@pytest.fixture
def ward(tmp_path: Path) -> Generator[Ward]:
    with a_ward(tmp_path) as one:
        yield one


class TestAChange:
    def test_that_meets_the_rule_lets_the_patient_join(self, ward: Ward) -> None:
        ward.has_segment()
        ward.writes(a_patient(), result())
        ward.comes_to_rest()

        assert ward.members() == {ADA}
        assert ward.news() == [("ada", "joined", 1)]

    def test_that_no_longer_meets_it_lets_them_leave_and_another_join_again(self, ward: Ward) -> None:
        ward.has_segment()
        for value in (8.1, 6.4, 9.0):
            ward.writes(a_patient(), result(value=value))
            ward.comes_to_rest()

        assert ward.members() == {ADA}
        assert ward.news() == [("ada", "joined", 1), ("ada", "left", 1), ("ada", "joined", 2)]

    def test_by_which_somebody_stays_in_is_no_news(self, ward: Ward) -> None:
        ward.has_segment()
        for value in (8.1, 8.2, 8.3):
            ward.writes(a_patient(), result(value=value))
            ward.comes_to_rest()

        assert ward.news() == [("ada", "joined", 1)]

    def test_of_the_subject_concerns_both(self, ward: Ward) -> None:
        ward.has_segment()
        ward.writes(a_patient(ADA), a_patient(BOB), result(of=ADA))
        ward.comes_to_rest()
        ward.writes(result(of=BOB))
        ward.comes_to_rest()

        assert ward.members() == {BOB}
        assert ward.news() == [("ada", "joined", 1), ("ada", "left", 1), ("bob", "joined", 1)]

    @pytest.mark.parametrize(("type_", "id_"), [("Observation", "march"), ("Patient", "ada")])
    def test_that_deletes_lets_them_leave(self, ward: Ward, type_: str, id_: str) -> None:
        ward.has_segment()
        ward.writes(a_patient(), result())
        ward.comes_to_rest()
        ward.deletes(type_, id_)
        ward.comes_to_rest()

        assert ward.members() == set()
        assert ward.news()[-1] == ("ada", "left", 1)

    def test_that_is_not_visible_yet_is_waited_for(self, ward: Ward) -> None:
        ward.has_segment()
        ward.writes(a_patient(), result())
        later = ward.now + timedelta(minutes=1)

        with pytest.raises(NotYetVisible):
            ward.reconsider(
                ReconsiderPatient(ADA, "change", resource="Observation/march", version=2, at=later),
                now=ward.now,
            )

    def test_told_of_who_never_was_in_and_will_not_be_leaves_no_trace(self, ward: Ward) -> None:
        ward.has_segment()
        ward.writes(a_patient())
        ward.comes_to_rest()

        assert membership_of(ward.house.documents, ADA, "too-high") is None

    def test_adds_no_message_where_no_segment_is_live(self, ward: Ward) -> None:
        ward.has_segment(a_draft(state="draft"))
        ward.writes(a_patient(), result())
        ward.take_in(ward.events(), now=ward.now)

        assert ward.heard.announcements == []

    def test_of_a_type_no_live_segment_asks_about_adds_no_message(self, ward: Ward) -> None:
        ward.has_segment()
        ward.writes({"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/ada"}})
        ward.take_in(ward.events(), now=ward.now)

        assert ward.heard.announcements == []


@dataclass(frozen=True)
class ReadsWhile(ReadPatientFacts):
    """Reads the facts, and lets something happen once they were read the first time."""

    happens: list[Callable[[], None]]

    def __call__(
        self,
        patient_id: PatientId,
        *,
        types: Collection[ResourceType],
        measures: Asked = NO_MEASURES,
        paths: Paths = NO_PATHS,
    ) -> PatientFacts | None:
        facts = ReadPatientFacts.__call__(self, patient_id, types=types, measures=measures, paths=paths)
        if self.happens:
            self.happens.pop()()
        return facts


class TestARace:
    def test_against_a_correction_is_run_again_and_decided_by_it(self, ward: Ward) -> None:
        ward.has_segment()
        ward.writes(a_patient(), result())
        reads = ReadsWhile(
            ward.record, ward.lake, ward.read_facts.by_identifier, [lambda: ward.writes(result(value=6.4))]
        )
        reconsider = replace(ward.reconsider, read_facts=reads)
        asked = ReconsiderPatient(ADA, "change")

        with pytest.raises(LostRace):
            reconsider(asked, now=ward.now)
        reconsider(asked, now=ward.now)

        assert ward.members() == set()

    def test_against_another_who_decides_the_same_is_told_once(self, ward: Ward) -> None:
        ward.has_segment()
        ward.writes(a_patient(), result())
        asked = ReconsiderPatient(ADA, "change")
        reads = ReadsWhile(
            ward.record,
            ward.lake,
            ward.read_facts.by_identifier,
            [lambda: ward.reconsider(asked, now=ward.now)],
        )

        replace(ward.reconsider, read_facts=reads)(asked, now=ward.now)
        ward.comes_to_rest()

        assert ward.news() == [("ada", "joined", 1)]

    def test_by_a_definition_that_was_read_before_the_newest_decided_is_lost(self, ward: Ward) -> None:
        ward.has_segment()
        ward.writes(a_patient(), result())
        ward.comes_to_rest()
        behind = LiveSegments(ward.house.documents, StoppedClock(ward.now))
        behind.all()
        ward.has_segment(a_draft(IN_USE))
        ward.reconsider(ReconsiderPatient(ADA, "change"), now=ward.now)

        with pytest.raises(LostRace):
            replace(ward.reconsider, live=behind)(ReconsiderPatient(ADA, "change"), now=ward.now)

    def test_against_an_edit_that_ends_the_segment_leaves_nobody_in_it(self, ward: Ward) -> None:
        ward.has_segment()
        ward.writes(a_patient(), result())

        def it_expires() -> None:
            ward.has_segment(a_draft(state="expired"))
            ward.refresh(RefreshSegment("too-high", 1), now=ward.now)

        reads = ReadsWhile(ward.record, ward.lake, ward.read_facts.by_identifier, [it_expires])
        replace(ward.reconsider, read_facts=reads)(ReconsiderPatient(ADA, "change"), now=ward.now)

        assert ward.members() == set()

    def test_between_two_edits_that_make_a_ring_leaves_nobody_in_it(self, ward: Ward) -> None:
        ward.has_segment()
        ward.has_segment(a_draft(InSegment("in_segment", "too-high")), named="outer")
        ward.writes(a_patient(), result())
        ward.comes_to_rest()
        assert ward.members("outer") == {ADA}

        there = ward.house.documents.read(segment_partition("too-high"), CURRENT, Segment)
        ring = replace(there.body, rule=InSegment("in_segment", "outer"), version=2)
        ward.house.documents.commit(segment_partition("too-high"), changes=[replacing(there, ring)])
        ward.passes(minutes=31)

        assert (ward.members("outer"), ward.members()) == (set(), set())


class TestTime:
    def test_alone_lets_somebody_leave_when_the_window_has_passed(self, ward: Ward) -> None:
        ward.has_segment()
        ward.writes(a_patient(), result())
        ward.comes_to_rest()
        kept = membership_of(ward.house.documents, ADA, "too-high")
        assert kept is not None
        assert kept.body.valid_until is not None

        ward.passes(days=89)
        still = ward.members()
        ward.passes(days=2)

        assert (still, ward.members()) == ({ADA}, set())
        assert ward.news() == [("ada", "joined", 1), ("ada", "left", 1)]

    def test_alone_lets_somebody_join_when_a_future_result_is_dated(self, ward: Ward) -> None:
        ward.has_segment()
        ahead = (MONDAY + timedelta(days=3)).isoformat()
        ward.writes(a_patient(), result(effectiveDateTime=ahead))
        ward.comes_to_rest()
        before = ward.members()
        ward.passes(days=4)

        assert (before, ward.members()) == (set(), {ADA})


class TestASegment:
    def test_that_goes_live_takes_in_whoever_the_lake_finds(self, ward: Ward) -> None:
        ward.record.load([a_patient(ADA), a_patient(BOB), result()])
        ward.has_segment()
        ward.comes_to_rest()

        assert ward.members() == {ADA}
        refresh = refresh_of(ward.house.documents, "too-high")
        assert refresh is not None
        assert (refresh.body.population, refresh.body.queued) == (1, 1)
        assert refresh.body.next_at == ward.now + timedelta(minutes=30)

    def test_that_asks_otherwise_is_decided_anew(self, ward: Ward) -> None:
        ward.record.load([a_patient(ADA), a_patient(BOB, active=False), result(of=BOB)])
        ward.has_segment()
        ward.comes_to_rest()
        before = ward.members()
        ward.has_segment(a_draft(IN_USE))
        ward.comes_to_rest()

        assert (before, ward.members()) == ({BOB}, {ADA})

    @pytest.mark.parametrize("state", ["draft", "expired"])
    def test_that_is_live_no_more_is_left_by_all(self, ward: Ward, state: str) -> None:
        ward.has_segment()
        ward.writes(a_patient(), result())
        ward.comes_to_rest()
        ward.has_segment(a_draft(state=state))
        ward.comes_to_rest()

        assert ward.members() == set()
        assert ward.news()[-1] == ("ada", "left", 1)

    def test_within_another_takes_that_one_with_it_when_it_changes(self, ward: Ward) -> None:
        ward.record.load([a_patient(ADA), a_patient(BOB, active=False), result(of=BOB)])
        ward.has_segment(a_draft(state="draft"), named="inner")
        ward.has_segment(a_draft(AllOf("all_of", (InSegment("in_segment", "inner"),))), named="outer")
        ward.comes_to_rest()
        before = ward.members("outer")
        ward.has_segment(a_draft(IN_USE, state="draft"), named="inner")
        ward.comes_to_rest()

        assert (before, ward.members("outer"), ward.members("inner")) == ({BOB}, {ADA}, set())

    def test_within_another_is_not_edited_so_that_the_other_breaks(self, ward: Ward) -> None:
        wide = AnyOf("any_of", (IN_USE,) * 150)
        ward.has_segment(a_draft(IN_USE, state="draft"), named="inner")
        ward.has_segment(a_draft(AllOf("all_of", (wide, InSegment("in_segment", "inner")))), named="outer")
        ward.has_segment(a_draft(InSegment("in_segment", "inner"), state="draft"), named="not-live")
        for step, below in enumerate(("outer", "s0", "s1", "s2"), start=0):
            ward.has_segment(a_draft(InSegment("in_segment", below)), named=f"s{step}")

        with pytest.raises(Nonsense) as too_much:
            ward.has_segment(a_draft(wide, state="draft"), named="inner")
        ward.has_segment(a_draft(IN_USE, state="draft"), named="deep")
        with pytest.raises(Nonsense) as too_deep:
            ward.has_segment(a_draft(InSegment("in_segment", "deep"), state="draft"), named="inner")

        much, deep = too_much.value.fields[0][1], too_deep.value.fields[0][1]
        assert much == "too much or too deep for what builds on this segment: outer, s0, s1, s2, s3"
        assert deep == "too much or too deep for what builds on this segment: s3"
        assert ward.has_segment(a_draft(TOO_HIGH, state="draft"), named="inner").segment.version == 2

    def test_is_refreshed_every_thirty_minutes(self, ward: Ward) -> None:
        ward.has_segment()
        ward.comes_to_rest()
        ward.record.load([a_patient(), result()])
        ward.passes(minutes=29)
        before = ward.members()
        ward.passes(minutes=1)

        assert (before, ward.members()) == (set(), {ADA})

    def test_that_was_refreshed_meanwhile_is_not_due(self, ward: Ward) -> None:
        ward.has_segment()
        ward.comes_to_rest()
        ward.record.load([a_patient(), result()])

        assert ward.refresh(RefreshSegment("too-high", 1, because="due"), now=ward.now) == 0
        assert ward.refresh(RefreshSegment("too-high", 1), now=ward.now) == 1

    def test_of_a_version_that_is_not_there_yet_is_waited_for(self, ward: Ward) -> None:
        ward.has_segment()

        with pytest.raises(NotYetVisible):
            ward.refresh(RefreshSegment("too-high", 2), now=ward.now)


class TestDecided:
    """What is kept of one evaluation, and what is told."""

    def test_counts_stays_and_bounds_the_latest(self) -> None:
        joined = self._after(None, is_member=True, at=MONDAY)
        left = self._after(joined, is_member=False, at=MONDAY + timedelta(days=1))
        back = self._after(left, is_member=True, at=MONDAY + timedelta(days=2))

        assert (left.since, left.until, left.occurrence) == (MONDAY, MONDAY + timedelta(days=1), 1)
        assert (back.since, back.until, back.occurrence) == (MONDAY + timedelta(days=2), None, 2)
        assert (joined.member_of, left.member_of, back.member_of) == ("s", None, "s")
        assert [happened(None, joined), happened(joined, left), happened(left, back)] == [
            "joined",
            "left",
            "joined",
        ]

    def test_keeps_when_time_may_change_it_though_nobody_hears(self) -> None:
        out = decided(None, "s", ADA, Verdict(is_member=False, decided_by=1, valid_until=MONDAY), MONDAY)

        assert out is not None
        assert (out.valid_until, out.occurrence, happened(None, out)) == (MONDAY, 0, None)

    def _after(self, before: Membership | None, *, is_member: bool, at: datetime) -> Membership:
        after = decided(before, "s", PatientId("ada"), Verdict(is_member, 1), at)
        assert after is not None
        return after
