"""All records of a definition's sources become persons (UN-3, UN-4)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from shared.matching.comparing import Plan, Preparer, SourceRecord, plan_of
from shared.matching.definitions import MatchingDraft
from shared.matching.model import Link, Proposal, RecordRef, Why, Withheld
from shared.matching.ports import FoundPair, Linked, LinkEngine, RecordSources
from shared.matching.profiling import SourceProfile, told_apart
from shared.matching.reviewing import Sayings, pair_of
from shared.matching.rule_statistics import RuleStatistics, rule_statistics
from shared.matching.settling import Groups, Hanging, Tie, settled

MOST_IN_ONE = 100
"""More records than this are not one person's, whatever they have in common; nobody is made of them."""
BY_REVIEW = -1
"""The strength of a tie that rests on no step but on what somebody has said."""


@dataclass(frozen=True, slots=True)
class Found:
    """One person's records, in order of sources and keys, and the links that were followed."""

    records: tuple[SourceRecord, ...]
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Unified:
    """What became of all records. `persons` is gone through once: not all of a million need be there at once.

    `groups` are the persons of two records and more.
    """

    persons: Iterator[Found]
    groups: int
    proposals: tuple[Proposal, ...]
    rules: tuple[RuleStatistics, ...]
    sources: tuple[SourceProfile, ...]


@dataclass(frozen=True, slots=True)
class ReadRecords:
    """All records of all sources, in order of sources and keys, and what the sources hold."""

    records: Sequence[SourceRecord]
    profiles: tuple[SourceProfile, ...]


def read_all(draft: MatchingDraft, sources: RecordSources) -> ReadRecords:
    """Read all sources; raises what reading raises."""
    records: list[SourceRecord] = []
    profiles: list[SourceProfile] = []
    for source in draft.sources:
        own, profile = told_apart(source, sources.records(source))
        records += own
        profiles.append(profile)
    return ReadRecords(records, tuple(profiles))


def unified(
    draft: MatchingDraft, said: Sayings, read: ReadRecords, *, engine: LinkEngine, keep_as: str | None = None
) -> Unified:
    """Find out which records are one person's, all of them compared with all."""
    unifying = Unifying(draft, read.records, said)
    linked = engine.link(
        unifying.plan,
        unifying.preparer.all(read.records),
        also=unifying.also,
        largest=MOST_IN_ONE,
        keep_as=keep_as,
    )
    rules = rule_statistics(unifying.plan, linked.pairs)
    return unifying.by(linked, rules, read.profiles)


