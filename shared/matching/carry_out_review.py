"""Do to persons at once what every later run will do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shared.kernel.documents import Document, Documents, deleting, replacing
from shared.kernel.refusals import NotFound, NotYetVisible
from shared.matching.definitions import MatchingDraft
from shared.matching.documents import (
    PERSON,
    matching_at,
    matching_partition,
    person_at,
    person_partition,
    proposal_partition,
    proposals_of,
    review_id_of,
)
from shared.matching.model import Link, PersonId, RecordRef, Why
from shared.matching.persons import (
    Before,
    KeptRecord,
    Person,
    as_before,
    made_of,
    new_person_id,
    retired,
)
from shared.matching.reviewing import Review, pair_of
from shared.matching.stable_ids import Identified, Members, identified
from shared.matching.write_persons import WritePersons

REVIEW = "review"
"""What stands for a rule where somebody has said so."""


@dataclass(frozen=True, slots=True)
class CarryOutReview:
    """Makes two persons one, or one two, with the records as they were last read; told twice, once.

    Who was one before they were put together has their former id again. Households follow in the next run.
    It runs in the session of its matching, beside no run.
    """

    documents: Documents

    def __call__(self, *, matching_id: str, review_id: str) -> None:
        """Do it, or raise `NotYetVisible`."""
        partition = matching_partition(matching_id)
        try:
            found = self.documents.read(partition, review_id_of(review_id), Review)
        except NotFound:
            raise NotYetVisible from None
        review = found.body
        if review.carried_out:
            return
        draft = matching_at(self.documents, matching_id).body.draft
        known = self._known(review)
        write = WritePersons(self.documents)
        for person in _after(review, draft, {one.body.id: one.body for one in known.values()}):
            write([(person, known.get(person.id))])
        self._close(review)
        self.documents.commit(partition, changes=[replacing(found, replace(review, carried_out=True))])

    def _known(self, review: Review) -> Mapping[PersonId, Document[Person]]:
        """Give those spoken of, and those who have gone into them."""
        known: dict[PersonId, Document[Person]] = {}
        for person_id in review.persons:
            found = person_at(self.documents, review.matching_id, person_id)
            known[person_id] = found
            for former in as_before(found.body, review.id).previous_ids:
                other = self.documents.look(person_partition(former), PERSON, Person)
                if other is not None:
                    known[former] = other
        if review.verdict == "different":  # whoever was made new when this was stopped half-way
            made = new_person_id(review.matching_id, review.id, min(review.left))
            other_made = new_person_id(review.matching_id, review.id, min(review.right))
            for person_id in (made, other_made):
                found = self.documents.look(person_partition(person_id), PERSON, Person)
                if found is not None:
                    known[person_id] = found
        return known

    def _close(self, review: Review) -> None:
        """Take away what was proposed of records that have now been spoken of."""
        said = {pair_of(one, other) for one in review.left for other in review.right}
        for found in proposals_of(self.documents, review.matching_id):
            if found.body.link.pair in said:
                self.documents.commit(proposal_partition(found.body.id), changes=[deleting(found)])


def _after(review: Review, draft: MatchingDraft, known: Mapping[PersonId, Person]) -> Sequence[Person]:
    """Give everybody as they are to be."""
    records = {one.ref: one for person in known.values() for one in person.records}
    links = tuple(link for person_id in review.persons for link in known[person_id].links)
    was = {person_id: as_before(person, review.id) for person_id, person in known.items()}
    spoken_of = {person_id: before for person_id, before in was.items() if person_id in review.persons}
    held = {
        person_id: frozenset(before.records)
        for person_id, before in spoken_of.items()
        if before.records is not None
    }
    named = identified(
        _groups(review, held),
        before=held,
        retired={
            person_id: frozenset(before.records)
            for person_id, before in was.items()
            if before.records is not None and before.standing == "retired"
        },
        new_id=lambda first: new_person_id(review.matching_id, review.id, first),
        sources=[source.id for source in draft.sources],
    )
    made = [_made(one, review, draft, records, links, was.get(one.id, Before(None))) for one in named]
    kept = {one.id for one in named}
    holder = made[0].id
    gone = [retired(known[one], holder, review.id) for one in review.persons if one not in kept]
    return [*made, *gone]


def _groups(review: Review, held: Mapping[PersonId, Members]) -> list[Members]:
    everything = frozenset(ref for members in held.values() for ref in members)
    if review.verdict == "same":
        return [everything]
    apart = frozenset(review.left) & everything
    return [one for one in (apart, everything - apart) if one]


def _made(  # a person has this many sides
    one: Identified,
    review: Review,
    draft: MatchingDraft,
    records: Mapping[RecordRef, KeptRecord],
    links: Sequence[Link],
    before: Before,
) -> Person:
    own = [link for link in links if {link.pair.left, link.pair.right} <= one.members]
    if review.verdict == "same":
        said = Link(pair_of(min(review.left), min(review.right)), Why(REVIEW))
        own = [*[link for link in own if link != said], said]
    return made_of(
        one.id,
        review.matching_id,
        draft,
        [records[ref] for ref in sorted(one.members)],
        links=tuple(own),
        previous_ids=(*before.previous_ids, *one.previous_ids),
        done_by=review.id,
        before=before,
    )
