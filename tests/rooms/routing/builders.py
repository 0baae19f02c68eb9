"""The people of the service centre, and what its definitions say."""

from datetime import UTC, datetime

from shared.access.model import Caller, Role
from shared.routing.model import RepresentativeId
from shared.routing.queues import WorkQueueDraft
from shared.routing.representatives import representative_id
from shared.routing.workstreams import Condition, Route, WorkstreamDraft

MONDAY = datetime(2026, 3, 30, 9, 0, tzinfo=UTC)
GENERAL, REFILLS = "general", "refills"


def a_caller(name: str, role: Role = Role.OMNICHANNEL_AGENT) -> Caller:
    return Caller(name, "https://staff.example.org", frozenset({role}))


MAKER = a_caller("olga", Role.OMNICHANNEL_ADMINISTRATOR)
SUPERVISOR = a_caller("siobhán", Role.OMNICHANNEL_SUPERVISOR)
AMIRA, BRUNO, CHLOE = a_caller("amira"), a_caller("bruno"), a_caller("chloé")
STAFF = (AMIRA, BRUNO, CHLOE)


def id_of(caller: Caller) -> RepresentativeId:
    return representative_id(caller)


def a_queue(*members: str, priority: int = 100, threshold: int = 60) -> WorkQueueDraft:
    return WorkQueueDraft("Patients' questions", members, "least_active", priority, None, threshold)


def a_route(queue_id: str = REFILLS, *conditions: Condition) -> Route:
    return Route(queue_id, conditions or (Condition("Topic", "equals", "refill"),))


def a_workstream(*routes: Route, units: int = 1, fallback: str = GENERAL) -> WorkstreamDraft:
    return WorkstreamDraft("Live chat", fallback, units=units, routes=routes)
