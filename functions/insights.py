"""How are we doing?"""

import azure.functions as func

from functions.edge import http
from functions.edge.doors import roles
from shared.wiring.composition import application

blueprint = func.Blueprint()

WATCHERS = roles("omnichannel_supervisor", "csr_manager", "data_viewer", "operator")


@blueprint.function_name("read_kpis")
@blueprint.route(route="api/kpis", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(WATCHERS, does="read_kpis")
def read_kpis(req: func.HttpRequest) -> func.HttpResponse:
    """Show how content patients are, survey by survey; nobody in particular is shown."""
    app = application()
    return http.ok(app.read_kpis(http.query(req, app.read_kpis)))
