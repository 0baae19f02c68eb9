"""May we use this contact point for this purpose and topic?"""

import azure.functions as func

from functions.edge import http
from functions.edge.doors import PATIENT, patient_or_family, roles
from shared.wiring.composition import application

blueprint = func.Blueprint()

KEEPERS = roles(
    "care_coordinator", "outreach_specialist", "customer_service_representative", "omnichannel_agent"
)


@blueprint.function_name("record_consent")
@blueprint.route(
    route="api/patients/{patient_id}/consents", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(KEEPERS, does="record_consent", status=201)
def record_consent(req: func.HttpRequest) -> func.HttpResponse:
    """Record what a patient said to staff; 422 when the record does not name the contact point as theirs."""
    app = application()
    given = http.read(req, app.record_consent)
    recorded = app.record_consent(
        given, patient_id=http.path(req, "patient_id"), caller=http.caller(req), now=app.clock.now()
    )
    return http.created(recorded)


@blueprint.function_name("read_consents")
@blueprint.route(
    route="api/patients/{patient_id}/consents", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(KEEPERS, does="read_consents")
def read_consents(req: func.HttpRequest) -> func.HttpResponse:
    """Show, for each contact point of a patient, what was allowed and forbidden."""
    app = application()
    return http.ok(
        app.read_consents(
            patient_id=http.path(req, "patient_id"), caller=http.caller(req), now=app.clock.now()
        )
    )


@blueprint.function_name("record_own_consent")
@blueprint.route(route="api/me/consents", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PATIENT, does="record_consent", status=201)
def record_own_consent(req: func.HttpRequest) -> func.HttpResponse:
    """Record what the patient who asks allows or forbids about a contact point of theirs."""
    app = application()
    given = http.read(req, app.record_consent)
    recorded = app.record_consent(
        given, patient_id=http.patient(req), caller=http.caller(req), now=app.clock.now()
    )
    return http.created(recorded)


@blueprint.function_name("read_own_consents")
@blueprint.route(route="api/me/consents", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(patient_or_family("view_administrative"), does="read_consents")
def read_own_consents(req: func.HttpRequest) -> func.HttpResponse:
    """Show the patient who asks what they have allowed and forbidden."""
    app = application()
    return http.ok(
        app.read_consents(patient_id=http.patient(req), caller=http.caller(req), now=app.clock.now())
    )
