"""A person keeps their id from run to run, whatever becomes of their records (UN-9)."""

from collections.abc import Collection, Mapping

from hypothesis import given
from hypothesis import strategies as st

from shared.matching.model import PersonId, RecordRef
from shared.matching.stable_ids import Identified, Members, identified


def ref(number: int) -> RecordRef:
    return RecordRef("hospital", f"{number:02}")


def members(*numbers: int) -> Members:
    return frozenset(map(ref, numbers))


def run(
    groups: Collection[Members],
    before: Mapping[PersonId, Members] | None = None,
    retired: Mapping[PersonId, Members] | None = None,
) -> dict[Members, Identified]:
    def new_id(first: RecordRef) -> PersonId:
        return PersonId(f"{'later' if before else 'new'}-{first.key}")

    found = identified(groups, before=before or {}, retired=retired or {}, new_id=new_id)
    return {one.members: one for one in found}


ADA, IDA = PersonId("ada"), PersonId("ida")
PARTITIONS = st.lists(st.integers(0, 4), min_size=1, max_size=10).map(
    lambda places: [
        frozenset(ref(number) for number, place in enumerate(places) if place == one)
        for one in sorted(set(places))
    ]
)


class TestIdentified:
    def test_keeps_the_id_of_who_gained_and_lost_records(self) -> None:
        found = run([members(1, 2, 9)], {ADA: members(1, 2, 3)})

        assert found[members(1, 2, 9)] == Identified(ADA, members(1, 2, 9))

    def test_of_two_that_become_one_keeps_the_larger_and_names_the_other(self) -> None:
        found = run([members(1, 2, 3)], {ADA: members(1), IDA: members(2, 3)})

        assert found[members(1, 2, 3)] == Identified(IDA, members(1, 2, 3), (ADA,))

    def test_of_one_that_becomes_two_leaves_the_id_to_the_larger(self) -> None:
        found = run([members(1, 2), members(3)], {ADA: members(1, 2, 3)})

        assert found[members(1, 2)].id == ADA
        assert found[members(3)] == Identified(PersonId("later-03"), members(3), (ADA,))

    def test_gives_back_an_id_that_had_gone_into_another(self) -> None:
        found = run([members(1), members(2, 3)], {IDA: members(1, 2, 3)}, retired={ADA: members(1)})

        assert found[members(1)] == Identified(ADA, members(1), (IDA,))
        assert found[members(2, 3)].id == IDA

    def test_gives_no_id_back_to_who_was_a_small_part_of_it(self) -> None:
        found = run([members(1)], {}, retired={ADA: members(1, 2, 3)})

        assert found[members(1)].id == PersonId("new-01")

    def test_gives_what_is_keyed_its_id_and_nobody_else(self) -> None:
        groups = [members(1, 2, 3), members(4)]
        found = identified(
            groups,
            before={ADA: members(1, 2, 3), IDA: members(4)},
            retired={},
            new_id=lambda first: PersonId(f"new-{first.key}"),
            keyed={members(4): ADA},
        )

        assert [(one.id, one.previous_ids) for one in found] == [(PersonId("new-01"), (ADA,)), (ADA, (IDA,))]

    @given(PARTITIONS, PARTITIONS)
    def test_gives_each_id_once(self, first: list[Members], then: list[Members]) -> None:
        before = {one.id: one.members for one in run(first).values()}

        after = run(then, before)

        assert len({one.id for one in after.values()}) == len(then)

    @given(PARTITIONS, PARTITIONS)
    def test_of_the_same_records_again_changes_nothing(
        self, first: list[Members], then: list[Members]
    ) -> None:
        before = {one.id: one.members for one in run(first).values()}
        after = {one.id: one.members for one in run(then, before).values()}

        again = run(then, after)

        assert {one.id: one.members for one in again.values()} == after
        assert not any(one.previous_ids for one in again.values())

    @given(PARTITIONS, PARTITIONS)
    def test_depends_on_the_order_of_nothing(self, first: list[Members], then: list[Members]) -> None:
        before = {one.id: one.members for one in run(first).values()}
        backwards = dict(reversed(before.items()))

        assert run(then[::-1], backwards) == run(then, before)

    @given(PARTITIONS, PARTITIONS)
    def test_lets_somebody_keep_every_id_whose_records_are_there(
        self, first: list[Members], then: list[Members]
    ) -> None:
        before = {one.id: one.members for one in run(first).values()}

        after = run(then, before).values()

        there = {ref for members in then for ref in members}
        named = {one.id for one in after} | {old for one in after for old in one.previous_ids}
        assert {person_id for person_id, held in before.items() if held & there} <= named
