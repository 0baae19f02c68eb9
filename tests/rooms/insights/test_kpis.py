"""The figures that supervisors see."""

from collections.abc import Generator
from pathlib import Path

import pytest

from shared.insights.read_kpis import ReadKpis, WhichKpis
from tests.rooms.surveys.builders import Clinic, a_clinic, a_draft


@pytest.fixture
def clinic(tmp_path: Path) -> Generator[Clinic]:
    with a_clinic(tmp_path) as clinic:
        yield clinic


class TestTheKpis:
    def test_are_those_of_each_survey_alone(self, clinic: Clinic) -> None:
        clinic.keeps(a_draft(title="Another"), named="another")
        clinic.invites("c-9", survey_id="another")
        for number, rating in enumerate([5, 4, 4]):
            clinic.rates(clinic.invites(f"c-{number}"), rating)
        clinic.invites("c-silent")

        shown = ReadKpis(clinic.house.documents)(WhichKpis())

        figures = {one.survey_id: one.satisfaction for one in shown.satisfaction}
        assert set(figures) == {"another", "csat"}
        assert (figures["csat"].mean, figures["csat"].responded, figures["csat"].response_rate) == (
            4.3333,
            3,
            0.75,
        )
        assert (figures["another"].mean, figures["another"].invited, figures["another"].response_rate) == (
            None,
            1,
            0.0,
        )

    def test_come_a_page_at_a_time(self, clinic: Clinic) -> None:
        for name in ("b", "c"):
            clinic.keeps(a_draft(), named=name)
        read = ReadKpis(clinic.house.documents)

        first = read(WhichKpis(limit=2))
        second = read(WhichKpis(limit=2, after=first.next))

        found = [one.survey_id for one in (*first.satisfaction, *second.satisfaction)]
        assert sorted(found) == ["b", "c", "csat"]
        assert second.next is None
