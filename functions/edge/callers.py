"""Who is calling? The door asks, and a token or a proof answers, before anything else happens (D13)."""

import hashlib
import hmac
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast
from weakref import WeakKeyDictionary

import azure.functions as func

from functions.edge import exchange
from functions.edge.acts import asked_of
from functions.edge.broken_seals import BrokenSeals
from functions.edge.doors import Door
from functions.edge.exchange import header
from functions.edge.signing_keys import SigningKeys, fetched
from functions.edge.tokens import NotSignedIn, Why, verified
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotAllowed
from shared.kernel.sensitive import Sensitive
from shared.wiring.composition import Application
from shared.wiring.settings import TokenIssuer

log = logging.getLogger(__name__)

PROOF_LASTS = timedelta(minutes=5)

_signing_keys = SigningKeys(fetched)
"""Kept per process: public, and fetched again whenever a process starts."""


_broken_seals: WeakKeyDictionary[Application, BrokenSeals] = WeakKeyDictionary()
TOKEN_OF, A_SERVICE = "idtyp", "app"
"""The claim by which Entra ID tells a token of an application by itself from a person's; an optional one."""
ON_BEHALF_OF = "On-Behalf-Of"
"""The header in which somebody names the patient they act for, by the id of their record (PA-9)."""


class RoleMissing(NotAllowed):
    """None of your roles allows this."""


class OnlyForPatients(NotAllowed):
    """Only a patient whose login is linked to their record may do this."""


class OnlyForPatientLogins(NotAllowed):
    """Only a login that patients sign in with can be let into a record."""


def opens(door: Door, req: func.HttpRequest, app: Application) -> Any:
    """Give the caller whom the door lets in, None where it asks for nobody.

    Raises `NotSignedIn` or `NotAllowed`, and `Throttled` where too many links are none.
    """
    match door.kind:
        case "public":
            return None
        case "webhook proof":
            return _is_proven(door, req, app)
        case "roles" | "signed in" | "patient" | "patient login":
            who = exchange.of(req).knocked = _caller(req, app)
            return _let_in(door, _acting(who, door, req, app))
        case "conversation token":
            return app.read_chat_token(_bearer(req), now=app.clock.real())
        case "signed link":
            return _opened(door, req, app)


def _opened(door: Door, req: func.HttpRequest, app: Application) -> Any:
    link = cast("Mapping[str, str]", req.route_params).get("link") or ""
    try:
        return app.read_link(link, purpose=door.purpose or "", now=app.clock.now())
    except NotAllowed:
        _broken_seals.setdefault(app, BrokenSeals()).count(app.clock.real())
        raise


def _acting(who: Any, door: Door, req: func.HttpRequest, app: Application) -> Any:
    """Give whom a patient's login acts for, where it names somebody; staff act for nobody in this way."""
    named = header(req, ON_BEHALF_OF)
    if named is None or door.kind != "patient" or named == who.patient_id:
        return who
    return app.act_on_behalf(caller=who, patient_id=PatientId(named), scope=door.family, now=app.clock.now())


def _let_in(door: Door, caller: Any) -> Any:
    if door.kind == "roles" and not door.roles & caller.roles:
        raise RoleMissing
    if door.kind == "patient" and caller.patient_id is None:
        raise OnlyForPatients
    if door.kind == "patient login" and not caller.is_patient:
        raise OnlyForPatientLogins
    return caller


def _caller(req: func.HttpRequest, app: Application) -> Any:
    try:
        issuer, claims = verified(
            _bearer(req), app.settings.token_issuers, _signing_keys, now=app.clock.real()
        )
    except NotSignedIn as refused:
        log.info("edge.token.refused", extra={"reason": refused.why})
        raise
    act = app.resolve_caller
    return act(asked_of(type(act))(**_as_claims(issuer, claims)))


def _bearer(req: func.HttpRequest) -> str:
    scheme, _, token = (header(req, "Authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotSignedIn(Why.NO_TOKEN)
    return token.strip()


def _as_claims(issuer: TokenIssuer, claims: Mapping[str, Any]) -> dict[str, Any]:
    """Give what room access wants to know of a token; a patient's issuer vouches for no roles."""
    of_staff = issuer.who == "staff"
    named = claims.get(issuer.names_patient_in) if issuer.names_patient_in else None
    return {
        "issuer": issuer.issuer,
        "subject": claims["sub"],
        "is_patient": not of_staff,
        "roles": _texts(claims.get("roles")) if of_staff else (),
        "groups": _texts(claims.get("groups")) if of_staff else (),
        "is_service": of_staff and claims.get(TOKEN_OF) == A_SERVICE,
        "patient_id": named if isinstance(named, str) and not of_staff else None,
    }


def _texts(claim: Any) -> tuple[str, ...]:
    listed = cast("list[object]", claim) if isinstance(claim, list) else []
    return tuple(text for text in listed if isinstance(text, str))


def _is_proven(door: Door, req: func.HttpRequest, app: Application) -> None:
    secret = _secret_of(door, req, app)
    proven = _knows(secret, req) if door.by_code else _signed_with(secret, req, now=app.clock.real())
    if not (secret.value and proven):
        log.warning("edge.proof.refused", extra={"secret": door.secret})
        raise NotSignedIn(Why.NO_PROOF)


def _secret_of(door: Door, req: func.HttpRequest, app: Application) -> Sensitive[str]:
    """Give what proves it; of a source that nobody has named, what nothing can prove."""
    held = getattr(app.settings, door.secret or "")
    if not door.of_source:
        return held
    named = cast("Mapping[str, str]", req.route_params).get("source")
    return next((source.secret for source in held if source.name == named), Sensitive(""))


def _knows(secret: Sensitive[str], req: func.HttpRequest) -> bool:
    code = header(req, "X-Webhook-Code") or cast("Mapping[str, str]", req.params).get("code") or ""
    return hmac.compare_digest(code.encode(), secret.value.encode())


def _signed_with(secret: Sensitive[str], req: func.HttpRequest, *, now: datetime) -> bool:
    timestamp = header(req, "X-Webhook-Timestamp") or ""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    if abs(now.timestamp() - int(timestamp)) > PROOF_LASTS.total_seconds():
        return False
    wanted = signature(secret.value, timestamp, req.get_body())
    return hmac.compare_digest((header(req, "X-Webhook-Signature") or "").encode(), wanted.encode())


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Spell the proof that whoever sent `body` at `timestamp` (Unix seconds) knows the secret."""
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return "sha256=" + digest.hexdigest()
