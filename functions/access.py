"""Who is calling, and how do patients and their family come in?"""

import azure.functions as func

from functions.edge import http
from functions.edge.doors import PATIENT, PATIENT_LOGIN, SIGNED_IN, roles
from shared.wiring.composition import application

blueprint = func.Blueprint()

INVITERS = roles(
    "care_coordinator",
    "customer_service_representative",
    "omnichannel_agent",
    "healthcare_user",
    "healthcare_non_clinical_user",
).tied()
CLOSERS = roles(
    "care_coordinator",
    "customer_service_representative",
    "omnichannel_agent",
    "healthcare_user",
    "healthcare_non_clinical_user",
    "privacy_officer",
).tied(but_for="privacy_officer")


@blueprint.function_name("who_am_i")
@blueprint.route(route="api/who-am-i", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(SIGNED_IN, does="who_am_i")
def who_am_i(req: func.HttpRequest) -> func.HttpResponse:
    """Say whom the token speaks for: roles, a team's included, scope, and a patient's record."""
    return http.ok(application().who_am_i(caller=http.caller(req)))


# -- staff, for a patient


@blueprint.function_name("invite_patient")
@blueprint.route(
    route="api/patients/{patient_id}/invitations", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(INVITERS, does="invite_patient", status=201, fresh=True)
def invite_patient(req: func.HttpRequest) -> func.HttpResponse:
    """Make an invitation to the portal; its code is told this once, and a former one opens nothing more."""
    app = application()
    asked = http.read(req, app.invite_patient)
    made = app.invite_patient(
        asked, patient_id=http.path(req, "patient_id"), caller=http.caller(req), now=app.clock.now()
    )
    return http.created(made)


@blueprint.function_name("list_invitation_addresses")
@blueprint.route(
    route="api/patients/{patient_id}/invitation-addresses",
    methods=["GET"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(INVITERS, does="list_invitation_addresses")
def list_invitation_addresses(req: func.HttpRequest) -> func.HttpResponse:
    """Show, masked, where an invitation to a patient, or to somebody of theirs, could be sent."""
    app = application()
    query = http.query(req, app.list_invitation_addresses)
    found = app.list_invitation_addresses(query, patient_id=http.path(req, "patient_id"), now=app.clock.now())
    return http.ok(found)


@blueprint.function_name("send_invitation")
@blueprint.route(
    route="api/patients/{patient_id}/invitations/send", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(INVITERS, does="send_invitation", status=201)
def send_invitation(req: func.HttpRequest) -> func.HttpResponse:
    """Send an invitation to a contact point of the record; its code is told to nobody here."""
    app = application()
    asked = http.read(req, app.send_invitation)
    sent = app.send_invitation(
        asked,
        patient_id=http.path(req, "patient_id"),
        request_id=http.request_id(req),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    return http.created(sent)


@blueprint.function_name("list_invitations")
@blueprint.route(
    route="api/patients/{patient_id}/invitations", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(CLOSERS, does="list_invitations")
def list_invitations(req: func.HttpRequest) -> func.HttpResponse:
    """Show who was invited to a patient's record, whose logins are in it, and who acts for the patient."""
    app = application()
    return http.ok(app.list_invitations(patient_id=http.path(req, "patient_id"), now=app.clock.now()))


@blueprint.function_name("revoke_invitation")
@blueprint.route(
    route="api/patients/{patient_id}/invitations/{invitation_id}/revoke",
    methods=["POST"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(CLOSERS, does="revoke_invitation")
def revoke_invitation(req: func.HttpRequest) -> func.HttpResponse:
    """Let an invitation open nothing any more; 409 for one that was used: its login is what to remove."""
    app = application()
    given = http.read(req, app.revoke_invitation)
    closed = app.revoke_invitation(
        given,
        patient_id=http.path(req, "patient_id"),
        invitation_id=http.path(req, "invitation_id"),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    return http.ok(closed)


@blueprint.function_name("remove_login")
@blueprint.route(
    route="api/patients/{patient_id}/logins/{login_id}/remove",
    methods=["POST"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(CLOSERS, does="remove_login")
def remove_login(req: func.HttpRequest) -> func.HttpResponse:
    """Take a login out of a patient's record, at once; only a new invitation brings it back."""
    app = application()
    given = http.read(req, app.remove_login)
    closed = app.remove_login(
        given,
        patient_id=http.path(req, "patient_id"),
        login_id=http.path(req, "login_id"),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    return http.ok(closed)


@blueprint.function_name("end_family_access")
@blueprint.route(
    route="api/patients/{patient_id}/family/{grant_id}/end",
    methods=["POST"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(CLOSERS, does="end_family_access")
def end_family_access(req: func.HttpRequest) -> func.HttpResponse:
    """Let somebody act for a patient no longer, at once."""
    app = application()
    given = http.read(req, app.end_family_access)
    closed = app.end_family_access(
        given,
        patient_id=http.path(req, "patient_id"),
        grant_id=http.path(req, "grant_id"),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    return http.ok(closed)


# -- patients and their family, for themselves


@blueprint.function_name("look_up_invitation")
@blueprint.route(route="api/me/invitations/look-up", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PATIENT_LOGIN, does="look_up_invitation", fresh=True)
def look_up_invitation(req: func.HttpRequest) -> func.HttpResponse:
    """Show what an invitation's code opens, to a patient's login that knows the date of birth too."""
    app = application()
    typed = http.read(req, app.look_up_invitation)
    opened = app.look_up_invitation(
        typed, caller=http.caller(req), address=http.address(req), now=app.clock.now()
    )
    http.reads(req, opened.patient_id)
    return http.ok(opened)


@blueprint.function_name("redeem_invitation")
@blueprint.route(route="api/me/invitations/redeem", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PATIENT_LOGIN, does="redeem_invitation", fresh=True)
def redeem_invitation(req: func.HttpRequest) -> func.HttpResponse:
    """Let the login of the patient who asks in, once for each code; the same login is answered again."""
    app = application()
    typed = http.read(req, app.redeem_invitation)
    redeemed = app.redeem_invitation(
        typed, caller=http.caller(req), address=http.address(req), now=app.clock.now()
    )
    return http.ok(redeemed)


@blueprint.function_name("list_family")
@blueprint.route(route="api/me/family", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(SIGNED_IN, does="list_family")
def list_family(req: func.HttpRequest) -> func.HttpResponse:
    """Show who may act for whoever asks, and for whom they may act."""
    app = application()
    found = app.list_family(caller=http.caller(req), now=app.clock.now())
    http.reads(req, http.caller(req).patient_id)
    return http.ok(found)


@blueprint.function_name("invite_family")
@blueprint.route(route="api/me/family/invitations", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PATIENT, does="invite_family", status=201, fresh=True)
def invite_family(req: func.HttpRequest) -> func.HttpResponse:
    """Make an invitation for somebody of the patient's family, whose code the patient hands on."""
    app = application()
    asked = http.read(req, app.invite_family)
    made = app.invite_family(
        asked, patient_id=http.patient(req), caller=http.caller(req), now=app.clock.now()
    )
    return http.created(made)


@blueprint.function_name("list_family_addresses")
@blueprint.route(
    route="api/me/family/invitation-addresses", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(PATIENT, does="list_invitation_addresses")
def list_family_addresses(req: func.HttpRequest) -> func.HttpResponse:
    """Show the patient who asks, masked, where an invitation to somebody of theirs could be sent."""
    app = application()
    query = http.query(req, app.list_invitation_addresses)
    found = app.list_invitation_addresses(query, patient_id=http.patient(req), now=app.clock.now())
    return http.ok(found)


@blueprint.function_name("send_family_invitation")
@blueprint.route(
    route="api/me/family/invitations/send", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(PATIENT, does="send_family_invitation", status=201)
def send_family_invitation(req: func.HttpRequest) -> func.HttpResponse:
    """Send an invitation to somebody of the patient's family, at an address that the record has of them."""
    app = application()
    asked = http.read(req, app.send_family_invitation)
    sent = app.send_family_invitation(
        asked,
        patient_id=http.patient(req),
        request_id=http.request_id(req),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    return http.created(sent)


@blueprint.function_name("end_own_family_access")
@blueprint.route(route="api/me/family/{grant_id}/end", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PATIENT, does="end_family_access")
def end_own_family_access(req: func.HttpRequest) -> func.HttpResponse:
    """Let somebody act for the patient who asks no longer, at once."""
    app = application()
    given = http.read(req, app.end_family_access)
    closed = app.end_family_access(
        given,
        patient_id=http.patient(req),
        grant_id=http.path(req, "grant_id"),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    return http.ok(closed)
