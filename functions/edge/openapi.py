"""The API described from itself: routes from the function index, shapes from acts (OpenAPI 3.1)."""

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import azure.functions as func

from functions.edge.acts import answer_of, asked_of, hints_of
from functions.edge.correlation import HEADER
from functions.edge.doors import Door
from functions.edge.problems import MEDIA_TYPE

TEMPLATE = "#/components/schemas/{model}"
_TAKES_BODY = ("POST", "PUT", "PATCH")
_MEANINGS = {
    400: "It cannot be understood: the paths of the wrong fields are named.",
    401: "A token that is good is needed.",
    403: "The caller may not.",
    404: "There is no such thing.",
    409: "It contradicts what is there.",
    412: "It has been changed since it was read.",
    413: "The body is too large.",
    415: "The body must be JSON.",
    422: "A rule says no.",
    429: "Too much at once; try again later.",
    500: "A bug; nothing is told but the correlation id.",
    503: "Not now; try again later.",
}
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "correlation_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "correlation_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "problem"],
                "properties": {"field": {"type": "string"}, "problem": {"type": "string"}},
            },
        },
    },
}
_TIME_OF_DAY = {"format": "time-local", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$"}
_A_PAGE = {"text/html": {"schema": {"type": "string"}}}
_A_FORM = "application/x-www-form-urlencoded"
_FHIR = "application/fhir+json"
_SECURITY = {
    "staff": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "Entra ID"},
    "patient": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Entra External ID",
    },
    "signature": {"type": "apiKey", "in": "header", "name": "X-Webhook-Signature"},
    "code": {"type": "apiKey", "in": "query", "name": "code"},
    "conversation": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The token of one conversation (Direct Line 3.0)",
    },
}


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one HTTP function, with the marks that `http.answers_to` left on it."""

    name: str
    path: str
    method: str
    function: Callable[..., Any]
    door: Door
    status: int
    act: Any
    also: tuple[int, ...] = ()
    page: bool = False
    fresh: bool = False
    accepts: tuple[str, ...] = ()

    @property
    def asked(self) -> Any:
        return asked_of(self.act) if self.act else None

    @property
    def answer(self) -> Any:
        return answer_of(self.act) if self.act else None

    @property
    def keeps_answers(self) -> bool:
        """Say whether a repetition under one Idempotency-Key is given the first answer."""
        is_somebodys = self.door.kind in ("roles", "signed in", "patient", "patient login")
        return self.method == "POST" and is_somebodys and not self.fresh

    @property
    def takes_body(self) -> bool:
        return self.method in _TAKES_BODY


def described(functions: Iterable[Any], app: object, *, title: str, version: str) -> dict[str, Any]:
    """Describe every HTTP function of an index (`FunctionApp.get_functions()` or `indexed`)."""
    routes = list(routes_of(functions, app))
    shapes, schemas = _shapes(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, shapes)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "paths": _as_clocks_show(dict(sorted(paths.items()))),
        "components": {
            "schemas": _as_clocks_show(schemas | {"Problem": _PROBLEM}),
            "securitySchemes": _SECURITY,
        },
    }


def _as_clocks_show(part: Any) -> Any:
    """Say of every time of day that it has no offset; what JSON Schema calls `time` has one (RFC 3339)."""
    if isinstance(part, list):
        return [_as_clocks_show(inner) for inner in cast("list[Any]", part)]
    if not isinstance(part, dict):
        return part
    told = {name: _as_clocks_show(inner) for name, inner in cast("dict[str, Any]", part).items()}
    return told | _TIME_OF_DAY if told.get("format") == "time" else told


def indexed(blueprints: Iterable[func.Blueprint]) -> Iterator[Any]:
    """Give the functions of blueprints; the SDK's own index can be asked for only once per process."""
    for blueprint in blueprints:
        for builder in blueprint._function_builders:  # noqa: SLF001  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportUnknownVariableType]  # there is no public way
            yield builder._function  # noqa: SLF001  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType]  # as above


def routes_of(functions: Iterable[Any], app: object) -> Iterator[Route]:
    """Give every method of every HTTP function, but those that browsers ask before they ask."""
    for function in functions:
        trigger = function.get_trigger().get_dict_repr()
        called = function.get_user_function()
        if trigger["type"] != "httpTrigger" or not hasattr(called, "door"):
            continue
        act = _act_of(app, called.does)
        path = "/" + re.sub(r"\{\*?(\w+)[^}]*\}", r"{\1}", trigger["route"])
        methods = [str(getattr(method, "value", method)).upper() for method in trigger["methods"]]
        for method in (method for method in methods if method != "OPTIONS"):
            name = function.get_function_name() + (f"_{method.lower()}" if len(methods) > 1 else "")
            yield Route(
                name,
                path,
                method,
                called,
                called.door,
                called.status,
                act,
                also=tuple(called.also),
                page=called.page,
                fresh=called.fresh,
                accepts=called.accepts,
            )


def _act_of(app: Any, named: str | None) -> Any:
    act: object = getattr(app, named) if named else None
    return type(act) if named else None


