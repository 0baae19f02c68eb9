"""Whoever of the staff reads what a patient's record or partition holds is remembered (D17)."""

from typing import Any

import azure.functions as func

from functions.edge import exchange
from functions.edge.acts import asked_of
from functions.edge.doors import Door
from shared.kernel.announcements import Announcement
from shared.wiring.composition import Application


def remember(door: Door, caller: object, req: func.HttpRequest, what: str, app: Application) -> None:
    """Audit a read by staff of a patient, or of several; what people write is audited in the act's commit.

    Told before the answer is given: a read that cannot be remembered is not answered (`TransientFault`).
    """
    patient_id, many = _patient_of(req), exchange.of(req).reads_many
    if door.kind != "roles" or (patient_id is None and many is None):
        return
    entry_id = f"{what}~{app.ids.new()}"
    entry = asked_of(type(app.keep_audit))(
        entry_id=entry_id,
        at=app.clock.now(),
        who=getattr(caller, "who", ""),
        what=what,
        subject=many or f"patient~{patient_id}",
        patient_id=patient_id,
        why=exchange.of(req).why,
    )
    app.publisher.publish([Announcement(entry, entry_id, (entry_id, 1))])


def _patient_of(req: func.HttpRequest) -> Any:
    """Give whose data was read: whom the path of a GET names, or whom the function has noted."""
    noted = exchange.of(req).reads
    return noted if noted or req.method != "GET" else req.route_params.get("patient_id")
