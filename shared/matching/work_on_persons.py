"""Whatever changes the persons of a matching, one thing after the other."""

from dataclasses import dataclass
from datetime import datetime

from shared.matching.carry_out_review import CarryOutReview
from shared.matching.model import WorkOnPersons
from shared.matching.run_matching import RunMatching


@dataclass(frozen=True, slots=True)
class WorksOnPersons:
    """Makes runs and carries out reviews, in the session of their matching; told twice, each is done once."""

    run_matching: RunMatching
    carry_out_review: CarryOutReview

    def __call__(self, asked: WorkOnPersons, *, now: datetime) -> None:
        """Do it, or raise `NotYetVisible`."""
        if asked.run_id is not None:
            self.run_matching(matching_id=asked.matching_id, run_id=asked.run_id, now=now)
        if asked.review_id is not None:
            self.carry_out_review(matching_id=asked.matching_id, review_id=asked.review_id)
