"""A clinic that asks how its conversations were."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from shared.access.model import Caller, Role
from shared.access.ports import SealPurpose
from shared.adapters.jwt_seals import JwtSeals, SigningKey
from shared.consent.model import Purpose
from shared.conversations.model import ConversationClosed
from shared.fhir.ports import Resource
from shared.kernel.clock import StoppedClock
from shared.kernel.documents import Create
from shared.kernel.identity import PatientId
from shared.kernel.refusals import LostRace, NotFound
from shared.kernel.sensitive import Sensitive
from shared.messaging.documents import CURRENT as CURRENT_TEMPLATE
from shared.messaging.documents import template_partition
from shared.messaging.model import Channel
from shared.messaging.template import MessageTemplate, TemplateContent, Variant
from shared.patients.in_fhir import profile_from
from shared.patients.model import Profile
from shared.surveys.documents import (
    BUCKETS,
    INDEXES,
    bucket_partition,
    invitation_id_of,
    tallies_of,
)
from shared.surveys.invite_to_survey import InviteToSurvey
from shared.surveys.list_surveys import ListSurveys
from shared.surveys.model import (
    ChoiceQuestion,
    Form,
    Invitation,
    RatingQuestion,
    Response,
    SurveyDraft,
    Tally,
    TextQuestion,
)
from shared.surveys.open_survey import OpenSurvey
from shared.surveys.page import SurveyView
from shared.surveys.put_survey import KeptSurvey, PutSurvey
from shared.surveys.read_conversation_survey import ReadConversationSurvey
from shared.surveys.read_survey import ReadSurvey
from shared.surveys.record_response import RecordResponse
from shared.surveys.survey_results import SurveyResults
from shared.surveys.tallies import together
from tests.rooms.patients.builders import a_patient
from tests.support.house import House, a_house

ADA = PatientId("ada")
NIGHT_OF_THE_LOST_HOUR = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
MAKER = Caller("olga", "https://issuer", frozenset({Role.MARKETING_MANAGER}))
SATISFACTION = RatingQuestion(
    "rating",
    "satisfaction",
    "How satisfied are you?",
    measures_satisfaction=True,
    lowest="not at all",
    highest="very",
    required=True,
)
SETTLED = ChoiceQuestion("choice", "settled", "Was your matter settled?", ("Yes", "In part", "No"))
TOPICS = ChoiceQuestion("choice", "topics", "What was it about?", ("Booking", "A bill"), several=True)
MORE = TextQuestion("text", "more", "What could we have done better?", long=True)
KEY = SigningKey("first", SealPurpose.SURVEY, Sensitive("a secret for tests that is long enough"))


def a_draft(**more: Any) -> SurveyDraft:
    settled: dict[str, Any] = {
        "title": "How was your conversation?",
        "thank_you": "Thank you. It helps us.",
        "template_id": "csat",
        "channels": (Channel.SMS, Channel.EMAIL),
        "questions": (SATISFACTION, SETTLED, TOPICS, MORE),
        "state": "live",
    }
    return SurveyDraft(**{**settled, **more})


def closed(conversation: str = "c-1", **more: Any) -> ConversationClosed:
    settled: dict[str, Any] = {
        "patient_id": ADA,
        "survey_id": "csat",
        "reason": "AgentClosed",
        "version": 9,
        "closed_at": NIGHT_OF_THE_LOST_HOUR,
    }
    return ConversationClosed(conversation, **{**settled, **more})


@dataclass
class Clinic:
    """Closes conversations, answers as patients do, and hears what is announced."""

    house: House
    patients: dict[str, Resource] = field(default_factory=lambda: {"ada": a_patient()})

    def __post_init__(self) -> None:
        documents = self.house.documents
        self.seals = JwtSeals([KEY])
        self.put = PutSurvey(documents)
        self.read = ReadSurvey(documents)
        self.list = ListSurveys(documents)
        self.invite = InviteToSurvey(documents, self.profile, self.seals, "https://clinic.example/")
        self.open = OpenSurvey(documents)
        self.record = RecordResponse(documents)
        self.read_conversation = ReadConversationSurvey(documents)
        self.results = SurveyResults(documents)

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    def profile(self, patient_id: PatientId) -> Profile:
        if patient_id not in self.patients:
            raise NotFound
        return profile_from(self.patients[patient_id], region="GB")

    def goes_on_for(self, **how_long: float) -> None:
        self.house.clock.pass_by(timedelta(**how_long))

    def has_template(self, *channels: Channel, named: str = "csat") -> None:
        variants = tuple(
            Variant(channel, "en", "How was it? {{ survey_url }}", "How?") for channel in channels
        )
        content = TemplateContent(Purpose.TRANSACTIONAL, "en", variants)
        kept = MessageTemplate(named, 1, content, self.now)
        self.house.documents.commit(template_partition(named), changes=[Create(CURRENT_TEMPLATE, kept)])

    def keeps(self, draft: SurveyDraft, *, named: str = "csat", if_match: str | None = None) -> KeptSurvey:
        return self.put(draft, survey_id=named, caller=MAKER, now=self.now, if_match=if_match)

    def changes(self, **what: Any) -> KeptSurvey:
        """Change the survey as one who has seen it."""
        seen = self.read(survey_id="csat")
        return self.keeps(a_draft(**what), if_match=seen.etag)

    def invites(self, conversation: str = "c-1", **more: Any) -> str:
        """Close a conversation, and give the id of the invitation that comes of it."""
        again_where_raced(lambda: self.invite(closed(conversation, **more), now=self.now))
        return invitation_id_of("csat", conversation)

    def opens(self, invitation: str) -> SurveyView:
        return self.open(survey_id="csat", invitation_id=invitation, now=self.now)

    def answers(self, invitation: str, form: Form) -> SurveyView:
        return again_where_raced(
            lambda: self.record(form, survey_id="csat", invitation_id=invitation, now=self.now)
        )

    def rates(self, invitation: str, rating: int) -> SurveyView:
        return self.answers(invitation, {"satisfaction": [str(rating)]})

    def invitations(self) -> list[Invitation]:
        return self._kept("invitation", Invitation)

    def responses(self) -> list[Response]:
        return self._kept("response", Response)

    def _kept(self, kind: str, of: type[Any]) -> list[Any]:
        partitions = [bucket_partition("csat", bucket) for bucket in BUCKETS]
        pages = [self.house.documents.list(partition, kind, of) for partition in partitions]
        return [found.body for page in pages for found in page.items]

    def tally(self) -> Tally:
        return together(tallies_of(self.house.documents, "csat"))

    def told(self, type_: str) -> list[dict[str, Any]]:
        """Give the contents of all announcements of one type that were committed and not yet relayed."""
        changes, _ = self.house.change_feed.read("a test", limit=10_000)
        bodies = [change["body"] for change in changes if change["kind"] == "announcement"]
        return [body["content"] for body in bodies if body["type"] == type_]

    def everything(self) -> str:
        changes, _ = self.house.change_feed.read("a test", limit=10_000)
        return json.dumps([change["body"] for change in changes])


def again_where_raced(act: Callable[[], Any]) -> Any:
    """Do as the edge and the queue do: once more where somebody else was quicker, but not for ever."""
    for _ in range(50):
        try:
            return act()
        except LostRace:
            continue
    msg = "always somebody else was quicker"
    raise AssertionError(msg)


def without_phone() -> Resource:
    return replace_telecom({"system": "email", "value": "ada@example.org"})


def replace_telecom(*telecom: dict[str, Any]) -> Resource:
    return {**a_patient(), "telecom": list(telecom)}


@contextmanager
def a_clinic(folder: Path) -> Generator[Clinic]:
    with a_house(folder, INDEXES, clock=StoppedClock(NIGHT_OF_THE_LOST_HOUR)) as house:
        clinic = Clinic(house)
        clinic.has_template(Channel.SMS, Channel.EMAIL)
        clinic.keeps(a_draft())
        yield clinic


def unasked(question: RatingQuestion) -> RatingQuestion:
    return replace(question, required=False)
