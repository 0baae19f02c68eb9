"""The data plane: whoever holds a token may read and write items; what a deployment does is refused."""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

import orjson

from tests.stand_ins.cosmos import charges, rules
from tests.stand_ins.cosmos.account import Account
from tests.stand_ins.cosmos.batches import batch
from tests.stand_ins.cosmos.container import Container
from tests.stand_ins.cosmos.counts import Counts
from tests.stand_ins.cosmos.faults import Fault, Faults
from tests.stand_ins.cosmos.operations import OPERATIONS, Draft, Outcome
from tests.stand_ins.cosmos.reading import answer_query, answer_query_plan, feed_page, seen_by
from tests.stand_ins.cosmos.refusals import CODES, NOT_FOR_TOKENS, NOT_IN_THE_ROLE, Refused, no_such_item
from tests.stand_ins.cosmos.said import Said
from tests.stand_ins.cosmos.wire import Answer, Request
from tests.stand_ins.identity import PRINCIPAL_ID, NotAccepted, Tokens

AUDIENCE = "https://cosmos.azure.com"
_AUTHORIZATION = "type=aad&ver=1.0&sig="
_VERBS = {"GET": "read", "PUT": "replace", "PATCH": "patch", "DELETE": "delete"}


@dataclass(slots=True)
class Gateway:
    """Answers the SDK."""

    account: Account
    tokens: Tokens
    faults: Faults = field(default_factory=Faults)
    counts: Counts = field(default_factory=Counts)
    _activities: int = 0

    def answer(self, request: Request) -> Answer:
        """Answer a request, or fail as it was asked to fail."""
        kind, name = kind_of(request), _container_named(request)
        fault = self.faults.strike(kind, name)
        fails = bool(fault and (fault.drop or fault.status))
        said = Said(200, None) if fault and fails and not fault.applied else self._said(kind, request)
        answer = _failed(fault) if fault and fails else said
        count = self.counts.add(name, kind, answer.status, said.charge)
        count.documents += said.documents
        count.looked_at += said.looked_at
        spelled = self._spelled(answer) if answer.status else Answer(None)
        return replace(spelled, after=fault.delay) if fault else spelled

    def _said(self, kind: str, request: Request) -> Said:
        try:
            self._check_token(request)
            return self._doors()[kind](request)
        except Refused as refused:
            return _refusal(refused)
        except Exception:  # noqa: BLE001  # a bug of the gateway's own is told, and answered as such
            traceback.print_exc()
            return _refusal(Refused(500, "The gateway has a bug, see its log."))

    def _doors(self) -> Mapping[str, Callable[[Request], Said]]:
        return {
            "account": self._describe_account,
            "database": self._describe_database,
            "container": self._describe_container,
            "ranges": self._describe_ranges,
            "feed": lambda request: feed_page(self._container(request), request),
            "query": lambda request: answer_query(self._container(request), request),
            "query-plan": lambda request: answer_query_plan(self._container(request), request),
            "batch": self._batch,
            "read": self._read,
            "management": _refuse_management,
            "unknown": _refuse_unknown,
            **dict.fromkeys(("create", "upsert", "replace", "patch", "delete"), self._write),
        }

    def _check_token(self, request: Request) -> None:
        """Let in whoever shows a good token of the one identity that has roles here."""
        shown = unquote(request.headers.get("authorization", ""))
        if not shown.startswith(_AUTHORIZATION):
            raise Refused(
                401, "The authorization must be a token of Microsoft Entra ID; keys are switched off."
            )
        claims = self._claims(shown.removeprefix(_AUTHORIZATION), request.headers.get("host", ""))
        if claims["oid"] != PRINCIPAL_ID:
            raise Refused(403, "The principal has no role on this account.", NOT_IN_THE_ROLE)

    def _claims(self, token: str, host: str) -> Mapping[str, Any]:
        try:
            return self.tokens.verify(token, f"https://{host.partition(':')[0]}")
        except NotAccepted:
            pass
        try:
            return self.tokens.verify(token, AUDIENCE)
        except NotAccepted as refused:
            raise Refused(401, f"The token is not accepted: {refused}") from None

    def _describe_account(self, request: Request) -> Said:
        return Said(200, self.account.described(request.headers.get("host", "")))

    def _describe_database(self, request: Request) -> Said:
        return Said(200, self.account.database(request.steps[1]))

    def _describe_container(self, request: Request) -> Said:
        container = self._container(request)
        return Said(200, container.properties(), {"x-ms-alt-content-path": f"dbs/{container.database}"})

    def _describe_ranges(self, request: Request) -> Said:
        if request.headers.get("if-none-match"):
            return Said(304, None, {"etag": '"1"'})
        return Said(200, self._container(request).described_ranges(), {"etag": '"1"'})

    def _container(self, request: Request) -> Container:
        return self.account.container(*request.steps[1:4:2])

    def _read(self, request: Request) -> Said:
        container, partition = self._container(request), _partition(request)
        container.allow("read")
        home = container.range_of(partition)
        seen = seen_by(container, home, request)
        item = container.get((partition, request.steps[5]), None if seen == home.lsn else seen)
        if item is None:
            raise no_such_item()
        etag: str = item.body["_etag"]
        headers = _home(container, partition, seen) | {"etag": etag}
        if request.headers.get("if-none-match") == etag:
            return Said(304, None, headers, charges.READ)
        return Said(200, item.body, headers, charges.of_reading(item.size), documents=1)

    def _write(self, request: Request) -> Said:
        container = self._container(request)
        partition, body = _partition(request), _json(request)
        wish: dict[str, Any] = {"resourceBody": body, "ifMatch": request.headers.get("if-match", "*")}
        if len(request.steps) > 5:
            wish["id"] = request.steps[5]
        draft = Draft(container, partition)
        outcome = OPERATIONS[kind_of(request).capitalize()](draft, wish)
        draft.keep()
        return _of_outcome(
            container, partition, outcome, brief="minimal" in request.headers.get("prefer", "")
        )

    def _batch(self, request: Request) -> Said:
        container, partition = self._container(request), _partition(request)
        answered = batch(container, partition, _json(request), len(request.body))
        headers = _home(container, partition)
        status = 200 if answered.stands else 207
        return Said(status, answered.results, headers, answered.charge, documents=len(answered.results))

    def _spelled(self, said: Said) -> Answer:
        self._activities += 1
        headers = {
            "content-type": "application/json",
            "x-ms-request-charge": f"{said.charge:.2f}",
            "x-ms-activity-id": f"00000000-0000-4000-8000-{self._activities:012x}",
            "x-ms-gatewayversion": "version=2.14.0",
            **said.headers,
        }
        return Answer(said.status, b"" if said.body is None else orjson.dumps(said.body), headers)


