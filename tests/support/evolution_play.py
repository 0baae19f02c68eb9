"""A hospital's weeks in the real product, until every kind of document and of message has been written."""

import json
from datetime import timedelta
from typing import Any

from shared.access.documents import defining, team_partition
from shared.access.model import Grant, Role, Scope, Team
from shared.adapters.shipped_segments import PackagedSegments
from shared.appointments.intents import Intent
from shared.appointments.model import SettleBooking
from shared.kernel.announcements import Announcement
from shared.kernel.identity import PatientId
from shared.messaging.model import CancelSending, Message, MessageUsed, SettleClaim
from shared.patients.documents import patient_partition
from shared.patients.model import Channel
from shared.wiring.edition import CheckEdition
from tests.support.fhir_notifications import a_notification
from tests.support.portal import let_in
from tests.support.product import Answer, Product
from tests.support.product_bodies import GOOD_BODIES
from tests.support.product_chat import (
    DEFINITIONS,
    Chat,
    a_bot_elsewhere,
    answers,
    offer_slots,
    open_chat_desk,
    opens,
)
from tests.support.product_machine import tick
from tests.support.product_newsletter import PLEASE_CONFIRM, PROFILE, YES
from tests.support.product_routes import index
from tests.support.product_story import JOHNS_MAILBOX, THREE_DAYS, an_hba1c, begin_story, parked, report, sent

SEGMENT = {
    "name": "HbA1c above 7 %",
    "state": "live",
    "rule": {
        "kind": "has_records",
        "resource": "Observation",
        "codes": [{"system": "http://loinc.org", "code": "4548-4"}],
        "tests": [{"kind": "value", "comparison": "above", "threshold": 7.0, "unit": "%"}],
        "when": {"kind": "within_days", "days": 90},
    },
}
RELATIONSHIP: dict[str, Any] = {
    "name": "Came from",
    "from_type": "Encounter",
    "path": "hospitalization.origin",
    "to_type": "Location",
}
MEASURE = {
    "name": "Latest HbA1c",
    "kind": "attribute",
    "over": {
        "kind": "records",
        "resource": "Observation",
        "codes": [{"system": "http://loinc.org", "code": "4548-4"}],
        "tests": [{"kind": "measured"}],
    },
    "calculations": [{"name": "hba1c", "function": "last", "column": "value"}],
    "among": {"kind": "in_segment", "segment_id": "high"},
    "state": "live",
    "refresh": "week",
}
EVERYBODY: dict[str, Any] = {
    "name": "Everybody",
    "what": {"kind": "patients", "columns": ["gender", "email"]},
    "state": "live",
    "purpose": "Letters about the new building",
    "consented_for": "commercial",
}
ORDERS = {
    "name": "Web shop order",
    "source": "Web shop",
    "kind": "sales_order",
    "fields": {
        "key": "id",
        "patient": "customer",
        "at": "at",
        "event": "state",
        "detail": "text",
        "url": "link",
    },
    "is_clinical": False,
    "for_patients": True,
}
LETTER = {
    "purpose": "commercial",
    "default_language": "en",
    "variants": [
        {
            "channel": "sms",
            "language": "en",
            "text": "News from {{ clinic }}: call {{ phone }}. Answer STOP for no more of this.",
        }
    ],
}
LONGER_THAN_A_MESSAGE = "We have spoken with the laboratory. " * 6_000
MARIA = PatientId("maria")
FEATURES = ("chat", "booking", "surveys", "journeys", "segments", "outreach")


def play(product: Product) -> None:
    """Let the weeks go by."""
    _take_on(product)
    open_chat_desk(product)
    _define(product)
    begin_story(product)
    _hear_of_changes(product)
    _hear_of_an_event(product)
    _look_at_patients(product)
    _hear_from_people(product)
    _book(product)
    _talk(product)
    _leave_talks_alone(product)
    _give_tasks(product)
    _hear_from_a_source(product)
    _match(product)
    _operate(product)
    _ask_about_consent(product)
    _come_to_the_portal(product)
    _copy_the_sister(product)
    _change_own_details(product)
    _let_time_pass(product)


