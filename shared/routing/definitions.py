"""What workstreams and queues must be to be kept: pure."""

from collections.abc import Iterator

from shared.calendars.zones import is_zone
from shared.kernel.problems import NO_DEFINITION_ID, Problem, is_definition_id
from shared.kernel.refusals import Nonsense
from shared.routing.queues import WorkQueue, WorkQueueDraft
from shared.routing.workstreams import AutoClose, Condition, Route, Workstream, WorkstreamDraft

MOST_UNITS = 100
MOST_ROUTES = 50
MOST_CONDITIONS = 15
MOST_MEMBERS = 500
MOST_ANONYMOUS = 1000
LONGEST_NAME = 100
LONGEST_SILENCE = 30 * 24 * 60
"""Minutes: no row of CV-8 waits longer than 30 days."""


def drafted_workstream(workstream_id: str, draft: WorkstreamDraft, before: Workstream | None) -> Workstream:
    """Make the workstream of a draft. Raises `Nonsense` naming all that is wrong with it."""
    problems = list(_problems_of_workstream(workstream_id, draft))
    if problems:
        raise Nonsense(*problems)
    return Workstream(
        id=workstream_id,
        version=before.version + 1 if before else 1,
        name=draft.name,
        channel=draft.channel,
        units=draft.units,
        scenario_id=draft.scenario_id,
        fallback_queue_id=draft.fallback_queue_id,
        routes=draft.routes,
        offer_lasts_seconds=draft.offer_lasts_seconds,
        survey_id=draft.survey_id,
        auto_close=draft.auto_close,
        most_anonymous=draft.most_anonymous,
    )


def drafted_queue(queue_id: str, draft: WorkQueueDraft, before: WorkQueue | None) -> WorkQueue:
    """Make the queue of a draft. Raises `Nonsense` naming all that is wrong with it."""
    problems = list(_problems_of_queue(queue_id, draft))
    if problems:
        raise Nonsense(*problems)
    return WorkQueue(
        id=queue_id,
        version=before.version + 1 if before else 1,
        name=draft.name,
        members=draft.members,
        assignment_method=draft.assignment_method,
        priority=draft.priority,
        operating_hours=draft.operating_hours,
        service_level_threshold_seconds=draft.service_level_threshold_seconds,
    )


def _problems_of_workstream(workstream_id: str, draft: WorkstreamDraft) -> Iterator[Problem]:
    yield from _problems_of_names("workstream_id", workstream_id, draft.name)
    if not 1 <= draft.units <= MOST_UNITS:  # work that cost nothing would have no limit at all
        yield "units", "not from 1 to 100"
    if not 10 <= draft.offer_lasts_seconds <= 600:
        yield "offer_lasts_seconds", "not from 10 to 600"
    for field, named in (("scenario_id", draft.scenario_id), ("survey_id", draft.survey_id)):
        if named is not None and not is_definition_id(named):
            yield field, NO_DEFINITION_ID
    yield from _problems_of_auto_close(draft.auto_close)
    if not 1 <= draft.most_anonymous <= MOST_ANONYMOUS:
        yield "most_anonymous", "not from 1 to 1000"
    if not is_definition_id(draft.fallback_queue_id):
        yield "fallback_queue_id", "not the id of a queue"
    if len(draft.routes) > MOST_ROUTES:
        yield "routes", "more than 50"
    for number, route in enumerate(draft.routes):
        yield from ((f"routes.{number}.{field}", problem) for field, problem in _problems_of_route(route))


def _problems_of_auto_close(auto_close: AutoClose) -> Iterator[Problem]:
    minutes = {
        "open_minutes": auto_close.open_minutes,
        "wrap_up_minutes": auto_close.wrap_up_minutes,
        "bot_minutes": auto_close.bot_minutes,
        "gone_minutes": auto_close.gone_minutes,
        "unanswered_minutes": auto_close.unanswered_minutes,
    }
    for field, given in minutes.items():
        if not 1 <= given <= LONGEST_SILENCE:
            yield f"auto_close.{field}", "not from 1 to 43200"
    if auto_close.unanswered_minutes < auto_close.gone_minutes:
        yield "auto_close.unanswered_minutes", "less than gone_minutes"


def _problems_of_route(route: Route) -> Iterator[Problem]:
    if not is_definition_id(route.queue_id):
        yield "queue_id", "not the id of a queue"
    if len(route.conditions) > MOST_CONDITIONS:
        yield "conditions", "more than 15"
    for number, condition in enumerate(route.conditions):
        yield from ((f"conditions.{number}.{field}", problem) for field, problem in _problems_of(condition))


def _problems_of(condition: Condition) -> Iterator[Problem]:
    if not condition.name.strip() or len(condition.name) > LONGEST_NAME:
        yield "name", "not from 1 to 100 characters"
    if isinstance(condition.value, str) and len(condition.value) > LONGEST_NAME:
        yield "value", "more than 100 characters"
    if condition.operator in ("at_least", "at_most") and not isinstance(condition.value, int):
        yield "value", "not a whole number"
    if condition.operator == "contains" and not str(condition.value).strip():
        yield "value", "missing"


def _problems_of_queue(queue_id: str, draft: WorkQueueDraft) -> Iterator[Problem]:
    yield from _problems_of_names("queue_id", queue_id, draft.name)
    if not 1 <= draft.priority <= 1000:
        yield "priority", "not from 1 to 1000"
    if not 1 <= draft.service_level_threshold_seconds <= 24 * 60 * 60:
        yield "service_level_threshold_seconds", "not from 1 to 86400"
    if len(draft.members) > MOST_MEMBERS:
        yield "members", "more than 500"
    for number, member in enumerate(draft.members):
        if not 0 < len(member.strip()) <= 255:
            yield f"members.{number}", "not a subject"
    if draft.operating_hours is not None and not is_zone(draft.operating_hours.zone):
        yield "operating_hours.zone", "not the name of a time zone"


def _problems_of_names(field: str, named: str, name: str) -> Iterator[Problem]:
    if not is_definition_id(named):
        yield field, NO_DEFINITION_ID
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        yield "name", "not from 1 to 100 characters"
