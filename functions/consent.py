"""May we use this contact point for this purpose and topic?"""

import azure.functions as func

from functions.edge import http, service_bus
from functions.edge.doors import PATIENT, patient_or_family, roles, signed_link
from shared.wiring.composition import application

blueprint = func.Blueprint()

KEEPERS = roles(
    "care_coordinator", "outreach_specialist", "customer_service_representative", "omnichannel_agent"
).tied()

HISTORIANS = roles(
    "care_coordinator",
    "outreach_specialist",
    "customer_service_representative",
    "omnichannel_agent",
    "privacy_officer",
).tied(but_for="privacy_officer")
IMPORTERS = roles("marketing_manager", "data_administrator", "privacy_officer")
MAKERS = roles("marketing_manager", "privacy_officer")
READERS = roles(
    "marketing_manager", "marketing_professional", "privacy_officer", "outreach_specialist", "operator"
)
LARGEST_IMPORT = 1_000_000
"""Bytes: five hundred lines with a reason of 500 characters each."""
MULTIPART = "multipart/form-data"
"""RFC 8058 §3.2 lets a mail program choose how it spells its one field."""
PREFERENCES = signed_link("preferences")
PRIVACY_OFFICER = roles("privacy_officer")


@blueprint.function_name("record_consent")
@blueprint.route(
    route="api/patients/{patient_id}/consents", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(KEEPERS.tied("path, but for a no"), does="record_consent", status=201)
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


@blueprint.function_name("write_consent_to_record")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%KEPT_CONSENTS_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="kept-consents")
def write_consent_to_record(message: func.ServiceBusMessage) -> None:
    """Let the record know what somebody has said, where the house wants that; told twice, it is one."""
    app = application()
    kept = service_bus.read(message, app.write_consent_to_record)
    app.write_consent_to_record(kept, now=app.clock.now())


# -- what was said before, here and elsewhere