def _hear_of_changes(product: Product) -> None:
    """Let the hospital's own server tell: of a resource, by a notification, by one that follows a gap."""
    (source,) = product.app.settings.fhir_sources
    product.tick("queue_polls")
    for body in (an_hba1c(of="maria"), a_notification("handshake"), a_notification("heartbeat", so_far=2)):
        done(product.call("hear_hook", body, source=source.name))
        product.run()
    product.write(an_hba1c("untold", of="john", value=5.0))
    product.app.embedded_record.forget_events(1_000_000)
    product.pass_by(timedelta(minutes=1))
    product.tick("queue_polls")


def _hear_of_an_event(product: Product) -> None:
    """Let the portal tell that Maria has asked for directions, which nobody's record shows."""
    who = {"name": "who", "type": "reference", "of": "Patient", "is_required": True}
    more = [{"name": name, "type": of} for name, of in (("clinic", "string"), ("floor", "number"))]
    trigger = {"name": "Directions asked for", "attributes": [who, *more], "audience": "who"}
    path, maker = "/api/custom-triggers/directions-asked-for", product.staff("marketing_manager")
    done(product.ask("PUT", path, body=trigger | {"state": "ready_to_use"}, token=maker))
    said = {"who": "Patient/maria", "clinic": "Eye clinic", "floor": 3}
    told = {"events": [{"id": "asked-17", "attributes": said}]}
    done(product.ask("POST", f"{path}/events", body=told, token=product.staff("data_contributor")))
    product.run()


def done(answer: Answer) -> Answer:
    assert answer.status < 300, answer.json
    return answer


def take_over_what_ships(product: Product) -> None:
    """Keep every segment that comes with the product; each costs a look at everybody."""
    for name in PackagedSegments().drafts():
        path = f"/api/shipped-segments/{name}/install"
        done(product.ask("POST", path, token=product.staff("marketing_manager")))


def _take_on(product: Product) -> None:
    """Do what a start does, and what no door lets anybody do yet: teams and logins."""
    documents = product.app.documents
    CheckEdition(documents, product.app.contact_keys)()
    team = Team("front-desk", "Front desk", (Grant(Role.CUSTOMER_SERVICE_REPRESENTATIVE, Scope.TEAM),))
    documents.commit(team_partition(team.id), changes=[defining(team)])
    let_in(documents, "https://portal.example", "maria", MARIA)


def _define(product: Product) -> None:
    """Keep what ships, and a journey of whoever comes into a segment, which asks for more than is allowed."""
    maker = product.staff("marketing_manager")
    done(product.ask("PUT", "/api/segments/high", body=SEGMENT, token=maker))
    done(product.ask("PUT", "/api/measures/latest-hba1c", body=MEASURE, token=maker))
    keeper = product.staff("data_administrator")
    done(product.ask("PUT", "/api/relationships/origin", body=RELATIONSHIP, token=keeper))
    for name in ("appointment-reminder", "appointment-cancelled"):
        done(product.ask("PUT", f"/api/journeys/{name}", body=_read("journeys", name), token=maker))
    done(product.ask("PUT", "/api/templates/news-sms", body=LETTER, token=maker))
    done(product.ask("PUT", "/api/journeys/news", body=_news(), token=maker))
    allowed = {"channel": "sms", "purpose": "commercial", "choice": "opted_in"}
    done(product.ask("POST", "/api/me/consents", body=allowed, token=product.patient("maria")))
    product.pass_by(timedelta(seconds=5))


def _read(kind: str, name: str) -> dict[str, Any]:
    return json.loads((DEFINITIONS / kind / f"{name}.json").read_text())


def _news() -> dict[str, Any]:
    """Write to whoever comes into the segment, commercially."""
    journey = _read("journeys", "segment-outreach")
    journey["starts_on"]["segment_id"] = "high"
    (step,) = (step for step in journey["steps"] if step["id"] == "ask-by-text")
    return journey | {"steps": [step | {"template_id": "news-sms"}]}


