"""Reading requests and answering them (architecture §7): a function reads, calls one act, and answers."""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, Concatenate, TypeVar, cast
from urllib.parse import parse_qs, unquote

import azure.functions as func

from functions.edge import (
    addresses,
    auditing,
    callers,
    correlation,
    cors,
    exchange,
    idempotency,
    pages,
    problems,
    ties,
    tracing,
)
from functions.edge.acts import asked_of
from functions.edge.doors import Door
from functions.edge.reruns import MOST_RUNS, rerun
from shared.adapters import codec
from shared.kernel.asking import asking as asked_by
from shared.kernel.identity import PatientId, derived
from shared.kernel.refusals import Nonsense, NotFound
from shared.wiring.composition import Application, application

log = logging.getLogger(__name__)

T = TypeVar("T")
HttpFunction = Callable[..., func.HttpResponse]

LARGEST = 256 * 1024
MOST_FIELDS = 100
FORM = "application/x-www-form-urlencoded"
FHIR_JSON = "application/fhir+json"
_BODIES_IN = ("POST", "PUT", "PATCH")
_SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}
_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


# -- reading


def read(req: func.HttpRequest, act: Callable[Concatenate[T, ...], object], *, strangers: bool = False) -> T:
    """Read the body as what `act` is asked with; an unknown field is refused: it may be a misspelt wish.

    With `strangers` it is passed over, where a protocol lets clients add fields of their own.
    """
    return cast("T", codec.from_json(req.get_body(), asked_of(type(act)), strangers=strangers))


def query(req: func.HttpRequest, act: Callable[Concatenate[T, ...], object]) -> T:
    """Read the query string as what `act` is asked with."""
    given = dict(req.params)
    return cast("T", codec.from_plain(given, asked_of(type(act)), strangers=False, from_text=True))


def path(req: func.HttpRequest, name: str) -> Any:
    """Read an id from the path; what cannot be one is not found. `Any`: ids are many rooms' `NewType`s."""
    given = req.route_params.get(name) or ""
    if not re.fullmatch(r"[^/\\?#\x00-\x1f\x7f]{1,128}", given):
        raise NotFound
    return given


def caller(req: func.HttpRequest) -> Any:
    """Give the Caller whom the door let in; asking behind a door that asks for nobody is a bug."""
    who = exchange.of(req).caller
    if who is None:
        msg = "this door lets in whoever comes"
        raise LookupError(msg)
    return who


def patient(req: func.HttpRequest) -> PatientId:
    """Give the patient whose own token this is: never one named in a body or a path."""
    who = caller(req)
    if who.patient_id is None:
        raise callers.OnlyForPatients
    return who.patient_id


def address(req: func.HttpRequest) -> str | None:
    """Give the address that our own outermost proxy saw; None where there is no proxy, as on a laptop."""
    return addresses.sender_of(req, application().settings.proxies_in_front)


