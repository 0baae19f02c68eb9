"""What the version before has written, kept as samples; and how this version comes to read them.

`python -m tests.support.evolution_notes` plays the product and keeps samples of what none is there yet. One
that is there is never touched: what that version wrote lies in somebody's store.
"""

import json
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import shared
from functions.edge.idempotency import Attempt
from shared.access.count_guesses import Guesses
from shared.access.documents import ActsFor, InvitationOf, Login
from shared.access.model import Team
from shared.access.portal_access import PortalAccess
from shared.activities.activity_types import ActivityType
from shared.activities.documents import Told
from shared.activities.model import Activity as Happened
from shared.activities.unplaced import Unplaced
from shared.adapters.codec import json_schema
from shared.appointments.intents import Intent
from shared.appointments.model import Kept
from shared.audit.model import AuditEntry
from shared.consent.compliance import ComplianceProfile
from shared.consent.copies.model import Copies
from shared.consent.data_requests.model import DataRequest
from shared.consent.documents import Consents, Said
from shared.conversations.activities import Activity
from shared.conversations.bot.model import Scenario
from shared.conversations.conversation import Conversation
from shared.conversations.documents import Posted
from shared.conversations.generate_chat_token import CurrentChat
from shared.exchange.model import EntityMap
from shared.exports.definitions import Export
from shared.exports.documents import ExportRun
from shared.exports.documents import Standing as ExportStanding
from shared.journeys.entry import Entries
from shared.journeys.following import Followed
from shared.journeys.model import Enrolment, Journey
from shared.matching.definitions import Matching
from shared.matching.documents import KeptProposal, LastRun, RecordOfPerson, Run
from shared.matching.persons import Person as MatchedPerson
from shared.matching.reviewing import Review
from shared.measures.documents import Refresh as MeasureRefresh
from shared.measures.formula import Measure
from shared.messaging.decision import Decision
from shared.messaging.documents import SentCommercially
from shared.messaging.model import Message
from shared.messaging.suppression import Suppression
from shared.messaging.template import MessageTemplate
from shared.operations.features import Features
from shared.operations.model import ParkedMessage
from shared.patients.broken_glass import BrokenGlass
from shared.patients.documents import Projection
from shared.patients.facts import Fact
from shared.patients.handles import Handle
from shared.patients.home import Seen
from shared.patients.overrides import Overridden
from shared.patients.pending_details import PendingDetails
from shared.patients.person import Person
from shared.patients.refresh_schedule import RefreshSchedule
from shared.patients.refreshes import Refreshing, RefreshRun
from shared.patients.routes import View
from shared.routing.queues import WorkQueue
from shared.routing.representatives import Representative
from shared.routing.settled_rounds import Settled
from shared.routing.waiting import Stay, WaitingWork
from shared.routing.workstreams import Workstream
from shared.segments.documents import Refresh
from shared.segments.measured import MeasureOutline
from shared.segments.memberships import Membership
from shared.segments.relationships import Relationship
from shared.segments.rules import Segment
from shared.surveys.model import Asked, Invitation, Response, Survey, Tally
from shared.tasks.documents import KeptTask
from shared.triggers.custom import CustomEvent, CustomTrigger
from shared.triggers.firings import Firing
from shared.triggers.model import TriggerDefinition
from shared.triggers.source_documents import Cursor
from shared.triggers.subscriptions import HeardSubscription
from shared.wiring.claims import Claimed
from shared.wiring.edition import KeptUnder, StoreEdition

FOLDER = Path(__file__).parents[1] / "stories" / "evolution"
STRANGER = {"of_a_newer_version": [{"and": "what is in it"}, 1, None]}

