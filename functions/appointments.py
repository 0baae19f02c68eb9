"""Which slots, whose bookings, and which visits by video?"""

import logging

import azure.functions as func

from functions.edge import http, service_bus, timer
from functions.edge.doors import SIGNED_IN, patient_or_family, roles
from shared.wiring.composition import application

log = logging.getLogger(__name__)
blueprint = func.Blueprint()

BOOKERS = roles(
    "customer_service_representative",
    "omnichannel_agent",
    "healthcare_user",
    "care_coordinator",
    "healthcare_non_clinical_user",
).tied()
PATIENT_LOOKS = patient_or_family("view_administrative")
PATIENT_BOOKS = patient_or_family("book_appointments")


@blueprint.function_name("search_slots")
@blueprint.route(route="api/slots", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(SIGNED_IN, does="search_slots")
def search_slots(req: func.HttpRequest) -> func.HttpResponse:
    """Show slots that can be booked, a page at a time; wall times are read in `time_zone`."""
    app = application()
    query = http.query(req, app.search_slots)
    return http.ok(app.search_slots(query, now=app.clock.now()))


# -- patients, for themselves


@blueprint.function_name("book_own_appointment")
@blueprint.route(route="api/me/appointments", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PATIENT_BOOKS, does="book_own_appointment", status=201)
def book_own_appointment(req: func.HttpRequest) -> func.HttpResponse:
    """Book a slot for the patient who asks; the same Idempotency-Key books once."""
    app = application()
    asked = http.read(req, app.book_own_appointment)
    booked = app.book_own_appointment(
        asked,
        patient_id=http.patient(req),
        booking_id=http.request_id(req),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    return http.created(booked, location=f"/api/me/appointments/{booked.id}")


@blueprint.function_name("list_own_appointments")
@blueprint.route(route="api/me/appointments", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PATIENT_LOOKS, does="list_appointments")
def list_own_appointments(req: func.HttpRequest) -> func.HttpResponse:
    """Show the patient who asks their appointments, the next one first."""
    app = application()
    query = http.query(req, app.list_appointments)
    found = app.list_appointments(
        query, patient_id=http.patient(req), caller=http.caller(req), now=app.clock.now()
    )
    return http.ok(found)


@blueprint.function_name("read_own_appointment")
@blueprint.route(
    route="api/me/appointments/{appointment_id}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(PATIENT_LOOKS, does="read_appointment")
def read_own_appointment(req: func.HttpRequest) -> func.HttpResponse:
    """Show the patient who asks one appointment of theirs; 404 for anybody else's."""
    found = application().read_appointment(
        patient_id=http.patient(req),
        appointment_id=http.path(req, "appointment_id"),
        caller=http.caller(req),
    )
    return http.ok(found)


@blueprint.function_name("list_own_bookings")
@blueprint.route(route="api/me/bookings", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@http.answers_to(PATIENT_LOOKS, does="list_bookings")
def list_own_bookings(req: func.HttpRequest) -> func.HttpResponse:
    """Show the patient what became of each booking, move and cancellation, also of a request cut off."""
    app = application()
    query = http.query(req, app.list_bookings)
    return http.ok(app.list_bookings(query, patient_id=http.patient(req)))


@blueprint.function_name("reschedule_own_appointment")
@blueprint.route(
    route="api/me/appointments/{appointment_id}/reschedule",
    methods=["POST"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(PATIENT_BOOKS, does="reschedule_own_appointment")
def reschedule_own_appointment(req: func.HttpRequest) -> func.HttpResponse:
    """Move an appointment of the patient who asks to another slot; the old one is free at once."""
    app = application()
    asked = http.read(req, app.reschedule_own_appointment)
    moved = app.reschedule_own_appointment(
        asked,
        patient_id=http.patient(req),
        appointment_id=http.path(req, "appointment_id"),
        booking_id=http.request_id(req),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    return http.ok(moved)


@blueprint.function_name("cancel_own_appointment")
@blueprint.route(
    route="api/me/appointments/{appointment_id}/cancel", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(PATIENT_BOOKS, does="cancel_own_appointment")
def cancel_own_appointment(req: func.HttpRequest) -> func.HttpResponse:
    """Cancel an appointment of the patient who asks; cancelled already, it is shown as it is."""
    app = application()
    asked = http.read(req, app.cancel_own_appointment)
    cancelled = app.cancel_own_appointment(
        asked,
        patient_id=http.patient(req),
        appointment_id=http.path(req, "appointment_id"),
        booking_id=http.request_id(req),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    return http.ok(cancelled)


# -- staff, for a patient


@blueprint.function_name("book_appointment")
@blueprint.route(
    route="api/patients/{patient_id}/appointments", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(BOOKERS, does="book_appointment", status=201)
def book_appointment(req: func.HttpRequest) -> func.HttpResponse:
    """Book a slot for a patient; `conversation_id` only notes where it was agreed."""
    app = application()
    asked = http.read(req, app.book_appointment)
    booked = app.book_appointment(
        asked,
        patient_id=http.path(req, "patient_id"),
        booking_id=http.request_id(req),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    return http.created(
        booked, location=f"/api/patients/{http.path(req, 'patient_id')}/appointments/{booked.id}"
    )


@blueprint.function_name("list_appointments")
@blueprint.route(
    route="api/patients/{patient_id}/appointments", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(BOOKERS, does="list_appointments")
def list_appointments(req: func.HttpRequest) -> func.HttpResponse:
    """Show a patient's appointments, the next one first."""
    app = application()
    query = http.query(req, app.list_appointments)
    found = app.list_appointments(
        query, patient_id=http.path(req, "patient_id"), caller=http.caller(req), now=app.clock.now()
    )
    return http.ok(found)


@blueprint.function_name("read_appointment")
@blueprint.route(
    route="api/patients/{patient_id}/appointments/{appointment_id}",
    methods=["GET"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(BOOKERS, does="read_appointment")
def read_appointment(req: func.HttpRequest) -> func.HttpResponse:
    """Show one appointment of a patient; 404 for another patient's."""
    found = application().read_appointment(
        patient_id=http.path(req, "patient_id"),
        appointment_id=http.path(req, "appointment_id"),
        caller=http.caller(req),
    )
    return http.ok(found)


@blueprint.function_name("list_bookings")
@blueprint.route(
    route="api/patients/{patient_id}/bookings", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS
)
@http.answers_to(BOOKERS, does="list_bookings")
def list_bookings(req: func.HttpRequest) -> func.HttpResponse:
    """Show what became of each booking, move and cancellation for a patient."""
    app = application()
    query = http.query(req, app.list_bookings)
    return http.ok(app.list_bookings(query, patient_id=http.path(req, "patient_id")))


@blueprint.function_name("reschedule_appointment")
@blueprint.route(
    route="api/patients/{patient_id}/appointments/{appointment_id}/reschedule",
    methods=["POST"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(BOOKERS, does="reschedule_appointment")
def reschedule_appointment(req: func.HttpRequest) -> func.HttpResponse:
    """Move a patient's appointment to another slot; the old one is free at once."""
    app = application()
    asked = http.read(req, app.reschedule_appointment)
    moved = app.reschedule_appointment(
        asked,
        patient_id=http.path(req, "patient_id"),
        appointment_id=http.path(req, "appointment_id"),
        booking_id=http.request_id(req),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    return http.ok(moved)


@blueprint.function_name("cancel_appointment")
@blueprint.route(
    route="api/patients/{patient_id}/appointments/{appointment_id}/cancel",
    methods=["POST"],
    auth_level=func.AuthLevel.ANONYMOUS,
)
@http.answers_to(BOOKERS, does="cancel_appointment")
def cancel_appointment(req: func.HttpRequest) -> func.HttpResponse:
    """Cancel a patient's appointment; cancelled already, it is shown as it is."""
    app = application()
    asked = http.read(req, app.cancel_appointment)
    cancelled = app.cancel_appointment(
        asked,
        patient_id=http.path(req, "patient_id"),
        appointment_id=http.path(req, "appointment_id"),
        booking_id=http.request_id(req),
        caller=http.caller(req),
        now=app.clock.now(),
    )
    return http.ok(cancelled)


# -- the bot's bookings, and wishes whose bearer fell silent


@blueprint.function_name("book_for_patient")
@blueprint.service_bus_queue_trigger(
    arg_name="message", queue_name="%BOOKINGS_QUEUE%", connection="SERVICE_BUS", is_sessions_enabled=True
)
@service_bus.settles(session=True, queue="bookings")
def book_for_patient(message: func.ServiceBusMessage) -> None:
    """Book the slot that a patient chose with the bot; asked twice, it is booked once."""
    app = application()
    wished = service_bus.read(message, app.book_for_patient)
    app.book_for_patient(wished, now=app.clock.now())


@blueprint.function_name("settle_booking")
@blueprint.service_bus_queue_trigger(
    arg_name="message",
    queue_name="%BOOKING_SETTLEMENTS_QUEUE%",
    connection="SERVICE_BUS",
    is_sessions_enabled=True,
)
@service_bus.settles(session=True, queue="booking-settlements")
def settle_booking(message: func.ServiceBusMessage) -> None:
    """Find out what became of a wish whose bearer fell silent, or carry it out."""
    app = application()
    told = service_bus.read(message, app.settle_booking)
    app.settle_booking(told, now=app.clock.now())


@blueprint.function_name("queue_unsettled_bookings")
@blueprint.timer_trigger(arg_name="tick", schedule="%BOOKING_SWEEP_SCHEDULE%")
@timer.ticks
def queue_unsettled_bookings(tick: func.TimerRequest) -> None:
    """Queue the settlement of every wish of which nobody knows how it went."""
    app = application()
    queued = app.queue_unsettled_bookings(now=app.clock.now())
    log.info("appointments.bookings.queued", extra={"queued": queued, "late": tick.past_due})