def kind_of(request: Request) -> str:
    """Say what kind of operation a request is."""
    steps, method = request.steps, request.method
    if not steps:
        return "account"
    if len(steps) in (2, 4) and method == "GET":
        return "database" if len(steps) == 2 else "container"
    if len(steps) < 5:
        return "management"
    if steps[4] == "pkranges":
        return "ranges"
    if steps[4] != "docs":
        return "unknown"
    return _VERBS.get(method, "unknown") if len(steps) > 5 else _kind_on_all(request)


def _kind_on_all(request: Request) -> str:
    """Say what is asked of the items as a whole."""
    headers = request.headers
    if request.method == "GET":
        return "feed" if "a-im" in headers else "unknown"
    marks = {
        "x-ms-cosmos-is-batch-request": "batch",
        "x-ms-cosmos-is-query-plan-request": "query-plan",
        "x-ms-documentdb-isquery": "query",
        "x-ms-documentdb-is-upsert": "upsert",
    }
    return next((kind for mark, kind in marks.items() if headers.get(mark, "").lower() == "true"), "create")


def _container_named(request: Request) -> str:
    steps = request.steps
    return steps[3] if len(steps) > 3 else ""


def _partition(request: Request) -> str:
    return rules.partition_named(request.headers.get("x-ms-documentdb-partitionkey"))


def _json(request: Request) -> Any:
    if not request.body:
        return None
    try:
        return orjson.loads(request.body)
    except orjson.JSONDecodeError:
        raise Refused(400, "The body is no JSON.") from None


def _home(container: Container, partition: str, seen: int | None = None) -> dict[str, str]:
    """Say where a partition lies, and how far the session has come there."""
    home = container.range_of(partition)
    return {
        "x-ms-session-token": home.session(home.lsn if seen is None else seen),
        "x-ms-documentdb-partitionkeyrangeid": home.id,
        "x-ms-alt-content-path": container.link,
        "lsn": str(home.lsn),
    }


def _of_outcome(container: Container, partition: str, outcome: Outcome, *, brief: bool = False) -> Said:
    headers = _home(container, partition)
    if outcome.body is None:
        return Said(outcome.status, None, headers, outcome.charge, documents=1)
    headers["etag"] = outcome.body["_etag"]
    return Said(outcome.status, None if brief else outcome.body, headers, outcome.charge, documents=1)


def _failed(fault: Fault) -> Said:
    """Say what the fault says; no status at all is a connection that drops."""
    if fault.drop:
        return Said(0, None)
    return _refusal(
        Refused(fault.status or 500, "A fault was asked for.", retry_after_ms=fault.retry_after_ms)
    )


def _refusal(refused: Refused) -> Said:
    headers: dict[str, str] = {}
    if refused.below:
        headers["x-ms-substatus"] = str(refused.below)
    if refused.retry_after_ms is not None:
        headers["x-ms-retry-after-ms"] = str(refused.retry_after_ms)
    body = {"code": CODES.get(refused.status, "InternalServerError"), "message": refused.why}
    return Said(refused.status, body, headers, charges.REFUSED)


def _refuse_management(request: Request) -> Said:
    why = f"{request.method} {request.target} cannot be authorised by a token; a deployment does that."
    raise Refused(403, why, NOT_FOR_TOKENS)


def _refuse_unknown(request: Request) -> Said:
    raise Refused(501, f"{request.method} {request.target} is not known to this gateway.")
