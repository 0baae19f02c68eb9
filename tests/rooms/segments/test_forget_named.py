"""Whoever is erased is named by no segment any more."""

from collections.abc import Generator
from pathlib import Path

import pytest

from shared.kernel.identity import PatientId
from shared.segments.documents import CURRENT, segment_partition, version_id
from shared.segments.forget_named import forget_named
from shared.segments.rules import AllOf, AnyOf, ButNot, OneOfThese, Rule, Segment
from tests.rooms.segments.ward import ADA, IN_USE, Ward, a_draft, a_patient, a_ward

BOB = PatientId("bob")
BOTH, ADA_ALONE = OneOfThese("one_of_these", (ADA, BOB)), OneOfThese("one_of_these", (ADA,))
BOB_ALONE, NOBODY = OneOfThese("one_of_these", (BOB,)), OneOfThese("one_of_these", ())


@pytest.fixture
def ward(tmp_path: Path) -> Generator[Ward]:
    with a_ward(tmp_path) as ward:
        ward.writes(a_patient(), a_patient(BOB))
        yield ward


def rule_of(ward: Ward, document_id: str = CURRENT) -> Rule:
    return ward.house.documents.read(segment_partition("named"), document_id, Segment).body.rule


class TestForgetting:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (BOTH, BOB_ALONE),
            (AllOf("all_of", (IN_USE, BOTH)), AllOf("all_of", (IN_USE, BOB_ALONE))),
            (AnyOf("any_of", (ADA_ALONE, IN_USE)), AnyOf("any_of", (NOBODY, IN_USE))),
            (ButNot("but_not", BOTH, ADA_ALONE), ButNot("but_not", BOB_ALONE, NOBODY)),
        ],
    )
    def test_takes_them_out_of_every_version(self, ward: Ward, before: Rule, after: Rule) -> None:
        ward.has_segment(a_draft(before), named="named")
        ward.has_segment(a_draft(IN_USE), named="named")

        forget_named(ward.house.documents, ADA)

        assert (rule_of(ward), rule_of(ward, version_id(1))) == (IN_USE, after)

    def test_leaves_the_others_in_it_and_nobody_where_they_were_alone(self, ward: Ward) -> None:
        ward.has_segment(a_draft(BOTH), named="named")
        ward.has_segment(a_draft(ADA_ALONE), named="alone")
        ward.comes_to_rest()
        before = ward.members("named"), ward.members("alone")

        forget_named(ward.house.documents, ADA)
        ward.passes(minutes=31)

        assert before == ({ADA, BOB}, {ADA})
        assert (ward.members("named"), ward.members("alone")) == ({BOB}, set())
        assert ward.counted_anew("alone") == set()