class Unifying:
    """The records of one definition, numbered in order of sources and keys."""

    def __init__(self, draft: MatchingDraft, records: Sequence[SourceRecord], said: Sayings) -> None:
        self._draft = draft
        self._records = records
        self.plan: Plan = plan_of(draft)
        self.preparer = Preparer(draft, self.plan)
        self._asserted = {source.id for source in draft.sources if source.self_asserted}
        self._dropping = {source.id for source in draft.sources[1:] if not source.include_all}
        places: Mapping[RecordRef, int] = {}
        if said:
            places = {record.ref: number for number, record in enumerate(records)}
        self._same: dict[tuple[int, int], int] = {}
        self._different: set[tuple[int, int]] = set()
        spoken_of = {ref for pair in said for ref in (pair.left, pair.right)}
        self.spoken_of = sorted(places[ref] for ref in spoken_of if ref in places)
        for pair, one in said.items():
            left, right = places.get(pair.left), places.get(pair.right)
            if left is None or right is None:
                continue
            numbers = (min(left, right), max(left, right))
            if one.verdict == "same":
                self._same[numbers] = one.order
            else:
                self._different.add(numbers)

    @property
    def also(self) -> tuple[tuple[int, int], ...]:
        """Give the pairs of which somebody has said that they are one person."""
        return tuple(self._same)

    def by(
        self,
        linked: Linked,
        rules: tuple[RuleStatistics, ...],
        profiles: tuple[SourceProfile, ...],
        among: Sequence[int] | None = None,
    ) -> Unified:
        """Settle what was linked; `among` are the only records that may be in it, where it is not all."""
        asserted, ours = self._parted(linked.pairs)
        pairs = self._of_the_first_rule_that_matches(ours)
        apart = {pair for pair in linked.apart if pair not in self._same} | self._different
        groups, withheld = self._settled(pairs, apart)
        doubts = [*withheld, *((pair, Withheld.SELF_ASSERTED) for pair in asserted)]
        proposals = self._proposals(doubts, groups)
        links = self._links(pairs, groups)
        return Unified(
            persons=self._persons(groups, links, range(len(self._records)) if among is None else among),
            groups=len(groups.all()),
            proposals=proposals,
            rules=rules,
            sources=profiles,
        )

    def _parted(self, pairs: Sequence[FoundPair]) -> tuple[list[FoundPair], list[FoundPair]]:
        """Tell links that rest on what people say of themselves from the others."""
        asserted: list[FoundPair] = []
        ours: list[FoundPair] = []
        for pair in pairs:
            rests = self._is_asserted(pair.left) or self._is_asserted(pair.right)
            (asserted if rests else ours).append(pair)
        return asserted, ours

    def _is_asserted(self, number: int) -> bool:
        return bool(self._asserted) and self._source(number) in self._asserted

    def _source(self, number: int) -> str:
        return self._records[number].ref.source

    def _of_the_first_rule_that_matches(self, pairs: Sequence[FoundPair]) -> list[FoundPair]:
        """Try a source's next rule only for records that an earlier one has matched with nothing (UN-4).

        Records that are one within their source are tried together: those that do not speak for it as well.
        """
        alike = Groups()
        for pair in pairs:
            if self._is_within(pair):
                alike.join(pair.left, pair.right)
        first: dict[int, int] = {}
        for pair in pairs:
            if not self._is_within(pair):
                later, place = alike.of(pair.right), self.plan.steps[pair.step].place
                first[later] = min(place, first.get(later, place))
        return [
            pair
            for pair in pairs
            if self._is_within(pair) or self.plan.steps[pair.step].place == first[alike.of(pair.right)]
        ]

    def _is_within(self, pair: FoundPair) -> bool:
        return self._source(pair.left) == self._source(pair.right)

    def _settled(
        self, pairs: Sequence[FoundPair], apart: set[tuple[int, int]]
    ) -> tuple[Groups, list[tuple[FoundPair, Withheld]]]:
        """Put together what nothing keeps apart; of the rest, let the stronger link have its way."""
        hanging = Hanging([(pair.left, pair.right) for pair in pairs], tuple(self._same), apart)
        withheld = [(pair, Withheld.TOO_MANY) for pair in pairs if hanging.size(pair.left) > MOST_IN_ONE]
        fitting = [pair for pair in pairs if hanging.size(pair.left) <= MOST_IN_ONE]
        groups = Groups()
        doubtful: dict[Tie, FoundPair] = {}
        for pair in fitting:
            if hanging.is_contradicted(pair.left):
                doubtful[self._tie(pair)] = pair
            else:
                groups.join(pair.left, pair.right)
        said = [Tie(left, right, (BY_REVIEW, -order)) for (left, right), order in self._same.items()]
        outcome = settled([*said, *doubtful], hanging.contradictions)
        for group in outcome.groups:
            for number in group[1:]:
                groups.join(group[0], number)
        withheld += [(doubtful[tie], Withheld.CONTRADICTED) for tie in outcome.withheld if tie in doubtful]
        return groups, withheld

    def _tie(self, pair: FoundPair) -> Tie:
        """Give a link's strength: what is alike in full before what is only nearly, then by rule."""
        scores = [score for _, score in self._why(pair).scores]
        step = self.plan.steps[pair.step]
        return Tie(pair.left, pair.right, (0, -min(scores, default=0), step.place, pair.step))

    def _why(self, pair: FoundPair) -> Why:
        step = self.plan.steps[pair.step]
        return self.preparer.why(step, self._records[pair.left], self._records[pair.right])

    def _link(self, pair: FoundPair) -> Link:
        return Link(pair_of(self._records[pair.left].ref, self._records[pair.right].ref), self._why(pair))

    def _proposals(
        self, withheld: Sequence[tuple[FoundPair, Withheld]], groups: Groups
    ) -> tuple[Proposal, ...]:
        """Give what only a person may decide: not what is together by now, nor what has been decided."""
        return tuple(
            Proposal(self._link(pair), because)
            for pair, because in withheld
            if groups.of(pair.left) != groups.of(pair.right)
            and (pair.left, pair.right) not in self._different
        )

    def _links(
        self, pairs: Sequence[FoundPair], groups: Groups
    ) -> Mapping[int, Sequence[FoundPair | tuple[int, int]]]:
        """Give the links within each group, by its first record."""
        links: dict[int, list[FoundPair | tuple[int, int]]] = defaultdict(list)
        for pair in pairs:
            if (root := groups.of(pair.left)) == groups.of(pair.right):
                links[root].append(pair)
        for left, right in self._same:
            if (root := groups.of(left)) == groups.of(right):
                links[root].append((left, right))
        return links

    def _persons(
        self,
        groups: Groups,
        links: Mapping[int, Sequence[FoundPair | tuple[int, int]]],
        numbers: Iterable[int],
    ) -> Iterator[Found]:
        members: dict[int, tuple[int, ...]] = {group[0]: group for group in groups.all()}
        for number in numbers:
            record = self._records[number]
            if number in members:
                together = tuple(self._records[one] for one in members[number])
                yield Found(together, tuple(self._shown(one) for one in links.get(number, ())))
            elif groups.of(number) == number and record.ref.source not in self._dropping:
                yield Found((record,))

    def _shown(self, link: FoundPair | tuple[int, int]) -> Link:
        if isinstance(link, FoundPair):
            return self._link(link)
        left, right = link
        return Link(pair_of(self._records[left].ref, self._records[right].ref), Why("review"))