@blueprint.function_name("list_said")
@blueprint.route(
    route="api/patients/{patient_id}/consent-history", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(HISTORIANS, does="list_said")
def list_said(req: func.HttpRequest) -> func.HttpResponse:
    """Show all that was ever heard of a patient about being written to, and how we came to know."""
    app = application()
    return http.ok(app.list_said(http.query(req, app.list_said), patient_id=http.path(req, "patient_id")))


@blueprint.function_name("import_consents")
@blueprint.route(route="api/consents/import", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(IMPORTERS, does="import_consents", largest=LARGEST_IMPORT)
def import_consents(req: func.HttpRequest) -> func.HttpResponse:
    """Take over up to 500 consents that were given elsewhere; told again, none is taken over twice."""
    app = application()
    asked = http.read(req, app.import_consents)
    return http.ok(app.import_consents(asked, caller=http.caller(req), now=app.clock.now()))


# -- compliance profiles


@blueprint.function_name("put_compliance_profile")
@blueprint.route(
    route="api/compliance-profiles/{profile_id}", methods=["PUT"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(MAKERS, does="put_compliance_profile")
def put_compliance_profile(req: func.HttpRequest) -> func.HttpResponse:
    """Keep a compliance profile as its next version; 409 where a purpose or topic would be taken away."""
    app = application()
    draft = http.read(req, app.put_compliance_profile)
    kept = app.put_compliance_profile(
        draft,
        profile_id=http.path(req, "profile_id"),
        caller=http.caller(req),
        now=app.clock.now(),
        if_match=http.if_match(req),
    )
    return http.ok(kept, etag=kept.etag)


@blueprint.function_name("read_compliance_profile")
@blueprint.route(
    route="api/compliance-profiles/{profile_id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(READERS, does="read_compliance_profile")
def read_compliance_profile(req: func.HttpRequest) -> func.HttpResponse:
    """Show one compliance profile as it now is, with the etag to change it by."""
    found = application().read_compliance_profile(profile_id=http.path(req, "profile_id"))
    return http.ok(found, etag=found.etag)


@blueprint.function_name("list_compliance_profiles")
@blueprint.route(route="api/compliance-profiles", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(READERS, does="list_compliance_profiles")
def list_compliance_profiles(req: func.HttpRequest) -> func.HttpResponse:
    """Show compliance profiles in order of their state, a page at a time."""
    app = application()
    return http.ok(app.list_compliance_profiles(http.query(req, app.list_compliance_profiles)))


# -- what the holder of a link sees


@blueprint.function_name("open_preferences")
@blueprint.route(route="p/{link}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PREFERENCES, page=True, status=(200, 410))
def open_preferences(req: func.HttpRequest) -> func.HttpResponse:
    """Show what may be said to whoever has the link; opening it, however often, changes nothing."""
    app = application()
    view = app.open_preferences(told=http.caller(req).told, now=app.clock.now())
    page = app.preferences_pages(view)
    return http.html(page.html, status=page.status)


@blueprint.function_name("save_preferences_form")
@blueprint.route(route="p/{link}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PREFERENCES, page=True, accepts=(http.FORM,), status=(200, 410))
def save_preferences_form(req: func.HttpRequest) -> func.HttpResponse:
    """Keep what was chosen on the page as the patient's word; what comes again changes nothing."""
    app = application()
    view = app.save_preferences_form(http.form(req), told=http.caller(req).told, now=app.clock.now())
    page = app.preferences_pages(view)
    return http.html(page.html, status=page.status)


@blueprint.function_name("read_preferences")
@blueprint.route(route="api/preferences/{link}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PREFERENCES, does="open_preferences")
def read_preferences(req: func.HttpRequest) -> func.HttpResponse:
    """Give the same to a page of the hospital's own; `stands` says when the link has expired."""
    app = application()
    return http.ok(app.open_preferences(told=http.caller(req).told, now=app.clock.now()))


@blueprint.function_name("save_preferences")
@blueprint.route(route="api/preferences/{link}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PREFERENCES, does="save_preferences")
def save_preferences(req: func.HttpRequest) -> func.HttpResponse:
    """Keep what was chosen on a page of the hospital's own; 403 once the link has expired."""
    app = application()
    said = http.read(req, app.save_preferences)
    return http.ok(app.save_preferences(said, told=http.caller(req).told, now=app.clock.now()))


@blueprint.function_name("ask_to_unsubscribe")
@blueprint.route(route="u/{link}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PREFERENCES, page=True)
def ask_to_unsubscribe(req: func.HttpRequest) -> func.HttpResponse:
    """Show one button to whom a mail program sends here; a GET changes nothing: scanners come too."""
    app = application()
    view = app.open_preferences(told=http.caller(req).told, now=app.clock.now())
    return http.html(app.preferences_pages.stop(view).html)


@blueprint.function_name("unsubscribe")
@blueprint.route(route="u/{link}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PREFERENCES, page=True, accepts=(http.FORM, MULTIPART))
def unsubscribe(req: func.HttpRequest) -> func.HttpResponse:
    """Hear the no that a mail program posts for its user (RFC 8058); posted again it is heard once."""
    app = application()
    view = app.unsubscribe(req.get_body(), told=http.caller(req).told, now=app.clock.now())
    return http.html(app.preferences_pages(view).html)


# -- a yes that must be confirmed


@blueprint.function_name("ask_to_opt_in")
@blueprint.route(
    route="api/patients/{patient_id}/opt-ins", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(KEEPERS, does="ask_to_opt_in", status=202)
def ask_to_opt_in(req: func.HttpRequest) -> func.HttpResponse:
    """Hear a yes for a patient; where the profile wants it confirmed, nothing is kept until it is."""
    app = application()
    asked = http.read(req, app.ask_to_opt_in)
    taken = app.ask_to_opt_in(
        asked,
        patient_id=http.path(req, "patient_id"),
        request_id=http.request_id(req),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    return http.accepted(taken)


@blueprint.function_name("ask_own_opt_in")
@blueprint.route(route="api/me/opt-ins", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PATIENT, does="ask_to_opt_in", status=202)
def ask_own_opt_in(req: func.HttpRequest) -> func.HttpResponse:
    """Hear a yes from the patient who asks, on the same terms."""
    app = application()
    asked = http.read(req, app.ask_to_opt_in)
    taken = app.ask_to_opt_in(
        asked,
        patient_id=http.patient(req),
        request_id=http.request_id(req),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    return http.accepted(taken)


@blueprint.function_name("open_confirmation")
@blueprint.route(route="c/{link}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PREFERENCES, page=True, status=(200, 410))
def open_confirmation(req: func.HttpRequest) -> func.HttpResponse:
    """Show what is to be confirmed, with one button; opening it, however often, changes nothing."""
    app = application()
    view = app.open_confirmation(told=http.caller(req).told, now=app.clock.now())
    page = app.preferences_pages.confirmation(view)
    return http.html(page.html, status=page.status)


@blueprint.function_name("confirm_opt_in")
@blueprint.route(route="c/{link}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PREFERENCES, page=True, accepts=(http.FORM,), status=(200, 410))
def confirm_opt_in(req: func.HttpRequest) -> func.HttpResponse:
    """Write the yes down, now that it was meant; confirmed again, it changes nothing."""
    app = application()
    view = app.confirm_opt_in(told=http.caller(req).told, now=app.clock.now())
    page = app.preferences_pages.confirmation(view)
    return http.html(page.html, status=page.status)


# -- family who are copied


@blueprint.function_name("give_copies")
@blueprint.route(
    route="api/patients/{patient_id}/copies", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(KEEPERS, does="give_copies", status=202)
def give_copies(req: func.HttpRequest) -> func.HttpResponse:
    """Have somebody of a patient's family asked whether they want copies; nothing is copied before."""
    app = application()
    asked = http.read(req, app.give_copies)
    given = app.give_copies(
        asked,
        patient_id=http.path(req, "patient_id"),
        request_id=http.request_id(req),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    return http.accepted(given)


@blueprint.function_name("list_copies")
@blueprint.route(
    route="api/patients/{patient_id}/copies", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(HISTORIANS, does="list_copies")
def list_copies(req: func.HttpRequest) -> func.HttpResponse:
    """Show who is copied on what a patient is written, who was asked, and who was before."""
    app = application()
    return http.ok(app.list_copies(patient_id=http.path(req, "patient_id"), now=app.clock.now()))


@blueprint.function_name("end_copies")
@blueprint.route(
    route="api/patients/{patient_id}/copies/{copy_id}/end",
    methods=["POST"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(HISTORIANS, does="end_copies")
def end_copies(req: func.HttpRequest) -> func.HttpResponse:
    """Copy somebody no more, at once, with a reason."""
    app = application()
    given = http.read(req, app.end_copies)
    ended = app.end_copies(
        given,
        patient_id=http.path(req, "patient_id"),
        copy_id=http.path(req, "copy_id"),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    return http.ok(ended)


@blueprint.function_name("give_own_copies")
@blueprint.route(route="api/me/family/copies", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PATIENT, does="give_own_copies", status=202)
def give_own_copies(req: func.HttpRequest) -> func.HttpResponse:
    """Have somebody of the patient's family asked whether they want copies, on the patient's word."""
    app = application()
    asked = http.read(req, app.give_own_copies)
    given = app.give_own_copies(
        asked,
        patient_id=http.patient(req),
        request_id=http.request_id(req),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    return http.accepted(given)


@blueprint.function_name("list_own_copies")
@blueprint.route(route="api/me/family/copies", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PATIENT, does="list_copies")
def list_own_copies(req: func.HttpRequest) -> func.HttpResponse:
    """Show the patient who asks who is copied on what they are written."""
    app = application()
    return http.ok(app.list_copies(patient_id=http.patient(req), now=app.clock.now()))


@blueprint.function_name("end_own_copies")
@blueprint.route(
    route="api/me/family/copies/{copy_id}/end", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(PATIENT, does="end_copies")
def end_own_copies(req: func.HttpRequest) -> func.HttpResponse:
    """Copy somebody no more, at once, on the patient's word."""
    app = application()
    given = http.read(req, app.end_copies)
    ended = app.end_copies(
        given,
        patient_id=http.patient(req),
        copy_id=http.path(req, "copy_id"),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    return http.ok(ended)


@blueprint.function_name("open_copies")
@blueprint.route(route="k/{link}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PREFERENCES, page=True, status=(200, 410))
def open_copies(req: func.HttpRequest) -> func.HttpResponse:
    """Show whoever is to be copied what that is about; opening it, however often, changes nothing."""
    app = application()
    page = app.copies_pages(app.open_copies(told=http.caller(req).told, now=app.clock.now()))
    return http.html(page.html, status=page.status)


@blueprint.function_name("answer_copies")
@blueprint.route(route="k/{link}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PREFERENCES, page=True, accepts=(http.FORM, MULTIPART), status=(200, 410))
def answer_copies(req: func.HttpRequest) -> func.HttpResponse:
    """Keep whether they want copies; a mail program's one click is a no (RFC 8058)."""
    app = application()
    view = app.answer_copies(req.get_body(), told=http.caller(req).told, now=app.clock.now())
    page = app.copies_pages(view)
    return http.html(page.html, status=page.status)


# -- what a person may ask of us


@blueprint.function_name("ask_for_data")
@blueprint.route(route="api/data-requests", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PRIVACY_OFFICER, does="ask_for_data", status=202)
def ask_for_data(req: func.HttpRequest) -> func.HttpResponse:
    """Take on that a person wants their data, or it erased; 409 where an address is several people's."""
    app = application()
    asked = http.read(req, app.ask_for_data)
    request = app.ask_for_data(
        asked, request_id=http.request_id(req), caller=http.caller(req), now=app.clock.now()
    )
    return http.accepted(request, location=f"/api/data-requests/{request.id}")


@blueprint.function_name("carry_out_data_request")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%DATA_REQUESTS_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="data-requests")
def carry_out_data_request(message: func.ServiceBusMessage) -> None:
    """Do the next step of a data request; told again, a step that is past does nothing."""
    app = application()
    step = service_bus.read(message, app.carry_out_data_request)
    app.carry_out_data_request(step, now=app.clock.now())


@blueprint.function_name("list_data_requests")
@blueprint.route(route="api/data-requests", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PRIVACY_OFFICER, does="list_data_requests")
def list_data_requests(req: func.HttpRequest) -> func.HttpResponse:
    """Show data requests in order of their state, a page at a time."""
    app = application()
    found = app.list_data_requests(http.query(req, app.list_data_requests))
    http.reads_many(req, "data-requests")
    return http.ok(found)


@blueprint.function_name("read_data_request")
@blueprint.route(route="api/data-requests/{request_id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PRIVACY_OFFICER, does="read_data_request")
def read_data_request(req: func.HttpRequest) -> func.HttpResponse:
    """Show how far a data request has come, with its manifest once it has come to its end."""
    found = application().read_data_request(request_id=http.path(req, "request_id"))
    http.reads(req, found.patient_id)
    return http.ok(found)


@blueprint.function_name("resume_data_request")
@blueprint.route(
    route="api/data-requests/{request_id}/resume", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(PRIVACY_OFFICER, does="resume_data_request", status=202)
def resume_data_request(req: func.HttpRequest) -> func.HttpResponse:
    """Go on at once with a data request that has failed or waits; 409 where it has been completed."""
    app = application()
    request = app.resume_data_request(
        request_id=http.path(req, "request_id"), caller=http.caller(req), now=app.clock.now()
    )
    return http.accepted(request)


@blueprint.function_name("export_data")
@blueprint.route(
    route="api/data-requests/{request_id}/export", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(PRIVACY_OFFICER)
def export_data(req: func.HttpRequest) -> func.HttpResponse:
    """Give a person's data as a ZIP file: a manifest, and one document a line for each kind."""
    app = application()
    exported = app.export_data(request_id=http.path(req, "request_id"), now=app.clock.now())
    http.reads(req, exported.patient_id)
    return http.file(app.zipped(exported), media_type="application/zip", name="personal-data.zip")
