"""What did they answer, and does it need someone?"""

import azure.functions as func

from functions.edge import http, service_bus
from functions.edge.doors import roles, signed_link
from shared.wiring.composition import application

blueprint = func.Blueprint()

MAKERS = roles("marketing_manager", "omnichannel_administrator", "productivity_tools_administrator")
READERS = roles(
    "marketing_manager",
    "omnichannel_administrator",
    "productivity_tools_administrator",
    "omnichannel_supervisor",
    "operator",
)
WATCHERS = roles(
    "marketing_manager",
    "omnichannel_administrator",
    "omnichannel_supervisor",
    "csr_manager",
    "data_viewer",
    "operator",
)
SUPERVISORS = roles("omnichannel_supervisor", "csr_manager").tied("conversation")
LARGEST_FORM = 1_000_000
"""Bytes: twenty answers of 4,000 characters, each spelt with up to twelve in a form."""


@blueprint.function_name("invite_to_survey")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%SURVEY_INVITATIONS_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="survey-invitations")
def invite_to_survey(message: func.ServiceBusMessage) -> None:
    """Ask a patient how the conversation was; told twice that it is over, they are asked once."""
    app = application()
    closed = service_bus.read(message, app.invite_to_survey)
    app.invite_to_survey(closed, now=app.clock.now())


@blueprint.function_name("write_answers_to_record")
@blueprint.service_bus_queue_trigger(
    arg_name="message", queue_name="%ANSWERS_TO_RECORD_QUEUE%", connection="SERVICE_BUS"
)
@service_bus.settles(session=False, queue="answers-to-record")
def write_answers_to_record(message: func.ServiceBusMessage) -> None:
    """Let the record know what a patient answered, where the house wants that; told twice, it is one."""
    app = application()
    answered = service_bus.read(message, app.write_answers_to_record)
    app.write_answers_to_record(answered, now=app.clock.now())


# -- what the patient sees


@blueprint.function_name("open_survey")
@blueprint.route(route="s/{link}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(signed_link("survey"), page=True, status=(200, 410))
def open_survey(req: func.HttpRequest) -> func.HttpResponse:
    """Show a survey to whoever has the link; opening it, however often, changes nothing."""
    app = application()
    told = http.caller(req).told
    view = app.open_survey(survey_id=told["s"], invitation_id=told["i"], now=app.clock.now())
    page = app.survey_pages(view)
    return http.html(page.html, status=page.status)


@blueprint.function_name("record_response")
@blueprint.route(route="s/{link}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(
    signed_link("survey"), page=True, accepts=(http.FORM,), largest=LARGEST_FORM, status=(200, 410, 422)
)
def record_response(req: func.HttpRequest) -> func.HttpResponse:
    """Keep what was answered, once; what comes again is thanked for and changes nothing."""
    app = application()
    told = http.caller(req).told
    view = app.record_response(
        http.form(req), survey_id=told["s"], invitation_id=told["i"], now=app.clock.now()
    )
    page = app.survey_pages(view)
    return http.html(page.html, status=page.status)


# -- what staff see


@blueprint.function_name("put_survey")
@blueprint.route(route="api/surveys/{survey_id}", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(MAKERS, does="put_survey")
def put_survey(req: func.HttpRequest) -> func.HttpResponse:
    """Keep a survey as its next version, one that is there needs If-Match; nobody invited notices."""
    app = application()
    definition = http.read(req, app.put_survey)
    kept = app.put_survey(
        definition,
        survey_id=http.path(req, "survey_id"),
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    return http.ok(kept, etag=kept.etag)


@blueprint.function_name("read_survey")
@blueprint.route(route="api/surveys/{survey_id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="read_survey")
def read_survey(req: func.HttpRequest) -> func.HttpResponse:
    """Show one survey as it now is, with the etag to change it by."""
    found = application().read_survey(survey_id=http.path(req, "survey_id"))
    return http.ok(found, etag=found.etag)


@blueprint.function_name("list_surveys")
@blueprint.route(route="api/surveys", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="list_surveys")
def list_surveys(req: func.HttpRequest) -> func.HttpResponse:
    """Show surveys in order of their state, a page at a time."""
    app = application()
    return http.ok(app.list_surveys(http.query(req, app.list_surveys)))


@blueprint.function_name("survey_results")
@blueprint.route(
    route="api/surveys/{survey_id}/results", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(WATCHERS, does="survey_results")
def survey_results(req: func.HttpRequest) -> func.HttpResponse:
    """Show how many were invited and answered, and how content they were; nobody in particular is shown."""
    return http.ok(application().survey_results(survey_id=http.path(req, "survey_id")))


@blueprint.function_name("read_conversation_survey")
@blueprint.route(
    route="api/conversations/{conversation_id}/survey", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(SUPERVISORS, does="read_conversation_survey")
def read_conversation_survey(req: func.HttpRequest) -> func.HttpResponse:
    """Show what a patient answered after one conversation."""
    found = application().read_conversation_survey(conversation_id=http.path(req, "conversation_id"))
    http.reads(req, found.patient_id)
    return http.ok(found)
