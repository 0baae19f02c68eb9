"""Whoever reads what a patient's record or partition holds is remembered, and whoever was refused (D17)."""

import re
from typing import Any

import azure.functions as func

from functions.edge import exchange
from functions.edge.acts import asked_of
from functions.edge.callers import ON_BEHALF_OF
from functions.edge.doors import Door
from functions.edge.exchange import header
from shared.adapters import codec
from shared.kernel.announcements import Announcement
from shared.kernel.asking import Asker
from shared.kernel.refusals import NotAllowed
from shared.wiring.composition import Application

_BY_TOKEN = ("roles", "signed in", "patient", "patient login")
"""Doors that people come by who have a name; what visitors of a chat do is kept in the conversation."""
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


def asker(caller: Any, on_ground: str | None = None) -> Asker:
    """Say in which capacity somebody asks, as what they do is accounted for."""
    roles = tuple(sorted(map(str, getattr(caller, "roles", ()))))
    ground = on_ground or getattr(caller, "ground", None)
    return Asker(roles, str(ground) if ground else None)


def remember(door: Door, caller: Any, req: func.HttpRequest, what: str, app: Application) -> None:
    """Audit a read of a patient, or of several; what people write is audited in the act's commit.

    Told before the answer is given: a read that cannot be remembered is not answered (`TransientFault`).
    """
    read = exchange.of(req)
    patient_id, many = _patient_read(door, caller, req), read.reads_many
    if door.kind not in _BY_TOKEN or (patient_id is None and many is None):
        return
    ground = {"ground": read.on_ground} if read.on_ground else {}
    _tell(app, what, caller, patient_id, many or f"patient~{patient_id}", why=read.why, action="R", **ground)


def remember_refusal(
    door: Door, error: Exception, req: func.HttpRequest, what: str, app: Application
) -> None:
    """Audit that somebody whom we know was not let at a patient's data; what they asked for is named.

    Whoever is refused has no ground: that a login is in a record of its own says nothing of another's. Raises
    `Throttled` where they were refused too often within the hour: that is kept no more, and told instead.
    """
    knocked = exchange.of(req).knocked
    patient_id = _patient_named(door, req)
    if not isinstance(error, NotAllowed) or knocked is None or patient_id is None:
        return
    app.count_guesses.refused(knocked, now=app.clock.now())
    _tell(app, what, knocked, patient_id, f"patient~{patient_id}", outcome="refused", ground=None)


def _tell(  # an entry has this many sides
    app: Application, what: str, caller: Any, patient_id: Any, subject: str, **more: Any
) -> None:
    entry_id = f"{what}~{app.ids.new()}"
    by = asker(caller)
    told = {
        "entry_id": entry_id,
        "at": app.clock.now(),
        "who": getattr(caller, "who", ""),
        "what": what,
        "subject": subject,
        "patient_id": patient_id,
        "roles": by.roles,
        "ground": by.ground,
    }
    entry = codec.from_plain(told | more, asked_of(type(app.keep_audit)))
    app.publisher.publish([Announcement(entry, entry_id, (entry_id, 1))])


def _patient_read(door: Door, caller: Any, req: func.HttpRequest) -> Any:
    """Give whose data was read: whom the function has noted, or the path of a GET names, or who asks."""
    noted = exchange.of(req).reads
    if noted or req.method != "GET":
        return noted
    return caller.patient_id if door.kind == "patient" else req.route_params.get("patient_id")


def _patient_named(door: Door, req: func.HttpRequest) -> str | None:
    """Give whom a request is about that was refused: whom its door asked about, or it wanted to act for."""
    asked = exchange.of(req).tied_to or req.route_params.get("patient_id")
    named = header(req, ON_BEHALF_OF) if door.kind == "patient" else asked
    return named if named and _ID.fullmatch(named) else None
