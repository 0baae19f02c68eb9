"""What does the app consist of? Its own function index, read as the platform reads it (azure-facts §1.1)."""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.ncrontab import Schedule, ScheduleRefused, schedule


class AppRefused(Exception):
    """The app asks for what this host does not give; the text names the function and the reason."""


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the app: what to call, and by which parameter the trigger reaches it."""

    name: str
    call: Callable[..., Any]
    parameter: str
    wants_context: bool

    @property
    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(self.call)


@dataclass(frozen=True, slots=True)
class HttpFunction:
    """Answers requests; `route` is the whole path template, with the route prefix."""

    function: Function
    route: str
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueueFunction:
    """Handles the messages of one queue, one at a time or (`many`) a batch in one call."""

    function: Function
    queue: str
    in_sessions: bool
    many: bool


@dataclass(frozen=True, slots=True)
class TimerFunction:
    """Ticks by a schedule."""

    function: Function
    schedule: Schedule
    schedule_text: str
    on_start: bool


@dataclass(frozen=True, slots=True)
class FeedFunction:
    """Sees what has changed in the store."""

    function: Function
    most_items: int


Indexed = HttpFunction | QueueFunction | TimerFunction | FeedFunction


@dataclass(frozen=True, slots=True)
class AppIndex:
    """Every function of the app, by trigger."""

    http: tuple[HttpFunction, ...]
    queues: tuple[QueueFunction, ...]
    timers: tuple[TimerFunction, ...]
    feeds: tuple[FeedFunction, ...]


def read_index(functions: Sequence[Any], settings: Mapping[str, str], *, route_prefix: str) -> AppIndex:
    """Read the app's functions; raise `AppRefused` for what would not run here as on the platform."""
    found = [_indexed(function, settings, route_prefix) for function in functions]
    return AppIndex(
        tuple(one for one in found if isinstance(one, HttpFunction)),
        tuple(one for one in found if isinstance(one, QueueFunction)),
        tuple(one for one in found if isinstance(one, TimerFunction)),
        tuple(one for one in found if isinstance(one, FeedFunction)),
    )


def _indexed(function: Any, settings: Mapping[str, str], route_prefix: str) -> Indexed:
    name = str(function.get_function_name())
    bindings: list[dict[str, Any]] = [binding.get_dict_repr() for binding in function.get_bindings()]
    trigger: dict[str, Any] = function.get_trigger().get_dict_repr()
    kind = str(trigger["type"])
    if kind not in _READERS:
        msg = f"function {name} has the trigger {kind}, which the local host does not serve"
        raise AppRefused(msg)
    strangers = [b["type"] for b in bindings if b["type"] not in {kind, "http"}]
    if strangers:
        msg = f"function {name} has the binding {strangers[0]}, which the local host does not serve"
        raise AppRefused(msg)
    call: Callable[..., Any] = function.get_user_function()
    parameter = str(trigger["name"])
    parameters = set(inspect.signature(call).parameters)
    if parameters - {"context"} != {parameter}:
        msg = f"the parameters of function {name} are not its bindings"
        raise AppRefused(msg)
    whole = {key: _resolved(value, settings, name) for key, value in trigger.items()}
    what = Function(name, call, parameter, "context" in parameters)
    return _READERS[kind](what, whole, route_prefix)


def _resolved(value: Any, settings: Mapping[str, str], function: str) -> Any:
    """Put settings in for `%NAME%`; one that is not set stops the start, by name."""
    if not isinstance(value, str):
        return value

    def look_up(match: re.Match[str]) -> str:
        if match[1] not in settings:
            msg = f"function {function} needs the setting {match[1]}, which is not set"
            raise AppRefused(msg)
        return settings[match[1]]

    return re.sub(r"%(\w+)%", look_up, value)


def _http(function: Function, trigger: Mapping[str, Any], route_prefix: str) -> HttpFunction:
    methods = tuple(str(getattr(m, "value", m)).upper() for m in trigger.get("methods") or ("GET", "POST"))
    path = "/".join(part for part in (route_prefix, trigger.get("route") or function.name) if part)
    return HttpFunction(function, "/" + path.strip("/"), methods)


def _queue(function: Function, trigger: Mapping[str, Any], _: str) -> QueueFunction:
    many = str(getattr(trigger.get("cardinality"), "name", trigger.get("cardinality") or "ONE")).upper()
    return QueueFunction(
        function, str(trigger["queueName"]), bool(trigger.get("isSessionsEnabled")), many == "MANY"
    )


def _timer(function: Function, trigger: Mapping[str, Any], _: str) -> TimerFunction:
    text = str(trigger["schedule"])
    try:
        return TimerFunction(function, schedule(text), text, bool(trigger.get("runOnStartup")))
    except ScheduleRefused as refused:
        msg = f"function {function.name}: {refused}"
        raise AppRefused(msg) from None


def _feed(function: Function, trigger: Mapping[str, Any], _: str) -> FeedFunction:
    return FeedFunction(function, int(trigger.get("maxItemsPerInvocation") or 100))


_READERS: dict[str, Callable[[Function, Mapping[str, Any], str], Indexed]] = {
    "httpTrigger": _http,
    "serviceBusTrigger": _queue,
    "timerTrigger": _timer,
    "cosmosDBTrigger": _feed,
}