def _look_at_patients(product: Product) -> None:
    """Look at Maria for a reason, know something of her before the record does, and let her look."""
    team: dict[str, Any] = {"resourceType": "CareTeam", "id": "team", "name": "Knees"}
    team["subject"] = {"reference": "Patient/maria"}
    product.write({**team, "participant": [{"member": {"reference": "Practitioner/costa"}}]})
    product.run()
    nurse = product.staff("healthcare_user", sub="nia")
    done(product.ask("GET", "/api/patients/maria", token=nurse, X_Reason="She fainted"))
    over = {"language": "sv", "time_zone": "Europe/Stockholm", "preferred_name": "Mia"}
    token = product.staff("data_contributor")
    done(product.ask("PUT", "/api/patients/maria/override", body=over, token=token))
    view = {"types": {"Condition": {"route": "live", "display_name": "Problem", "on_timeline": True}}}
    done(product.ask("PUT", "/api/patient-view", body=view, token=product.staff("data_administrator")))
    passing = {"is_enabled": True, "messages": ["read", "create", "update"]}
    sync = product.staff("fhir_sync_administrator")
    done(product.ask("PUT", "/api/entity-maps/Device", body=passing, token=sync))
    named = {"name": "hba1c", "text": "HbA1c", "system": "http://loinc.org", "code": "4548-4"}
    concepts = {"concepts": [named]}
    done(product.ask("PUT", "/api/entity-maps/Observation/concepts", body=concepts, token=sync))
    done(product.ask("POST", "/api/me/messages/seen", token=product.patient("maria")))
    done(product.ask("POST", "/api/refreshes", token=product.staff("operator")))
    product.clock.pass_by(timedelta(minutes=31))  # the queue stands still
    product.tick("queue_overdue_stage")
    product.run()
    nightly = {"is_on": True, "times": ["02:30"]}
    keeper = product.staff("data_administrator")
    done(product.ask("PUT", "/api/refresh-schedule", body=nightly, token=keeper))
    product.pass_by(timedelta(days=1))
    product.tick("queue_due_refresh")
    product.run()


def _hear_from_people(product: Product) -> None:
    """Let a provider report, a patient opt out and the laboratory correct itself."""
    for message in sent(product):
        report(product, message.request_id, "Delivered")
    choice = {"channel": "sms", "purpose": "commercial", "choice": "opted_out"}
    done(product.ask("POST", "/api/me/consents", body=choice, token=product.patient("john")))
    product.pass_by(THREE_DAYS)
    for message in sent(product):
        if message.channel == "email":
            report(product, message.request_id, "NotDelivered", "invalid-mailbox")
    product.write(an_hba1c(of="maria", value=5.1, status="corrected"))
    product.run()
    worker_out = product.staff("data_administrator")
    done(product.ask("POST", "/api/measures/latest-hba1c/refresh", token=worker_out))
    product.run()
    done(product.ask("PUT", "/api/exports/everybody", body=EVERYBODY, token=worker_out))
    done(product.ask("POST", "/api/exports/everybody/runs", token=worker_out))
    product.run()


def _hear_from_a_source(product: Product) -> None:
    """Let a shop tell of orders, correct one, and one be withdrawn; one is of somebody unknown."""
    keeper = product.staff("data_administrator")
    by_number = {"naming": {"by": "identifier", "system": "https://shop.example"}, "waits_days": 7}
    done(product.ask("PUT", "/api/activity-types/numbered", body=ORDERS | by_number, token=keeper))
    of_nobody = {"id": 9, "customer": "0815", "at": "2026-10-01T08:00:00Z"}
    told = {"activity_type": "numbered", "items": [of_nobody]}
    done(product.ask("POST", "/api/activities", body=told, token=keeper))
    done(product.ask("PUT", "/api/activity-types/orders", body=ORDERS, token=keeper))
    done(product.ask("PUT", "/api/activity-types/clicks", body=ORDERS | {"is_real_time": True}, token=keeper))
    for named, at in (
        ("orders", "2026-10-01T08:00:00Z"),
        ("orders", "2026-10-02T08:00:00Z"),
        ("clicks", None),
    ):
        order = {"id": 7, "customer": "maria", "at": at or "2026-10-01T08:00:00Z", "state": "placed"}
        bare = {"id": 8, "customer": "Patient/maria", "at": order["at"]}
        body = {
            "activity_type": named,
            "items": [order | {"text": "Braces", "link": "https://shop.example/7"}, bare],
        }
        taken = done(product.ask("POST", "/api/activities", body=body, token=keeper)).json["items"]
    path = f"/api/patients/maria/activities/{taken[-1]['activity_id']}/withdraw"
    done(product.ask("POST", path, token=keeper))
    product.run()


