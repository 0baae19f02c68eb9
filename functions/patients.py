"""Who is this person, what do we know of them, and how do we reach them?"""

import azure.functions as func

from functions.edge import service_bus
from shared.wiring.composition import application

blueprint = func.Blueprint()


@blueprint.function_name("project_change")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%PATIENT_PROJECTIONS_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="patient-projections")
def project_change(message: func.ServiceBusMessage) -> None:
    """Keep what one resource says of one patient now; told twice or late, nothing is written."""
    app = application()
    change = service_bus.read(message, app.project_change)
    app.project_change(change, now=app.clock.now())
