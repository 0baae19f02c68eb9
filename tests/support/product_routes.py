"""The routes of the real product, read from its own index as its hosts read it."""

import inspect
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote

import azure.functions as func

from functions.edge.acts import asked_of
from functions.edge.doors import Door
from local.app_index import AppIndex, HttpFunction, read_index
from shared.wiring.composition import Application
from tests.support.edge_app import EXAMPLE
from tests.support.the_app import functions

IN_PATHS = {
    "patient_id": "maria",
    "queue": "deliveries",
    "source": "hospital",
    "resource_type": "Observation",
    "sequence_number": "1",
    "contact": f"sms~{0:040x}",
    "parked_id": f"2026-11-02~{0:040x}",
    "enrolment_id": "enrolment~hba1c-follow-up~Observation~hba1c",
}
"""What may stand in a path; of each, there is none."""


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one HTTP function, and what its decorator has noted about it."""

    name: str
    method: str
    path: str
    call: Callable[..., func.HttpResponse]

    @property
    def door(self) -> Door:
        return vars(self.call)["door"]

    @property
    def largest(self) -> int:
        return vars(self.call)["largest"]

    @property
    def takes_body(self) -> bool:
        """Say whether the function reads a body, and that as JSON."""
        return "http.read(" in inspect.getsource(inspect.unwrap(self.call))

    @property
    def lets_strangers_in(self) -> bool:
        """Say whether fields that nobody here knows are passed over, as a protocol wants it."""
        return "strangers=True" in inspect.getsource(inspect.unwrap(self.call))

    @property
    def reads_query(self) -> bool:
        """Say whether the function reads its query string."""
        return "http.query(" in inspect.getsource(inspect.unwrap(self.call))

    def asked_of(self, app: Application) -> Any:
        """Give the type that the route's act is asked with, if it is asked with any."""
        does = vars(self.call)["does"]
        act: object = getattr(app, does) if does else None
        return asked_of(type(act)) if does else None

    def matches(self, path: str) -> dict[str, str] | None:
        """Give the parameters that a path names, or None where it is another's."""
        found = _shape_of(self.path).fullmatch(path)
        return {name: unquote(held) for name, held in found.groupdict().items()} if found else None

    def filled(self, **known: str) -> str:
        """Give a path of this route: with what is known, and something possible in every other place."""
        return re.sub(r"\{(\w+)\}", lambda at: known.get(at[1], IN_PATHS.get(at[1], "x1")), self.path)


@cache
def _shape_of(path: str) -> re.Pattern[str]:
    """Give what the paths of a route look like."""
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))


@cache
def example() -> Mapping[str, str]:
    """Give the settings of the example file."""
    return json.loads(EXAMPLE.read_text())["Values"]


@cache
def index() -> AppIndex:
    """Read the app's own index; once, for it takes a while."""
    return read_index(functions(), example(), route_prefix="")


@cache
def routes() -> tuple[Route, ...]:
    """Give every route but those that browsers ask before they ask; where two fit, the more literal first."""
    return tuple(
        Route(one.function.name, method, one.route, one.function.call)
        for one in sorted(index().http, key=_literal_first)
        for method in one.methods
        if method != "OPTIONS"
    )


def _literal_first(one: HttpFunction) -> tuple[int, str]:
    return one.route.count("{"), one.route


def route_named(name: str) -> Route:
    """Give the route of a function."""
    (route,) = (route for route in routes() if route.name == name)
    return route


def found(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """Find the route of a request, and what its path names."""
    for route in routes():
        named = route.matches(path) if route.method == method else None
        if named is not None:
            return route, named
    msg = f"no route for {method} {path}"
    raise LookupError(msg)


@cache
def documented() -> Mapping[tuple[str, str], frozenset[int]]:
    """Give the statuses that the product's own description names, by path and method; asked once."""
    route, _ = found("GET", "/api/openapi.json")
    described = json.loads(route.call(req=func.HttpRequest("GET", route.path, body=b"")).get_body())
    return {
        (path, method.upper()): frozenset(map(int, operation["responses"]))
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }
