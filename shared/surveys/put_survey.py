"""Keep a survey as its maker wants it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.kernel.documents import Change, Create, Document, Documents, as_seen, replacing
from shared.kernel.refusals import Nonsense
from shared.messaging.documents import template_of
from shared.surveys.definitions import drafted
from shared.surveys.documents import CURRENT, survey_partition, version_id
from shared.surveys.model import (
    Survey,
    SurveyChangedMeanwhile,
    SurveyDraft,
    SurveyHasBegun,
    SurveyIsOver,
    SurveyIsThere,
)


@dataclass(frozen=True, slots=True)
class KeptSurvey:
    """The survey as kept, with the etag to change it by."""

    survey: Survey
    etag: str


@dataclass(frozen=True, slots=True)
class PutSurvey:
    """Writes the survey as it now is and, when those invited shall meet something else, its next version.

    Who has been invited already answers what they were asked. One that is there is changed only by whoever
    has seen it. Only a draft may speak of a template that cannot be sent yet.
    """

    documents: Documents

    def __call__(
        self, draft: SurveyDraft, *, survey_id: str, caller: Caller, now: datetime, if_match: str | None
    ) -> KeptSurvey:
        """Keep it, or raise `Nonsense`, or what `_refuse` raises."""
        partition = survey_partition(survey_id)
        before = self.documents.look(partition, CURRENT, Survey)
        _refuse(before, draft, if_match)
        survey = drafted(survey_id, draft, before.body if before else None)
        missing = list(self._missing(draft)) if draft.state == "live" else []
        if missing:
            raise Nonsense(*missing)
        write = replacing(before, survey) if before else Create(CURRENT, survey)
        changes: list[Change] = [write]
        if before is None or before.body.version != survey.version:
            changes.append(Create(version_id(survey.version), survey))
        told = audited(write, what="put_survey", subject=f"survey/{survey_id}", who=caller.who, now=now)
        etags = self.documents.commit(partition, changes=changes, announcements=[told])
        return KeptSurvey(survey, etags[CURRENT])

    def _missing(self, draft: SurveyDraft) -> Iterator[tuple[str, str]]:
        """Name what a survey needs before anybody can be invited, and does not find."""
        template = template_of(self.documents, draft.template_id)
        if template is None:
            yield "template_id", "no such template"
            return
        written = {variant.channel for variant in template.body.content.variants}
        for number, channel in enumerate(draft.channels):
            if channel not in written:
                yield f"channels.{number}", "not among the template's"


def _refuse(before: Document[Survey] | None, draft: SurveyDraft, if_match: str | None) -> None:
    """Raise `SurveyIsThere`, `SurveyChangedMeanwhile`, `SurveyIsOver` or `SurveyHasBegun`."""
    as_seen(before, if_match, is_there=SurveyIsThere, changed=SurveyChangedMeanwhile)
    state = before.body.state if before else "draft"
    if state == "closed" and draft.state != "closed":
        raise SurveyIsOver
    if state == "live" and draft.state == "draft":
        raise SurveyHasBegun