def _book(product: Product) -> None:
    tomorrow = product.clock.now() + timedelta(days=1)
    offer_slots(product, *(tomorrow + timedelta(hours=hours) for hours in range(3)))
    maria, path = product.patient("maria"), "/api/me/appointments"
    body = {"slot_id": "slot-0", "reason": "My knee"}
    headers = {"Idempotency_Key": "maria-books-once"}
    booked = done(product.ask("POST", path, body=body, token=maria, **headers)).json["id"]
    product.run()
    done(product.ask("POST", f"{path}/{booked}/reschedule", body={"slot_id": "slot-1"}, token=maria))
    product.run()
    done(product.ask("POST", f"{path}/{booked}/cancel", body={"reason": "Better"}, token=maria))
    product.run()


def _talk(product: Product) -> None:
    """Talk with our bot and another, with Sam, and say afterwards how it was."""
    chat = Chat(product).is_handed_over()
    done(chat.posts({**GOOD_BODIES["post_activity"], "channelData": {"clientActivityID": "mine"}}))
    done(chat.sam("messages", GOOD_BODIES["say_in_conversation"]))
    link = chat.is_over()
    product.run()
    opens(product, link)
    assert answers(product, link, b"satisfaction=1&more=Nobody+called+back").status == 200
    product.run()
    with a_bot_elsewhere(product):
        other = Chat(product, "john")
        done(other.bot({"type": "message", "id": "one", "text": "May I help?"}))
    booking = Chat(product)
    done(booking.says("Book an appointment"))
    offered = [one for one in booking.reads().json["activities"] if "suggestedActions" in one][-1]
    done(booking.says(offered["suggestedActions"]["actions"][0]["value"]))
    product.run()
    done(booking.says("No"))
    product.run()


def _leave_talks_alone(product: Product) -> None:
    chat = Chat(product)
    chat.says("I want to talk to a person")
    product.run()
    product.pass_by(timedelta(minutes=5))
    product.tick("queue_lapsed_offers")
    product.tick("queue_waiting_work")


def _give_tasks(product: Product) -> None:
    token = product.staff("csr_manager", sub="rita")
    new = {**GOOD_BODIES["add_task"], "to": "me"}
    path = f"/api/tasks/{done(product.ask('POST', '/api/tasks', body=new, token=token)).json['id']}"
    done(product.ask("POST", f"{path}/notes", body=GOOD_BODIES["note_task"], token=token))
    done(product.ask("POST", f"{path}/complete", body=GOOD_BODIES["complete_task"], token=token))
    product.run()


def _ask_about_consent(product: Product) -> None:
    """Let John say yes where it must be confirmed, and ask what is held about him."""
    maker = product.staff("marketing_manager")
    profile = PROFILE | {"double_opt_in": "every_submit", "confirmed_by": "please-confirm"}
    done(product.ask("PUT", "/api/compliance-profiles/womens-health", body=profile, token=maker))
    done(product.ask("PUT", "/api/templates/please-confirm", body=PLEASE_CONFIRM, token=maker))
    yes = YES | {"address": JOHNS_MAILBOX}
    done(product.ask("POST", "/api/me/opt-ins", body=yes, token=product.patient("john")))
    product.run()
    asked = {"kind": "export", "why": "By letter", "patient_id": "john"}
    done(product.ask("POST", "/api/data-requests", body=asked, token=product.staff("privacy_officer")))
    product.run()


def _come_to_the_portal(product: Product) -> None:
    """Let Maria's sister and a second telephone of hers in, and a third that gets her birthday wrong."""
    sister = {"resourceType": "RelatedPerson", "id": "sister", "patient": {"reference": "Patient/maria"}}
    product.write(sister)
    now = product.clock.real()
    of_now: dict[str, Any] = {"nbf": now - timedelta(minutes=5), "exp": now + timedelta(hours=1)}
    family = {"related_person_id": "sister", "scopes": ["book_appointments"], "until": "2036-01-01T00:00:00Z"}
    wishes: list[dict[str, Any]] = [
        {"another_login": True},
        {"family": family, "why": "She asked for it"},
        {"asks_birth_date": True},
    ]
    for number, wish in enumerate(wishes):
        asked = {"asks_birth_date": False} | wish
        path = "/api/patients/maria/invitations"
        made = done(product.ask("POST", path, body=asked, token=product.staff("care_coordinator"))).json
        typed = {"code": made["code"], "birth_date": "1900-01-01"}
        token = product.issuer.token("patients", sub=f"telephone {number}", **of_now)
        product.ask("POST", "/api/me/invitations/redeem", body=typed, token=token)


