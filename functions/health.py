"""Is it alive, and can it do its work?"""

import azure.functions as func

from functions.edge import http
from functions.edge.doors import PUBLIC
from shared.wiring.composition import application

blueprint = func.Blueprint()


@blueprint.function_name("live")
@blueprint.route(route="api/health/live", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PUBLIC)
def live(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # the binding's name
    """Say that the process answers."""
    return http.ok({"status": "live"})


@blueprint.function_name("ready")
@blueprint.route(route="api/health/ready", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PUBLIC, does="check_readiness")
def ready(req: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001  # the binding's name
    """Say whether store, queues and record can be reached: 200 if all can, 503 if one cannot."""
    return http.ok(application().check_readiness())
