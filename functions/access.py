"""Who is calling?"""

import azure.functions as func

from functions.edge import http
from functions.edge.doors import SIGNED_IN
from shared.wiring.composition import application

blueprint = func.Blueprint()


@blueprint.function_name("who_am_i")
@blueprint.route(route="api/who-am-i", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(SIGNED_IN, does="who_am_i")
def who_am_i(req: func.HttpRequest) -> func.HttpResponse:
    """Say whom the token speaks for: roles, a team's included, scope, and a patient's record."""
    return http.ok(application().who_am_i(caller=http.caller(req)))