def form(req: func.HttpRequest) -> Mapping[str, Sequence[str]]:
    """Read what a page's form says; a field may come several times (`application/x-www-form-urlencoded`)."""
    try:
        text = req.get_body().decode()
        return parse_qs(text, keep_blank_values=True, strict_parsing=bool(text), max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Nonsense(("body", "not a form")) from None


def fhir(req: func.HttpRequest) -> bytes:
    """Give FHIR as it was sent: whoever reads it must know how its numbers were written."""
    return req.get_body()


def reason(req: func.HttpRequest) -> str | None:
    """Give why somebody who has nothing to do with a patient reads on (D13): `X-Reason`, percent-encoded."""
    given = exchange.header(req, "X-Reason")
    return unquote(given) if given else None


def reads(
    req: func.HttpRequest, patient_id: PatientId | None, *, ground: str | None = None, why: str | None = None
) -> None:
    """Note whose data the answer holds, where the path does not say it, so that the read is audited (D17).

    `ground` is the one on which staff were let read it, `why` the reason that they gave (D13).
    """
    read = exchange.of(req)
    read.reads = patient_id
    if ground is not None:
        read.on_ground, read.why = ground, why


def reads_many(req: func.HttpRequest, subject: str) -> None:
    """Note of what the answer names several patients; that read is audited as one, of the thing itself."""
    exchange.of(req).reads_many = subject


def if_match(req: func.HttpRequest) -> str | None:
    """Give the version that the caller has seen, or None; `*` names none in particular."""
    given = (exchange.header(req, "If-Match") or "").strip()
    return None if given in ("", "*") else given.removeprefix("W/").strip('"')


def request_id(req: func.HttpRequest) -> str:
    """Give an id for what this request makes: the same for every repetition under one Idempotency-Key."""
    asking = exchange.of(req)
    key = _key(asking)
    if key is not None and asking.caller is not None:
        return derived(asking.caller.issuer, asking.caller.subject, key)
    if asking.made_id is None:
        asking.made_id = application().ids.new()
    return asking.made_id


# -- answering


def ok(answer: object, *, etag: str | None = None) -> func.HttpResponse:
    """200, with what was asked for."""
    return _json(200, answer, {"ETag": f'"{etag}"'} if etag else {})


def created(answer: object, *, location: str | None = None, etag: str | None = None) -> func.HttpResponse:
    """201, with what was made and where it can be found."""
    headers = {"Location": location} if location else {}
    return _json(201, answer, headers | ({"ETag": f'"{etag}"'} if etag else {}))


def accepted(answer: object = None, *, location: str | None = None) -> func.HttpResponse:
    """202: taken on, to be done soon."""
    return _json(202, answer, {"Location": location} if location else {})


def no_content() -> func.HttpResponse:
    """204: done, nothing to say."""
    return func.HttpResponse(status_code=204)


def html(page: str, *, status: int = 200) -> func.HttpResponse:
    """Answer with a page that may load nothing and run nothing."""
    return func.HttpResponse(
        page, status_code=status, headers={"Content-Security-Policy": _PAGE_POLICY}, mimetype="text/html"
    )


def file(content: bytes, *, media_type: str, name: str) -> func.HttpResponse:
    """Answer with a file to be kept; `name` is ours and holds nothing of anybody's."""
    named = {"Content-Disposition": f'attachment; filename="{name}"'}
    return func.HttpResponse(content, status_code=200, headers=named, mimetype=media_type)


def preflight(req: func.HttpRequest) -> func.HttpResponse:
    """Answer a browser that asks before it sends (OPTIONS)."""
    headers = cors.preflight(exchange.header(req, "Origin"), application().settings.cors_origins)
    return func.HttpResponse(status_code=204, headers=headers)


def _json(status: int, answer: object, headers: dict[str, str]) -> func.HttpResponse:
    body = b"" if answer is None else codec.to_json(answer)
    return func.HttpResponse(body, status_code=status, headers=headers, mimetype="application/json")


# -- the way in and the way out


def answers_to(  # noqa: PLR0913  # a route has this many sides
    door: Door,
    *,
    does: str | None = None,
    status: int | tuple[int, ...] = 200,
    largest: int = LARGEST,
    accepts: tuple[str, ...] = ("application/json",),
    page: bool = False,
    fresh: bool = False,
) -> Callable[[HttpFunction], HttpFunction]:
    """Open `door` before the function runs, and answer for whatever comes of it.

    `does` names the application's act that the function calls, `status` what it answers when all is well (of
    several, the usual one first): the API is described from them. `page` says that people read the answer,
    and the *no* as well. `fresh`: the answer holds a token and is never kept to be given again, so that an
    Idempotency-Key means nothing. The function itself may run several times (a lost race) or not at all.
    """
    usual, *also = (status,) if isinstance(status, int) else status

    def decorate(function: HttpFunction) -> HttpFunction:
        @wraps(function)
        def answering(*args: Any, **kwargs: Any) -> func.HttpResponse:
            def run(asking: exchange.Exchange, app: Application) -> func.HttpResponse:
                with asked_by(auditing.asker(asking.caller, asking.on_ground)):
                    answer = function(*args, **kwargs)
                    auditing.remember(door, asking.caller, asking.request, function.__name__, app)
                    return answer

            def let_in(asking: exchange.Exchange, app: Application) -> None:
                asking.caller = callers.opens(door, req, app)
                _has_content_type(req, accepts)
                ties.asked_for(door, req, reason(req), function.__name__, app)

            def refused(error: Exception) -> None:
                auditing.remember_refusal(door, error, req, function.__name__, app)

            req: func.HttpRequest = kwargs.get("req") or args[0]
            app = application()
            with (
                exchange.opened(req, fresh=fresh) as asking,
                tracing.of_request(req.headers, function.__name__) as span,
            ):
                response = _answered(
                    asking, app, largest, lambda: let_in(asking, app), lambda: run(asking, app), refused
                )
                span.note(status=response.status_code)
                return _finished(_readable(response) if page else response, req, app)

        vars(answering).update(door=door, does=does, status=usual, also=also)
        vars(answering).update(largest=largest, page=page, accepts=accepts, fresh=fresh)
        return answering

    return decorate


def _answered(  # the way in has this many sides
    asking: exchange.Exchange,
    app: Application,
    largest: int,
    let_in: Callable[[], None],
    function: Callable[[], func.HttpResponse],
    refused: Callable[[Exception], None],
) -> func.HttpResponse:
    req = asking.request
    had_if_match = bool(exchange.header(req, "If-Match"))
    try:
        if len(req.get_body()) > largest:
            raise problems.TooLarge(largest)  # noqa: TRY301  # answered like any other refusal
        let_in()
        return _once(asking, app, lambda: rerun(function, most=1 if had_if_match else MOST_RUNS))
    except Exception as error:  # noqa: BLE001  # the edge answers for everything
        return _told_no(error, refused, had_if_match=had_if_match)


def _told_no(
    error: Exception, refused: Callable[[Exception], None], *, had_if_match: bool
) -> func.HttpResponse:
    """Answer with what went wrong; a refusal that cannot be remembered is told as that fault instead."""
    try:
        refused(error)
    except Exception as unremembered:  # noqa: BLE001  # the edge answers for everything
        error = unremembered
    return problems.answer_to(error, had_if_match=had_if_match)


def _readable(response: func.HttpResponse) -> func.HttpResponse:
    """Tell a person what a problem tells a program."""
    if response.mimetype != problems.MEDIA_TYPE:
        return response
    return html(pages.of_problem(response.get_body()), status=response.status_code)


def _has_content_type(req: func.HttpRequest, accepts: tuple[str, ...]) -> None:
    if req.method not in _BODIES_IN or not req.get_body():
        return
    given = (exchange.header(req, "Content-Type") or "").partition(";")[0].strip().lower()
    if given not in accepts and not ("application/json" in accepts and given.endswith("+json")):
        raise problems.WrongContentType


def _once(
    asking: exchange.Exchange, app: Application, act: Callable[[], func.HttpResponse]
) -> func.HttpResponse:
    """Run a keyed POST at most once; without a caller a key means nothing, for strangers share no keys."""
    key = _key(asking) if asking.request.method == "POST" else None
    if key is None or asking.caller is None:
        return act()
    partition = idempotency.partition_of((asking.caller.issuer, asking.caller.subject), key)
    only_once = idempotency.OnlyOnce(app.documents, app.clock)
    return only_once(partition, idempotency.fingerprint(asking.request), act)


def _key(asking: exchange.Exchange) -> str | None:
    return None if asking.fresh else idempotency.key_of(asking.request)


def _finished(response: func.HttpResponse, req: func.HttpRequest, app: Application) -> func.HttpResponse:
    ours = _SAFE_HEADERS | cors.answering(exchange.header(req, "Origin"), app.settings.cors_origins)
    for name, value in (ours | {correlation.HEADER: correlation.current()}).items():
        if name not in response.headers:
            response.headers.add_header(name, value)
    return response
