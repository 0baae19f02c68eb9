"""How content are those whom we serve (SU-8)?"""

from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.surveys.documents import STATE, tallies_of
from shared.surveys.model import Survey, SurveyState
from shared.surveys.tallies import Satisfaction, satisfaction_of, together

MOST_AT_ONCE = 50
"""Surveys on a page: each costs sixteen point reads."""


@dataclass(frozen=True, slots=True)
class WhichKpis:
    """How many surveys at once; `after` is a former answer's `next`."""

    limit: int = 20
    after: str | None = None


@dataclass(frozen=True, slots=True)
class SurveySatisfaction:
    """How content those were who answered one survey."""

    survey_id: str
    title: str
    state: SurveyState
    satisfaction: Satisfaction


@dataclass(frozen=True, slots=True)
class KpisShown:
    """Figures, of nobody in particular."""

    satisfaction: tuple[SurveySatisfaction, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ReadKpis:
    """Adds up what was counted in the commits themselves, so that the figures are exact and of now."""

    documents: Documents

    def __call__(self, which: WhichKpis) -> KpisShown:
        limit = max(1, min(which.limit, MOST_AT_ONCE))
        page = self.documents.find(STATE, Survey, limit=limit, after=which.after)
        return KpisShown(tuple(self._satisfaction(found.body) for found in page.items), page.next)

    def _satisfaction(self, survey: Survey) -> SurveySatisfaction:
        counted = together(tallies_of(self.documents, survey.id))
        return SurveySatisfaction(survey.id, survey.title, survey.state, satisfaction_of(counted))
