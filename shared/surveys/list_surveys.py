"""Show the surveys there are."""

from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.surveys.documents import STATE
from shared.surveys.model import Survey, SurveyState


@dataclass(frozen=True, slots=True)
class WhichSurveys:
    """Which to show: those in one state, or all; `after` is a former answer's `next`."""

    state: SurveyState | None = None
    limit: int = 100
    after: str | None = None


@dataclass(frozen=True, slots=True)
class SurveysFound:
    """One page of surveys."""

    surveys: tuple[Survey, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListSurveys:
    """Gives surveys in order of their state, a page at a time."""

    documents: Documents

    def __call__(self, which: WhichSurveys) -> SurveysFound:
        limit = max(1, min(which.limit, 100))
        page = self.documents.find(STATE, Survey, equal_to=which.state, limit=limit, after=which.after)
        return SurveysFound(tuple(found.body for found in page.items), page.next)