def _shapes(routes: Sequence[Route]) -> tuple[dict[tuple[Any, str], Any], dict[str, Any]]:
    """Give the schema of each type asked for or answered, and what they refer to."""
    asked = {(route.asked, "validation") for route in routes if route.asked}
    wanted = asked | {(route.answer, "serialization") for route in routes if route.answer}
    from pydantic import TypeAdapter  # noqa: PLC0415  # only who asks for the description pays for it

    inputs: Any = [((of, mode), mode, TypeAdapter(of)) for of, mode in sorted(wanted, key=str)]
    by_key, definitions = TypeAdapter.json_schemas(inputs, ref_template=TEMPLATE)
    schemas: dict[str, Any] = definitions.get("$defs", {})
    return {key[0]: schema for key, schema in by_key.items()}, {n: _closed(s) for n, s in schemas.items()}


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Say that fields we do not know are refused."""
    return schema | {"additionalProperties": False} if "properties" in schema else schema


def _operation(route: Route, shapes: dict[tuple[Any, str], Any]) -> dict[str, Any]:
    summary, _, more = (route.function.__doc__ or route.name).strip().partition("\n")
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": summary,
        "tags": [route.function.__module__.rpartition(".")[2]],
        "parameters": list(_parameters(route)),
        "responses": _responses(route, shapes),
        "security": _security(route.door),
    }
    if more.strip():
        operation["description"] = re.sub(r"\n\s+", "\n", more.strip())
    if route.takes_body and route.asked:
        schema = shapes[route.asked, "validation"]
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    elif route.takes_body and _A_FORM in route.accepts:
        operation["requestBody"] = {"required": True, "content": {_A_FORM: {"schema": {"type": "object"}}}}
    elif route.takes_body and _FHIR in route.accepts:
        operation["requestBody"] = {"required": True, "content": {_FHIR: {"schema": {"type": "object"}}}}
    return operation


def _parameters(route: Route) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"\{(\w+)\}", route.path):
        schema = {"type": "string", "minLength": 1, "maxLength": 128}
        yield {"name": name, "in": "path", "required": True, "schema": schema}
    if route.asked and not route.takes_body:
        yield from _query(route.asked)
    if route.act and "if_match" in hints_of(route.act):
        yield {"name": "If-Match", "in": "header", "required": False, "schema": {"type": "string"}}
    if route.door.family is not None:
        schema = {"type": "string", "minLength": 1, "maxLength": 64}
        yield {"name": "On-Behalf-Of", "in": "header", "required": False, "schema": schema}
    if route.door.tie is not None:
        yield {"name": "X-Reason", "in": "header", "required": False, "schema": {"type": "string"}}
    if route.keeps_answers:
        schema = {"type": "string", "minLength": 1, "maxLength": 255}
        yield {"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema}


def _query(asked: Any) -> Iterator[dict[str, Any]]:
    """Give a dataclass's fields as query parameters; a field that is None may simply be left out."""
    from pydantic import TypeAdapter  # noqa: PLC0415  # as above

    described_as = TypeAdapter(asked).json_schema(ref_template=TEMPLATE)
    required = described_as.get("required", [])
    definitions = described_as.get("$defs", {})
    for field in dataclasses.fields(asked):
        schema = _inlined(described_as["properties"][field.name], definitions)
        yield {"name": field.name, "in": "query", "required": field.name in required, "schema": schema}


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    """Put what a schema refers to in its place, and drop null, which a query string cannot say."""
    if isinstance(schema, list):
        return [_inlined(part, definitions) for part in schema if part != {"type": "null"}]  # pyright: ignore[reportUnknownVariableType]  # JSON
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(definitions[str(schema["$ref"]).rpartition("/")[2]], definitions)  # pyright: ignore[reportUnknownArgumentType]  # JSON
    return {name: _inlined(held, definitions) for name, held in schema.items() if held is not None}  # pyright: ignore[reportUnknownVariableType]  # JSON


def _responses(route: Route, shapes: dict[tuple[Any, str], Any]) -> dict[str, Any]:
    done: dict[str, Any] = {"description": "Done.", "headers": _correlation()}
    if route.page:
        done["content"] = _A_PAGE
    elif route.answer and route.status != 204:
        schema = shapes[route.answer, "serialization"]
        done["content"] = {"application/json": {"schema": schema}}
    told = {str(status): done for status in (route.status, *route.also)}
    return told | {str(status): _problem(status, as_page=route.page) for status in _refused(route)}


def _refused(route: Route) -> Iterator[int]:
    left_out = {
        401: route.door.kind == "public",
        403: route.door.kind in ("public", "webhook proof"),
        412: route.method == "GET",
        415: not route.takes_body,
    }
    return (status for status in _MEANINGS if not left_out.get(status, False))


def _problem(status: int, *, as_page: bool = False) -> dict[str, Any]:
    headers = _correlation()
    if status in (429, 503):
        headers["Retry-After"] = {"schema": {"type": "integer"}}
    if status == 401:
        headers["WWW-Authenticate"] = {"schema": {"type": "string"}}
    content = _A_PAGE if as_page else {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": _MEANINGS[status], "headers": headers, "content": content}


def _correlation() -> dict[str, Any]:
    return {HEADER: {"schema": {"type": "string"}}}


def _security(door: Door) -> list[dict[str, list[str]]]:
    match door.kind:
        case "roles":
            return [{"staff": sorted(door.roles)}]
        case "patient" | "patient login":
            return [{"patient": []}]
        case "webhook proof":
            return [{"code": []}] if door.by_code else [{"signature": []}]
        case "conversation token":
            return [{"conversation": []}]
        case "public" | "signed link":
            return []
        case _:
            return [{"staff": []}, {"patient": []}]
