"""What a run has found and is to write."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from shared.matching.model import PersonId, Proposal, RecordRef
from shared.matching.name_persons import Known
from shared.matching.persons import Person
from shared.matching.profiling import SourceProfile
from shared.matching.rule_statistics import RuleStatistics


@dataclass(frozen=True, slots=True)
class Outcome:
    """Who is to be as told here, and ids that are nobody's; whoever is in neither stands as they are.

    `of_all` and `of_several` count everybody. `keep` lets the next run know what was compared; it is called
    once all is written. `concerns` says of a record whether what was proposed of it is to be looked at again.
    """

    persons: Mapping[PersonId, Person]
    retired: Sequence[Person]
    known: Known
    proposals: Sequence[Proposal]
    of_all: int
    of_several: int
    rules: tuple[RuleStatistics, ...]
    sources: tuple[SourceProfile, ...]
    compared: int
    keep: Callable[[], None]
    gone: int = 0
    concerns: Callable[[RecordRef], bool] = lambda _: True
    housemates: Sequence[Person] = ()