DOCUMENTS: Mapping[str, type] = {
    "activity-type.type": ActivityType,
    "activity-type.version": ActivityType,
    "audit.audit": AuditEntry,
    "break-glass.brokenglass": BrokenGlass,
    "claim": Claimed,
    "compliance.compliance": ComplianceProfile,
    "compliance.version": ComplianceProfile,
    "contact.consents": Consents,
    "contact.decision": Decision,
    "contact.frequency": SentCommercially,
    "contact.said": Said,
    "contact.suppression": Suppression,
    "conversation.activity": Activity,
    "conversation.conversation": Conversation,
    "conversation.posted": Posted,
    "custom-trigger.custom": CustomTrigger,
    "custom-trigger.version": CustomTrigger,
    "data-request.datarequest": DataRequest,
    "export.export": Export,
    "export.run": ExportRun,
    "export.standing": ExportStanding,
    "export.version": Export,
    "features.features": Features,
    "entity-maps.map": EntityMap,
    "guesses.guesses": Guesses,
    "fhir-source.cursor": Cursor,
    "fhir-source.subscription": HeardSubscription,
    "house.edition": StoreEdition,
    "house.fingerprint": KeptUnder,
    "idempotency.answer": Attempt,
    "invitation.invitation": InvitationOf,
    "journey.journey": Journey,
    "journey.version": Journey,
    "login.acts-for": ActsFor,
    "login.login": Login,
    "matching.last": LastRun,
    "matching.matching": Matching,
    "matching.review": Review,
    "matching.run": Run,
    "matching.version": Matching,
    "measure.measure": Measure,
    "measure.outline": MeasureOutline,
    "relationships.relationship": Relationship,
    "measure.values": MeasureRefresh,
    "measure.version": Measure,
    "parked.parked": ParkedMessage,
    "patient.appointment": Kept,
    "patient.booking": Intent,
    "patient.chat": CurrentChat,
    "patient.copies": Copies,
    "patient.details": PendingDetails,
    "patient.enrolment": Enrolment,
    "patient.event": CustomEvent,
    "patient.entries": Entries,
    "patient.fact": Fact,
    "patient.firing": Firing,
    "patient.followed": Followed,
    "patient.handle": Handle,
    "patient.membership": Membership,
    "patient.message": Message,
    "patient.portal": PortalAccess,
    "patient.timeline": Happened,
    "patient.told": Told,
    "patient.override": Overridden,
    "patient.person": Person,
    "patient.projection": Projection,
    "patient.seen": Seen,
    "patient-view.view": View,
    "person.person": MatchedPerson,
    "person.record": RecordOfPerson,
    "proposal.proposal": KeptProposal,
    "queue.queue": WorkQueue,
    "queue.stay": Stay,
    "queue.waiting": WaitingWork,
    "refreshes.refresh": RefreshRun,
    "refreshes.refreshing": Refreshing,
    "refreshes.refreshschedule": RefreshSchedule,
    "representative.representative": Representative,
    "representative.settled": Settled,
    "scenario.scenario": Scenario,
    "scenario.version": Scenario,
    "segment.refresh": Refresh,
    "segment.segment": Segment,
    "segment.version": Segment,
    "survey.asked": Asked,
    "survey.invitation": Invitation,
    "survey.response": Response,
    "survey.survey": Survey,
    "survey.tally": Tally,
    "survey.version": Survey,
    "task.task": KeptTask,
    "team.team": Team,
    "template.template": MessageTemplate,
    "template.version": MessageTemplate,
    "trigger.trigger": TriggerDefinition,
    "trigger.version": TriggerDefinition,
    "unplaced-activity.unplaced": Unplaced,
    "workstream.workstream": Workstream,
}
"""What a document is read as, by the first words of its partition and of its id; claims lie anywhere."""


def kind_of(partition: str, document_id: str) -> str:
    """Name a kind of document as the table does."""
    kind = document_id.partition("~")[0]
    return kind if kind == "claim" else f"{partition.partition('/')[0]}.{kind}"


@cache
def announced(name: str) -> type:
    """Find the dataclass of an announcement's type."""
    held = (vars(module).get(name) for module in _modules())
    (one,) = {found for found in held if isinstance(found, type)}
    return one


@cache
def _modules() -> Sequence[ModuleType]:
    """Give the modules in which rooms say their nouns."""
    named = (module.name for module in pkgutil.walk_packages(shared.__path__, "shared."))
    return [import_module(name) for name in named if name.endswith(".model")]


def samples(what: str) -> Mapping[str, Sequence[Any]]:
    """Give the samples of `documents` or `messages`, by kind or type."""
    return {path.stem: json.loads(path.read_text()) for path in sorted((FOLDER / what).glob("*.json"))}


def with_strangers(value: Any, of: type) -> Any:
    """Give what a newer version could have written: fields that nobody here knows, wherever fields are."""
    schema = json_schema(of, template="{model}")
    return _estranged(value, schema, schema.get("$defs", {}))


def _estranged(value: Any, schema: Any, named: Mapping[str, Any]) -> Any:
    options = [option for option in _options(schema, named) if _fits(value, option)]
    if not options:
        return value
    option = options[0]
    if isinstance(value, dict):
        held = cast("dict[str, Any]", value)
        fields = option.get("properties")
        if fields is None:
            inner = option.get("additionalProperties", True)
            return {name: _estranged(one, inner, named) for name, one in held.items()}
        return {name: _estranged(one, fields[name], named) for name, one in held.items()} | STRANGER
    if isinstance(value, list):
        items = cast("list[Any]", value)
        each = option.get("prefixItems") or [option.get("items", True)] * len(items)
        return [_estranged(one, inner, named) for one, inner in zip(items, each, strict=True)]
    return value


def _options(schema: Any, named: Mapping[str, Any]) -> Iterator[Any]:
    """Give the schemas that a value may fit, without references and alternatives."""
    if not isinstance(schema, dict):
        return
    told = cast("dict[str, Any]", schema)
    if "$ref" in told:
        yield from _options(named[told["$ref"]], named)
    elif alternatives := told.get("anyOf") or told.get("oneOf"):
        for alternative in alternatives:
            yield from _options(alternative, named)
    else:
        yield told


def _fits(value: Any, option: Mapping[str, Any]) -> bool:
    if not isinstance(value, dict):
        return isinstance(value, list) and option.get("type") == "array"
    fields = option.get("properties")
    if fields is None:
        return option.get("type") == "object"
    held = cast("dict[str, Any]", value)
    consts = ((name, field["const"]) for name, field in fields.items() if "const" in field)
    return held.keys() <= fields.keys() and all(held.get(name) == const for name, const in consts)
