"""Who may be told which patients a segment holds: what it asks about decides (capabilities §1.21)."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from shared.access.model import Caller, Role
from shared.kernel.identity import PatientId
from shared.segments.clinical import OnlyForClinicalStaff, OnlyOpenedByClinicalStaff
from shared.segments.documents import CURRENT, segment_partition
from shared.segments.explain_membership import ExplainMembership
from shared.segments.list_members import ListMembers, WhichMembers
from shared.segments.list_memberships import ListMemberships, WhichMemberships
from shared.segments.preview_segment import PreviewAsked, PreviewSegment
from shared.segments.rules import AllOf, AnyOf, ButNot, HasRecords, InSegment, IsAlive, Rule, Segment
from tests.rooms.segments.ward import ADA, IN_USE, TOO_HIGH, Ward, a_draft, a_patient, a_ward
from tests.rooms.triggers.builders import an_hba1c

CARER = Caller("cleo", "https://issuer", frozenset({Role.CARE_COORDINATOR}))
OUTREACH = Caller("olga", "https://issuer", frozenset({Role.OUTREACH_SPECIALIST}))
NON_CLINICAL = Caller("noah", "https://issuer", frozenset({Role.HEALTHCARE_NON_CLINICAL_USER}))
BOTH = Caller("bea", "https://issuer", frozenset({Role.HEALTHCARE_NON_CLINICAL_USER, Role.HEALTHCARE_USER}))
NONE_BOOKED = HasRecords("has_records", "Appointment", at_most=0)
INSIDE = InSegment("in_segment", "clinical")
CLINICAL: list[Rule] = [
    TOO_HIGH,
    AllOf("all_of", (IN_USE, AnyOf("any_of", (IN_USE, INSIDE)))),
    ButNot("but_not", IN_USE, HasRecords("has_records", "Encounter")),
]
ADMINISTRATIVE: list[tuple[Rule, list[PatientId]]] = [
    (IN_USE, [ADA]),
    (NONE_BOOKED, [ADA]),
    (ButNot("but_not", IsAlive("is_alive"), NONE_BOOKED), []),
]


@pytest.fixture
def ward(tmp_path: Path) -> Generator[Ward]:
    with a_ward(tmp_path) as ward:
        ward.record.load([a_patient(active=True), an_hba1c(value=8.2, of=ADA)])
        ward.has_segment(a_draft(TOO_HIGH), named="clinical")
        ward.has_segment(a_draft(IN_USE), named="in-use")
        ward.comes_to_rest()
        yield ward


def memberships(
    ward: Ward, caller: Caller, *, limit: int = 100, after: str | None = None
) -> tuple[list[str], str | None]:
    act = ListMemberships(ward.house.documents)
    found = act(WhichMemberships(limit, after), patient_id=ADA, caller=caller)
    return [one.segment_id for one in found.memberships], found.next


def every_page(ward: Ward, caller: Caller) -> Iterator[tuple[list[str], str | None]]:
    """Give the pages of one membership each, with the mark on which each ends."""
    after: str | None = None
    while True:
        shown, after = memberships(ward, caller, limit=1, after=after)
        yield shown, after
        if after is None:
            return


class TestMembers:
    @pytest.mark.parametrize("rule", CLINICAL)
    def test_of_a_clinical_segment_are_for_clinical_staff(self, ward: Ward, rule: Rule) -> None:
        ward.has_segment(a_draft(rule), named="it")
        members = ListMembers(ward.house.documents)

        with pytest.raises(OnlyForClinicalStaff):
            members(WhichMembers(), segment_id="it", caller=OUTREACH)
        assert members(WhichMembers(), segment_id="it", caller=CARER).next is None

    @pytest.mark.parametrize(("rule", "members"), ADMINISTRATIVE)
    def test_of_any_other_are_for_all_who_may_come_in(
        self, ward: Ward, rule: Rule, members: list[PatientId]
    ) -> None:
        ward.has_segment(a_draft(rule), named="it")
        ward.comes_to_rest()

        found = ListMembers(ward.house.documents)(WhichMembers(), segment_id="it", caller=OUTREACH)

        assert [one.patient_id for one in found.members] == members

    def test_are_unknown_before_the_first_refresh(self, ward: Ward) -> None:
        ward.has_segment(a_draft(IN_USE), named="it")
        members = ListMembers(ward.house.documents)

        before = members(WhichMembers(), segment_id="it", caller=CARER)
        ward.comes_to_rest()
        after = members(WhichMembers(), segment_id="it", caller=CARER)

        assert (before.members, before.refreshed_at) == ((), None)
        assert ([one.patient_id for one in after.members], after.refreshed_at) == ([ADA], ward.now)


class TestASegmentThatBecomesAnother:
    @pytest.mark.parametrize("named", ["clinical", "inside"])
    def test_is_opened_by_clinical_staff_alone(self, ward: Ward, named: str) -> None:
        ward.has_segment(a_draft(INSIDE), named="inside")
        ward.comes_to_rest()
        seen = ward.house.documents.read(segment_partition(named), CURRENT, Segment).etag
        harmless = a_draft(IN_USE)

        with pytest.raises(OnlyOpenedByClinicalStaff):
            ward.put_segment(harmless, segment_id=named, caller=OUTREACH, now=ward.now, if_match=seen)
        kept = ward.put_segment(harmless, segment_id=named, caller=CARER, now=ward.now, if_match=seen)

        assert kept.segment.rule == IN_USE


class TestMemberships:
    def test_tell_a_diagnosis_to_clinical_staff_only(self, ward: Ward) -> None:
        assert memberships(ward, NON_CLINICAL) == memberships(ward, OUTREACH) == (["in-use"], None)
        assert memberships(ward, CARER) == memberships(ward, BOTH) == (["clinical", "in-use"], None)

    def test_come_a_page_at_a_time_and_no_mark_names_what_is_left_out(self, ward: Ward) -> None:
        for named in ("a-first", "z-last"):
            ward.has_segment(a_draft(IN_USE), named=named)
        ward.comes_to_rest()

        pages = list(every_page(ward, NON_CLINICAL))

        assert [shown for shown, _ in pages] == [["a-first"], ["in-use"], ["z-last"]]
        assert not [mark for _, mark in pages if "clinical" in (mark or "")]
        assert [shown for shown, _ in every_page(ward, CARER)][1] == ["clinical"]


class TestAnExplanation:
    def test_of_a_clinical_segment_is_for_clinical_staff(self, ward: Ward) -> None:
        explain = ExplainMembership(ward.house.documents, ward.live, ward.read_facts)

        with pytest.raises(OnlyForClinicalStaff):
            explain(patient_id=ADA, segment_id="clinical", caller=NON_CLINICAL, now=ward.now)
        assert explain(patient_id=ADA, segment_id="clinical", caller=CARER, now=ward.now).holds

    def test_of_any_other_tells_others_whether_and_not_why(self, ward: Ward) -> None:
        explain = ExplainMembership(ward.house.documents, ward.live, ward.read_facts)

        told = explain(patient_id=ADA, segment_id="in-use", caller=NON_CLINICAL, now=ward.now)

        assert (told.holds, told.is_member, told.why) == (True, True, None)


class TestAPreview:
    @pytest.mark.parametrize(
        ("rule", "caller", "sample"),
        [(TOO_HIGH, OUTREACH, ()), (TOO_HIGH, CARER, (ADA,)), (IN_USE, OUTREACH, (ADA,))],
    )
    def test_names_somebody_to_whoever_may_know(
        self, ward: Ward, rule: Rule, caller: Caller, sample: tuple[str, ...]
    ) -> None:
        preview = PreviewSegment(ward.house.documents, ward.lake, ward.follow)

        seen = preview(PreviewAsked(rule), caller=caller, now=ward.now)

        assert (seen.size, seen.sample) == (1, sample)
