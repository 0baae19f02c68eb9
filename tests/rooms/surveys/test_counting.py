"""Whatever comes in whatever order however often: what was counted is what is there."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as some

from shared.kernel.identity import PatientId
from shared.surveys.documents import BUCKETS, bucket_partition, tally_at
from shared.surveys.model import RATINGS, Tally
from shared.surveys.tallies import satisfaction_of, together, with_invited, with_rating
from tests.rooms.patients.builders import a_patient
from tests.rooms.surveys.builders import Clinic, a_clinic

HAPPENINGS = some.lists(
    some.tuples(some.sampled_from(["close", "rate"]), some.integers(0, 7), some.sampled_from(RATINGS)),
    max_size=25,
)


def recounted(clinic: Clinic) -> dict[str, Tally]:
    """Count each bucket anew from what lies in it."""
    ratings = {bucket: Counter[int]() for bucket in BUCKETS}
    for response in clinic.responses():
        ratings[response.invitation_id[0]][response.satisfaction.value] += 1
    invited = Counter(invitation.id[0] for invitation in clinic.invitations())
    return {
        bucket: Tally(
            invited=invited[bucket],
            ratings=(counts[1], counts[2], counts[3], counts[4], counts[5]),
        )
        for bucket, counts in ratings.items()
    }


def counted(clinic: Clinic) -> dict[str, Tally]:
    found = {bucket: tally_at(clinic.house.documents, bucket_partition("csat", bucket)) for bucket in BUCKETS}
    return {bucket: tally.body if tally else Tally() for bucket, tally in found.items()}


class TestTheTallies:
    @settings(max_examples=25)
    @given(happenings=HAPPENINGS)
    def test_are_what_a_recount_gives(self, happenings: list[tuple[str, int, int]]) -> None:
        with TemporaryDirectory() as folder, a_clinic(Path(folder)) as clinic:
            invitations: dict[int, str] = {}
            for what, which, rating in happenings:
                if what == "close":
                    patient_id = PatientId(f"p-{which % 3}")
                    clinic.patients[patient_id] = {**a_patient(), "id": patient_id}
                    invitations[which] = clinic.invites(f"c-{which}", patient_id=patient_id)
                elif which in invitations:
                    clinic.rates(invitations[which], rating)

            assert counted(clinic) == recounted(clinic)
            assert clinic.tally().invited == len(invitations)
            alerts = [r for r in clinic.responses() if r.satisfaction.value <= 2]
            assert len(clinic.told("CreateTask")) == len(alerts)
            assert len(clinic.told("RecordSatisfaction")) == len(clinic.responses())


class TestTheFigures:
    @given(ratings=some.lists(some.sampled_from(RATINGS)), more=some.integers(0, 5))
    def test_are_those_of_the_ratings(self, ratings: list[int], more: int) -> None:
        each = [with_rating(with_invited(Tally()), rating) for rating in ratings]
        each += [with_invited(Tally()) for _ in range(more)]

        figures = satisfaction_of(together(each))

        assert (figures.invited, figures.responded) == (len(ratings) + more, len(ratings))
        assert figures.distribution == tuple(ratings.count(rating) for rating in RATINGS)
        assert figures.mean == (round(sum(ratings) / len(ratings), 4) if ratings else None)

    def test_are_shown_per_survey(self, clinic: Clinic) -> None:
        for number, rating in enumerate([5, 4, 1]):
            clinic.rates(clinic.invites(f"c-{number}"), rating)
        clinic.invites("c-silent")

        shown = clinic.results(survey_id="csat").satisfaction

        assert (shown.invited, shown.responded, shown.response_rate) == (4, 3, 0.75)
        assert (shown.mean, shown.distribution) == (3.3333, (1, 0, 0, 1, 1))
