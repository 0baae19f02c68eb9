"""Has whoever asks to do with the patient? Asked once, before anything is read or done (D13, decision 41)."""

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

import azure.functions as func

from functions.edge import exchange
from functions.edge.doors import Door, TieTo
from shared.kernel.refusals import NotFound
from shared.wiring.composition import Application

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
A_NO = "opted_out"
_BY_PATH = ("path", "path, but for a no")


def asked_for(door: Door, req: func.HttpRequest, reason: str | None, what: str, app: Application) -> None:
    """Note on what ground staff come to the one patient whom a request is about.

    Raises `CareRelationshipMissing` where they have neither a tie nor a reason, and `NotFound` where the path
    has what cannot be a patient's id: a FHIR search may take it for several. In a body or a query it is left
    to the act, which knows what to say of it; so is a task or a conversation that is not there.
    `what` names what they are let do.
    """
    asking = exchange.of(req)
    if door.tie is None or door.looks_after_all & asking.caller.roles:
        return
    try:
        named = _WHOSE[door.tie](req, asking.caller, app)
    except NotFound:
        return
    if not isinstance(named, str):
        return
    if not _ID.fullmatch(named):
        if door.tie in _BY_PATH:
            raise NotFound
        return
    asking.tied_to = named
    opened = app.open_named_record(
        patient_id=cast("Any", named), caller=asking.caller, reason=reason, read=what, now=app.clock.now()
    )
    asking.on_ground, asking.why = opened.ground, opened.why


def _in_path(req: func.HttpRequest, name: str = "patient_id") -> Any:
    return cast("Mapping[str, str]", req.route_params).get(name)


def _unless_no(req: func.HttpRequest) -> Any:
    """Give the patient of whom a *yes* is told; a *no* is heard from whoever brings it."""
    return None if _in_body(req, "choice") == A_NO else _in_path(req)


def _in_body(req: func.HttpRequest, name: str = "patient_id") -> Any:
    body = exchange.body_of(req)
    return cast("Mapping[str, Any]", body).get(name) if isinstance(body, dict) else None


_WHOSE: Mapping[TieTo, Callable[[func.HttpRequest, Any, Application], Any]] = {
    "path": lambda req, _, __: _in_path(req),
    "path, but for a no": lambda req, _, __: _unless_no(req),
    "body": lambda req, _, __: _in_body(req),
    "query": lambda req, _, __: cast("Mapping[str, str]", req.params).get("patient"),
    "task": lambda req, caller, app: app.find_patient_of_task(_in_path(req, "task_id"), caller=caller),
    "conversation": lambda req, caller, app: app.find_patient_of_conversation(
        _in_path(req, "conversation_id"), caller=caller, now=app.clock.now()
    ),
    "act": lambda _, __, ___: None,
}
"""Whose data it is about; None where there is nobody whom staff would have to be tied to."""
