"""An incremental run: what is new, changed or gone is compared, and who has to do with it is looked at."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.kernel.documents import Documents
from shared.matching.definitions import MatchingDraft
from shared.matching.documents import (
    PERSON,
    RECORDS,
    RecordOfPerson,
    Run,
    everything_found,
    person_partition,
    record_named,
)
from shared.matching.households import households
from shared.matching.keyed_ids import KeyedIds
from shared.matching.merging import golden
from shared.matching.model import PersonId, RecordRef
from shared.matching.name_persons import (
    Known,
    former,
    household_keys,
    id_key,
    living_in,
    named_persons,
    placed,
)
from shared.matching.outcome import Outcome
from shared.matching.persons import Person, as_before
from shared.matching.ports import ComparedAgain, Placed, Touched
from shared.matching.retiring import after_the_run, retired_by
from shared.matching.reviewing import Review, Sayings
from shared.matching.rule_statistics import as_counted
from shared.matching.unifying import MOST_IN_ONE, Found, ReadRecords, Unified, Unifying

REVIEWED_SINCE = timedelta(days=1)
"""Before the last run was asked for: what reviewers did then may have been carried out after it."""
AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class CompareChanges:
    """Comes to what a full run would come to.

    What reviewers have spoken of is looked at each time.
    """

    documents: Documents
    keyed_ids: KeyedIds

    def __call__(  # noqa: PLR0913  # all that a run knows
        self,
        run: Run,
        draft: MatchingDraft,
        said: Sayings,
        read: ReadRecords,
        again: ComparedAgain,
        *,
        reviews: Iterable[Review],
        last_asked_at: datetime,
        keep_as: str,
    ) -> Outcome:
        unifying = Unifying(draft, read.records, said)
        again.compare(unifying.plan, (unifying.preparer.one(one, read.records[one]) for one in again.fresh))
        known = Known(run.id)
        recent = (one for one in reviews if one.at >= last_asked_at - REVIEWED_SINCE)
        reviewed = sorted(set(self._of_reviews(recent)))
        touched, found, people = self._settled(draft, read, unifying, again, reviewed)
        self._look_for(known, (*touched.persons, *touched.former, *reviewed))
        persons = named_persons(
            run, draft, people, known, self.keyed_ids, look_for=lambda ids: self._look_for(known, ids)
        )
        were = {person_id: document.body for person_id, document in known.persons.items()}
        gone = retired_by(run.id, were, persons, before=known.before)
        keys = household_keys(draft, persons)
        together = _together(again, touched, keys)
        living = households({**keys, **{one.id: one.household_key for one in together}})
        persons = living_in(persons, living)
        moved = [one for one in together if living.get(one.id) != one.household]
        housemates = self._moved(run, known, moved, living)
        untouched, of_several = again.untouched()
        concerned = {*touched.gone, *(read.records[one].ref for one in touched.numbers)}
        return Outcome(
            persons=persons,
            retired=gone,
            known=known,
            proposals=found.proposals,
            of_all=untouched + len(persons),
            of_several=of_several + found.groups,
            rules=found.rules,
            sources=found.sources,
            compared=len(again.fresh),
            gone=len(touched.gone),
            housemates=housemates,
            concerns=concerned.__contains__,
            keep=lambda: again.keep_as(
                keep_as,
                whose=_whose(read, touched, persons),
                persons=[
                    *(placed(draft, one, keys[one.id]) for one in persons.values()),
                    *(replace(one, household=living.get(one.id)) for one in moved),
                ],
                former=[former(one) for one in after_the_run(were, gone, persons)],
            ),
        )

    def _settled(
        self,
        draft: MatchingDraft,
        read: ReadRecords,
        unifying: Unifying,
        again: ComparedAgain,
        reviewed: Sequence[PersonId],
    ) -> tuple[Touched, Unified, Sequence[Found]]:
        """Find out who is who among what is touched, and among those who claim the same id of the house's."""
        rules = as_counted(unifying.plan, again.counts())
        touched = again.touch(unifying.spoken_of, reviewed)
        while True:
            linked = again.linked(unifying.also, largest=MOST_IN_ONE)
            found = unifying.by(linked, rules, read.profiles, among=touched.numbers)
            people = tuple(found.persons)
            claiming = _claiming(draft, again, touched, people)
            if not claiming:
                return touched, found, people
            touched = again.touch(persons=claiming)

    def _of_reviews(self, reviews: Iterable[Review]) -> Iterator[PersonId]:
        """Name everybody under whom records stand that were spoken of: whoever was made new among them."""
        named = {
            record_named(one.matching_id, ref.source, ref.key)
            for one in reviews
            for ref in (*one.left, *one.right)
        }
        for one in sorted(named):
            for found in everything_found(self.documents, RECORDS, RecordOfPerson, one):
                yield found.body.person_id

    def _look_for(self, known: Known, persons: Iterable[PersonId]) -> None:
        """Take in those there are of these and who are not known yet."""
        wanted = [one for one in dict.fromkeys(persons) if one not in known.persons]
        for start in range(0, len(wanted), AT_ONCE):
            places = [(person_partition(one), PERSON) for one in wanted[start : start + AT_ONCE]]
            for found in self.documents.look_many(places, Person):
                if found is not None:
                    known.add(found)

    def _moved(
        self, run: Run, known: Known, moved: Sequence[Placed], living: Mapping[PersonId, str]
    ) -> Sequence[Person]:
        """Give untouched persons whose household has another name now."""
        self._look_for(known, (one.id for one in moved))
        there = [known.persons[one.id].body for one in moved if one.id in known.persons]
        return [
            replace(one, household=living.get(one.id), done_by=run.id, before=as_before(one, run.id))
            for one in there
        ]


def _claiming(
    draft: MatchingDraft, again: ComparedAgain, touched: Touched, people: Sequence[Found]
) -> Sequence[PersonId]:
    """Name untouched persons who have, or could have, an id that somebody touched had or could have."""
    if not draft.id_fields:
        return ()
    now = {id_key(draft, golden(draft, one.records)) for one in people}
    then = {one.id_key for one in again.keys_of(touched.persons)}
    return [one.id for one in again.with_id_keys(sorted(key for key in now | then if key is not None))]


def _together(
    again: ComparedAgain, touched: Touched, keys: Mapping[PersonId, str | None]
) -> Sequence[Placed]:
    """Give untouched persons who live with somebody touched, or did."""
    then = {one.household_key for one in again.keys_of(touched.persons)}
    return again.in_households(sorted(key for key in {*keys.values(), *then} if key is not None))


def _whose(read: ReadRecords, touched: Touched, persons: Mapping[PersonId, Person]) -> Mapping[int, PersonId]:
    whose: Mapping[RecordRef, PersonId] = {
        ref: person.id for person in persons.values() for ref in person.refs
    }
    numbers = ((number, whose.get(read.records[number].ref)) for number in touched.numbers)
    return {number: person_id for number, person_id in numbers if person_id is not None}
