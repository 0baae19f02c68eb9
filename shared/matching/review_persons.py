"""Say that records are, or are not, one person's (UN-7)."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.kernel.documents import Create, Documents, announcing
from shared.kernel.refusals import AlreadyExists, Nonsense
from shared.matching.documents import matching_at, matching_partition, person_at, review_id_of
from shared.matching.model import NotOfThisPerson, PersonId, RecordRef, WorkOnPersons
from shared.matching.persons import Person
from shared.matching.reviewing import Review, Verdict

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class ReviewAsked:
    """`same`: two persons are one. `different`: of one person, these records are another's."""

    verdict: Verdict
    persons: tuple[PersonId, ...]
    reason: str
    records: tuple[RecordRef, ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewPersons:
    """Keeps what a reviewer says and has it carried out; every later run keeps to it.

    What is said later of the same records counts, so whatever was put together can be parted again, and the
    other way round.
    """

    documents: Documents

    def __call__(
        self, asked: ReviewAsked, *, matching_id: str, review_id: str, caller: Caller, now: datetime
    ) -> Review:
        """Keep it, or raise `Nonsense`, `NoSuchMatching`, `NoSuchPerson` or `NotOfThisPerson`."""
        matching_at(self.documents, matching_id)
        _require_sound(asked)
        persons = [person_at(self.documents, matching_id, one).body for one in asked.persons]
        left, right = _sides(asked, persons)
        review = Review(
            review_id, matching_id, asked.verdict, left, right, asked.persons, asked.reason, caller.who, now
        )
        write = Create(review_id_of(review_id), review)
        told = [
            announcing(
                WorkOnPersons(matching_id, review_id=review_id), of=write, named=f"{matching_id}~{review_id}"
            ),
            audited(
                write,
                what="review_persons",
                subject=f"matching/{matching_id}",
                who=caller.who,
                now=now,
                why=asked.reason,
                entry_id=f"review~{review_id}",
            ),
        ]
        with suppress(AlreadyExists):  # said before
            self.documents.commit(matching_partition(matching_id), changes=[write], announcements=told)
        return review


def _require_sound(asked: ReviewAsked) -> None:
    wanted = 2 if asked.verdict == "same" else 1
    if len(set(asked.persons)) != wanted or len(asked.persons) != wanted:
        raise Nonsense(("persons", "two are one, or one is two"))
    if bool(asked.records) != (asked.verdict == "different"):
        raise Nonsense(("records", "those that are another's, where somebody is two"))
    if not 1 <= len(asked.reason.strip()) <= LONGEST_REASON:
        raise Nonsense(("reason", f"not between 1 and {LONGEST_REASON} characters"))


def _sides(asked: ReviewAsked, persons: list[Person]) -> tuple[tuple[RecordRef, ...], tuple[RecordRef, ...]]:
    if any(person.standing == "retired" for person in persons):
        raise NotOfThisPerson
    if asked.verdict == "same":
        return persons[0].refs, persons[1].refs
    (person,) = persons
    rest = tuple(ref for ref in person.refs if ref not in asked.records)
    if not rest or not set(asked.records) <= set(person.refs):
        raise NotOfThisPerson
    return tuple(sorted(set(asked.records))), rest
