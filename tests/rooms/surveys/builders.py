"""A clinic that asks how its conversations were."""

import json
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from shared.access.model import Caller
from shared.access.model import Role as StaffRole
from shared.access.ports import SealPurpose
from shared.adapters.codec import from_plain
from shared.adapters.jwt_seals import JwtSeals, SigningKey
from shared.consent.model import Purpose
from shared.conversations.activities import Activity, ActivityType, Author, Role
from shared.conversations.documents import activities_after, activity_document, conversation_partition
from shared.conversations.model import ConversationClosed
from shared.fhir.ports import Resource
from shared.kernel.clock import StoppedClock
from shared.kernel.documents import Create, Document
from shared.kernel.identity import PatientId
from shared.kernel.refusals import AlreadyExists, LostRace, NotFound
from shared.kernel.sensitive import Sensitive
from shared.messaging.documents import CURRENT as CURRENT_TEMPLATE
from shared.messaging.documents import message_id_of, template_partition
from shared.messaging.model import Cause, Channel, Message, MessageState, SendMessage
from shared.messaging.template import MessageTemplate, TemplateContent, Variant
from shared.operations.live_features import LiveFeatures
from shared.patients.documents import patient_partition
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
    QuestionWords,
    RatingQuestion,
    Response,
    SurveyDraft,
    Tally,
    TextQuestion,
    Translation,
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
MAKER = Caller("olga", "https://issuer", frozenset({StaffRole.MARKETING_MANAGER}))
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


def swedish(*settled: str) -> Translation:
    """Say all that `a_draft` says."""
    questions = (
        QuestionWords("satisfaction", "Hur nöjd är du?", lowest="inte alls", highest="mycket"),
        QuestionWords("settled", "Blev ditt ärende löst?", settled or ("Ja", "Delvis", "Nej")),
        QuestionWords("topics", "Vad gällde det?", ("Bokning", "En räkning")),
        QuestionWords("more", "Vad kunde vi ha gjort bättre?"),
    )
    return Translation("sv-SE", "Hur var ditt samtal?", "Tack. Det hjälper oss.", questions)


SWEDISH = swedish()


def a_draft(**more: Any) -> SurveyDraft:
    settled: dict[str, Any] = {
        "title": "How was your conversation?",
        "thank_you": "Thank you. It helps us.",
        "template_id": "csat",
        "channels": (Channel.SMS, Channel.EMAIL),
        "questions": (SATISFACTION, SETTLED, TOPICS, MORE),
        "state": "live",
        "again_after_days": 0,
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
        self.features = LiveFeatures(documents, self.house.clock)
        self.invite = InviteToSurvey(
            documents, self.profile, self.seals, "https://clinic.example/", self.features
        )
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

    def says(self, conversation: str, *said: tuple[Role, ActivityType]) -> None:
        """Let this be said in a conversation, by the role and of the type given."""
        first = len(self._said(conversation)) + 1
        activities = [
            Activity(first + place, type_, Author(role, role), self.now)
            for place, (role, type_) in enumerate(said)
        ]
        self.house.documents.commit(
            conversation_partition(conversation),
            changes=[Create(activity_document(one.sequence), one) for one in activities],
        )

    def _said(self, conversation: str) -> Sequence[Document[Activity]]:
        return activities_after(self.house.documents, conversation, 0).items

    def invites(self, conversation: str = "c-1", **more: Any) -> str:
        """Close a conversation, by now not a silent one; give the id of the invitation that comes of it."""
        if not self._said(conversation):
            with suppress(AlreadyExists):  # said by another thread just now
                self.says(conversation, ("bot", "message"), ("user", "message"))
        return self.closes(conversation, **more)

    def closes(self, conversation: str = "c-1", **more: Any) -> str:
        """Close a conversation as it is."""
        happened = closed(conversation, **more)
        again_where_raced(lambda: self.invite(happened, now=self.now))
        return invitation_id_of("csat", conversation, happened.patient_id or ADA)

    def message_moves(self, state: MessageState, reason: Cause | None) -> None:
        """Let messaging take in the only message that was asked for, and this become of it."""
        (asked,) = [from_plain(one, SendMessage) for one in self.told("SendMessage")]
        message = Message(asked, None, None, state, reason, self.now, self.now)
        self.house.documents.commit(
            patient_partition(asked.patient_id), changes=[Create(message_id_of(asked.message_id), message)]
        )

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


def speaking(language: str) -> Resource:
    """Give the patient, who speaks this language."""
    return {
        **a_patient(),
        "communication": [{"language": {"coding": [{"code": language}]}, "preferred": True}],
    }


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