def _copy_the_sister(product: Product) -> None:
    """Let Maria have her sister copied, who accepts that, and end it."""
    mailbox = "sister@example.org"
    telecom = [{"system": "email", "value": mailbox}]
    sister = {"resourceType": "RelatedPerson", "id": "sister", "patient": {"reference": "Patient/maria"}}
    product.write(sister | {"telecom": telecom})
    text = {"channel": "email", "language": "en", "subject": "Copies?", "text": "Copies? {{ confirm_url }}"}
    body: dict[str, Any] = {"purpose": "transactional", "default_language": "en", "variants": [text]}
    maker, maria = product.staff("marketing_manager"), product.patient("maria")
    done(product.ask("PUT", "/api/templates/copies-confirmation", body=body, token=maker))
    asked: dict[str, Any] = {
        "related_person_id": "sister",
        "contact": product.app.contact_keys.contact(Channel.EMAIL, mailbox),
        "matters": [{"purpose": "commercial", "topic": "screening"}, {"purpose": "transactional"}],
        "until": "2036-01-01T00:00:00Z",
    }
    given = done(product.ask("POST", "/api/me/family/copies", body=asked, token=maria)).json
    product.run()
    link = sent(product)[-1].text.value.rpartition("/")[2]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    done(product.send("POST", f"/k/{link}", body=b"wants=yes", headers=form))
    path = f"/api/me/family/copies/{given['copy_id']}/end"
    done(product.ask("POST", path, body={"why": "She has moved"}, token=product.patient("maria")))
    product.run()


def _change_own_details(product: Product) -> None:
    """Let Maria say which languages she speaks, and ask for another name."""
    path, maria = "/api/me/personal-information", product.patient("maria")
    etag = done(product.ask("GET", path, token=maria)).headers["etag"]
    name = {"given": "Maria", "family": "O'Brien"}
    wanted: dict[str, Any] = {"languages": ["sv", "en"], "name": name}
    done(product.ask("PATCH", path, body=wanted, token=maria, If_Match=etag))
    product.run()


def _match(product: Product) -> None:
    """Match the record with what patients say of themselves, which a reviewer joins and parts again."""
    keeper = product.staff("data_administrator")
    done(product.ask("PUT", "/api/matchings/all", body=GOOD_BODIES["put_matching"], token=keeper))
    done(product.ask("POST", "/api/matchings/all/runs", body={}, token=keeper))
    product.run()
    open_now = product.ask("GET", "/api/matchings/all/proposals", token=keeper).json["items"]
    persons = open_now[0]["persons"]
    said = {"verdict": "same", "persons": persons, "reason": "Seen together"}
    done(product.ask("POST", "/api/matchings/all/reviews", body=said, token=keeper))
    product.run()


def _operate(product: Product) -> None:
    """Switch features, and decide about what could not be handled, once with many words."""
    switched: dict[str, Any] = dict.fromkeys(FEATURES, True) | {"why": "A rehearsal"}
    done(product.ask("PUT", "/api/features", body=switched, token=product.staff("operator")))
    for name in ("first", "second"):
        product.put_on("fhir-changes", b"{", named=name)
    product.run()
    first, second = parked(product)
    done(product.call("replay_parked", {"why": "Try again"}, parked_id=first["id"]))
    done(product.call("discard_parked", {"why": LONGER_THAN_A_MESSAGE}, parked_id=second["id"]))
    _crash(product)


def _crash(product: Product) -> None:
    """Tell what is told only where somebody died half-way, thought better of it, or is tracked."""
    messages = product.app.documents.list(patient_partition(MARIA), "message", Message).items
    order = next(message.body.order for message in messages if message.body.order)
    (booking, *_) = product.app.documents.list(patient_partition(MARIA), "booking", Intent).items
    for told in (
        SettleClaim(order.contact, order.message_id),
        CancelSending(order.contact, order),
        SettleBooking(MARIA, booking.body.booking_id),
        MessageUsed(order.message_id, MARIA, "e1", "clicked", "leaflet", product.clock.now()),
    ):
        product.app.publisher.publish([Announcement(told, "in need", (booking.id, booking.version))])
    product.run()


def _let_time_pass(product: Product) -> None:
    """Let every timer find what has become due, through a hundred days."""
    for days in (1, 91):
        product.pass_by(timedelta(days=days))
        for timer in index().timers:
            tick(timer.function.name)
        product.run()
