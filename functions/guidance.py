"""What helps a representative act?"""

import azure.functions as func

from functions.edge import http
from functions.edge.doors import roles
from shared.wiring.composition import application

blueprint = func.Blueprint()

AT_WORK = roles("omnichannel_agent", "customer_service_representative", "omnichannel_supervisor").tied(
    "conversation"
)


@blueprint.function_name("show_accept_screen")
@blueprint.route(
    route="api/conversations/{conversation_id}/accept-screen",
    methods=["GET"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(AT_WORK, does="show_accept_screen")
def show_accept_screen(req: func.HttpRequest) -> func.HttpResponse:
    """Show who asks, what was said and what the bot has learned, to whoever takes the conversation on."""
    app = application()
    screen = app.show_accept_screen(
        conversation_id=http.path(req, "conversation_id"), caller=http.caller(req), now=app.clock.now()
    )
    http.reads(req, screen.patient_id)
    return http.ok(screen)
