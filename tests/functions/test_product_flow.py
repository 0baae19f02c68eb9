"""From a change in a record to what a person receives, through all of the product's functions (D5 to D10)."""

import json
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.consent.in_fhir import CHANNELS
from shared.messaging.decision import Decision
from shared.messaging.documents import DECISION_STATE
from tests.support.issuer import Issuer
from tests.support.product import Product, a_product
from tests.support.product_gateway import Gateway, a_gateway
from tests.support.product_story import (
    EMAIL,
    JOURNEY,
    MAILBOX,
    MOBILE,
    SMS,
    THREE_DAYS,
    a_patient,
    an_hba1c,
    enrolments_of,
    keep_definitions,
    messages_of,
    parked,
    report,
    sent,
    shipped,
    states_of,
    why,
)

HALF_PAST_TEN_AT_NIGHT = datetime(2026, 11, 2, 22, 30, tzinfo=UTC)
"""In London, where the hospital is."""
EIGHT = datetime(2026, 11, 3, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def definitions(product: Product) -> None:
    keep_definitions(product)


def change_template(product: Product, name: str, **changed: Any) -> None:
    """Put another version of a shipped template in its place."""
    token = product.staff("marketing_manager")
    seen = product.ask("GET", f"/api/templates/{name}", token=token).headers["etag"]
    body = json.loads(shipped("templates", name)) | changed
    answer = product.ask("PUT", f"/api/templates/{name}", body=body, token=token, If_Match=seen)
    assert answer.status == 200, answer.json


def say(product: Product, channel: str, choice: str, purpose: str = "transactional") -> None:
    """Let Maria herself say what she allows."""
    body = {"channel": channel, "purpose": purpose, "choice": choice}
    answer = product.ask("POST", "/api/me/consents", body=body, token=product.patient("maria"))
    assert answer.status == 201, answer.json


def a_denial() -> dict[str, Any]:
    """Build the FHIR Consent by which Maria wants no text messages about her care."""
    return {
        "resourceType": "Consent",
        "id": "no-texts",
        "status": "active",
        "scope": {"coding": [{"code": "patient-privacy"}]},
        "category": [{"coding": [{"code": "npp"}]}],
        "policyRule": {"coding": [{"code": "OPTOUT"}]},
        "patient": {"reference": "Patient/maria"},
        "dateTime": "2026-10-01T08:00:00Z",
        "provision": {
            "type": "deny",
            "purpose": [{"code": "CAREMGT"}],
            "code": [{"coding": [{"system": CHANNELS, "code": "sms"}]}],
        },
    }


def fires(product: Product, *, of: dict[str, Any] | None = None) -> None:
    """Write Maria and her high result, and do all that comes of it now."""
    product.write(of or a_patient())
    product.write(an_hba1c())
    product.run()


def an_event(kind: str, version: int, id_: str = "hba1c") -> dict[str, Any]:
    """Spell a change event of the result, as Event Grid does."""
    return {
        "id": f"event-{kind}-{version}",
        "eventType": f"Microsoft.HealthcareApis.FhirResource{kind}",
        "eventTime": "2026-11-02T12:00:00Z",
        "subject": f"local/Observation/{id_}",
        "data": {"resourceType": "Observation", "resourceFhirId": id_, "resourceVersionId": version},
    }


class TestOneChange:
    def test_becomes_exactly_one_message(self, product: Product) -> None:
        fires(product)

        (message,) = sent(product)
        assert (message.channel, message.recipient.value) == ("sms", MOBILE)
        assert "Riverside Health Centre" in message.text.value
        assert product.failures == []

    def test_is_explained_check_by_check(self, product: Product) -> None:
        fires(product)
        (message,) = messages_of(product)

        told = why(product, message)

        assert [(check["check"], check["passed"]) for check in told["checks"]] == [
            ("alive", True),
            ("consent", True),
            ("suppression", True),
            ("outreach", True),
            ("quiet_time", True),
            ("frequency", True),
            ("expiry", True),
            ("rendering", True),
        ]
        assert [attempt["outcome"] for attempt in told["attempts"]] == ["accepted"]
        assert told["message"]["because"].endswith("~ask-to-get-in-touch")

    def test_is_followed_by_an_e_mail_after_three_days(self, product: Product) -> None:
        fires(product)

        product.pass_by(THREE_DAYS - timedelta(minutes=1))
        too_early = [message.channel for message in sent(product)]
        product.pass_by(timedelta(minutes=1))

        assert too_early == ["sms"]
        assert [(each.channel, each.recipient.value) for each in sent(product)] == [
            ("sms", MOBILE),
            ("email", MAILBOX),
        ]
        assert [each["state"] for each in enrolments_of(product)] == ["completed"]

    def test_goes_on_by_the_sweep_where_its_message_is_lost(self, product: Product) -> None:
        fires(product)
        product.clock.pass_by(THREE_DAYS)
        _lose(product, "journey-steps")
        product.clock.pass_by(timedelta(minutes=5))

        product.tick("queue_due_enrolments")

        assert [message.channel for message in sent(product)] == ["sms", "email"]

    def test_stays_one_however_often_it_is_told(self, product: Product) -> None:
        fires(product)
        for _ in range(3):
            product.put_on("fhir-changes", an_event("Created", 1), named="again")
            product.run()

        assert len(sent(product)) == 1

    def test_stays_one_when_its_corrections_come_before_it(self, product: Product) -> None:
        product.write(a_patient())
        product.write(an_hba1c(value=8.2))
        product.write(an_hba1c(value=8.4))
        _forget_events(product)
        for kind, version in (("Updated", 2), ("Created", 1), ("Updated", 2)):
            product.put_on("fhir-changes", an_event(kind, version), named=f"{kind}-{version}")
            product.run()

        assert [message.channel for message in sent(product)] == ["sms"]
        assert product.failures == []

    def test_that_the_record_does_not_show_yet_is_waited_for(self, product: Product) -> None:
        product.write(a_patient(), an_hba1c(value=5.5))
        product.run()
        product.put_on("fhir-changes", an_event("Updated", 2) | {"eventTime": "2026-11-02T12:01:00Z"})
        product.run()
        told_too_early = sent(product)

        product.write(an_hba1c(value=8.2))
        _forget_events(product)
        product.pass_by(timedelta(minutes=1))

        assert told_too_early == []
        assert [message.channel for message in sent(product)] == ["sms"]

    def test_below_the_threshold_starts_nothing(self, product: Product) -> None:
        product.write(a_patient(), an_hba1c(value=7.0))
        product.run()

        assert (sent(product), enrolments_of(product)) == ([], [])

    def test_of_a_result_that_is_gone_is_let_go(self, product: Product) -> None:
        product.write(a_patient(), an_hba1c())
        product.delete("Observation", "hba1c")

        product.run()

        assert (sent(product), enrolments_of(product)) == ([], [])
        assert product.failures == []
        assert parked(product) == []

    def test_of_a_result_that_never_was_is_let_go(self, product: Product) -> None:
        product.put_on("fhir-changes", an_event("Updated", 3, "never-was"))

        product.run()

        assert (product.failures, parked(product)) == ([], [])

    def test_that_is_deleted_later_is_withdrawn(self, product: Product) -> None:
        fires(product)
        product.delete("Observation", "hba1c")
        product.run()

        product.pass_by(THREE_DAYS)

        assert [message.channel for message in sent(product)] == ["sms"]
        assert [(e["state"], e["reason"]) for e in enrolments_of(product)] == [("ended", "result_withdrawn")]

    def test_that_was_an_error_is_withdrawn(self, product: Product) -> None:
        fires(product)
        product.write(an_hba1c(status="entered-in-error"))
        product.run()

        product.pass_by(THREE_DAYS)

        assert [message.channel for message in sent(product)] == ["sms"]
        assert [each["reason"] for each in enrolments_of(product)] == ["result_withdrawn"]

    def test_that_was_an_error_by_night_is_not_told_in_the_morning(self, product: Product) -> None:
        product.clock.instant = HALF_PAST_TEN_AT_NIGHT
        fires(product)
        product.write(an_hba1c(status="entered-in-error"))
        product.run()

        product.pass_by(timedelta(hours=12))

        assert sent(product) == []
        assert states_of(product) == [("sms", "refused", "withdrawn")]
        assert (product.failures, parked(product)) == ([], [])

    def test_that_was_an_error_before_its_message_was_begun_is_not_told(self, product: Product) -> None:
        product.write(a_patient(), an_hba1c())
        product.run(but="message-requests")
        product.write(an_hba1c(status="entered-in-error"))
        product.run(but="message-requests")

        product.run()

        assert sent(product) == []
        assert states_of(product) == [("sms", "refused", "withdrawn")]

    def test_that_is_told_again_after_its_deletion_stays_withdrawn(self, product: Product) -> None:
        fires(product)
        product.delete("Observation", "hba1c")
        product.run()
        product.put_on("fhir-changes", an_event("Created", 1), named="late")

        product.pass_by(THREE_DAYS)

        assert len(sent(product)) == 1


class TestThePerson:
    def test_who_has_said_no_gets_nothing(self, product: Product) -> None:
        product.write(a_patient())
        say(product, "sms", "opted_out")
        fires(product)

        assert sent(product) == []
        assert states_of(product) == [("sms", "refused", "opted_out")]
        (message,) = messages_of(product)
        assert why(product, message)["checks"][-1]["reason"] == "opted_out"

    def test_who_has_said_no_to_one_way_goes_on_and_is_reached_by_the_other(self, product: Product) -> None:
        """A no ends a message, with its reason, and not the journey (CO-5)."""
        product.write(a_patient())
        say(product, "sms", "opted_out")
        fires(product)

        product.pass_by(THREE_DAYS)

        assert states_of(product) == [("sms", "refused", "opted_out"), ("email", "accepted", None)]
        (run,) = enrolments_of(product)
        assert run["state"] == "completed"

    def test_who_says_yes_again_before_the_next_message_gets_it(self, product: Product) -> None:
        fires(product)
        say(product, "email", "opted_out")
        product.pass_by(THREE_DAYS / 2)
        say(product, "email", "opted_in")

        product.pass_by(THREE_DAYS / 2)

        assert states_of(product)[1] == ("email", "accepted", None)

    def test_who_says_no_meanwhile_gets_no_more(self, product: Product) -> None:
        fires(product)
        say(product, "email", "opted_out")

        product.pass_by(THREE_DAYS)

        assert [message.channel for message in sent(product)] == ["sms"]
        assert states_of(product)[1] == ("email", "refused", "opted_out")

    def test_whose_consent_in_the_record_denies_it_gets_nothing(self, product: Product) -> None:
        product.app.embedded_record.load([a_denial()])  # loaded as history, which tells nobody

        fires(product)

        assert sent(product) == []
        assert states_of(product) == [("sms", "refused", "opted_out")]

    def test_who_has_died_gets_nothing(self, product: Product) -> None:
        fires(product, of=a_patient(deceasedBoolean=True))

        assert sent(product) == []
        assert states_of(product) == [("sms", "refused", "patient_deceased")]

    def test_who_dies_meanwhile_gets_no_more(self, product: Product) -> None:
        fires(product)
        product.write(a_patient(deceasedDateTime="2026-11-03"))

        product.pass_by(THREE_DAYS)

        assert [message.channel for message in sent(product)] == ["sms"]
        assert states_of(product)[1] == ("email", "refused", "patient_deceased")

    def test_who_is_gone_from_the_record_gets_nothing(self, product: Product) -> None:
        fires(product)
        product.delete("Patient", "maria")

        product.pass_by(THREE_DAYS)

        assert states_of(product)[1] == ("email", "refused", "patient_gone")

    def test_who_cannot_be_reached_gets_nothing(self, product: Product) -> None:
        fires(product, of=a_patient(telecom=[]))

        assert states_of(product) == [("sms", "refused", "no_address")]

    def test_who_dies_between_the_gate_and_the_provider_gets_nothing(self, product: Product) -> None:
        product.write(a_patient(), an_hba1c())
        product.run(but="deliveries")
        product.write(a_patient(deceasedBoolean=True))

        product.run()

        assert sent(product) == []
        assert states_of(product) == [("sms", "refused", "patient_deceased")]

    def test_who_dies_in_the_night_gets_nothing_in_the_morning(self, product: Product) -> None:
        product.clock.instant = HALF_PAST_TEN_AT_NIGHT
        fires(product)
        product.write(a_patient(deceasedBoolean=True))

        product.pass_by(timedelta(hours=12))

        assert sent(product) == []
        assert states_of(product) == [("sms", "refused", "patient_deceased")]


class TestTheGate:
    def test_holds_a_message_at_night_and_lets_it_go_in_the_morning(self, product: Product) -> None:
        product.clock.instant = HALF_PAST_TEN_AT_NIGHT
        fires(product)
        at_night = (sent(product), states_of(product))

        product.pass_by(EIGHT - HALF_PAST_TEN_AT_NIGHT - timedelta(seconds=1))
        before_eight = sent(product)
        product.pass_by(timedelta(minutes=31))

        assert at_night == ([], [("sms", "held", "quiet_time")])
        assert before_eight == []
        (message,) = sent(product)
        assert EIGHT <= datetime.fromisoformat(message.sent_at) <= EIGHT + timedelta(minutes=30, seconds=59)
        assert states_of(product) == [("sms", "accepted", None)]

    def test_finds_a_held_message_by_the_sweep_where_its_return_is_lost(self, product: Product) -> None:
        product.clock.instant = HALF_PAST_TEN_AT_NIGHT
        fires(product)
        product.clock.pass_by(timedelta(hours=12))
        _lose(product, "send-decisions")

        product.tick("queue_held_messages")

        assert [message.channel for message in sent(product)] == ["sms"]

    def test_lets_through_no_more_advertising_than_the_house_allows(self, product: Product) -> None:
        text = "{{ clinic }}: come and see us. Reply STOP to end this."
        commercial = {"channel": "sms", "language": "en", "text": text}
        change_template(product, SMS, purpose="commercial", variants=[commercial])
        product.write(a_patient())
        say(product, "sms", "opted_in", "commercial")
        fires(product)
        _let_enter_again(product)

        product.write(an_hba1c("second"))
        product.run()

        assert states_of(product) == [("sms", "accepted", None), ("sms", "refused", "frequency_capped")]
        assert len(sent(product)) == 1

    def test_sends_no_advertising_by_text_to_who_has_not_asked_for_it(self, product: Product) -> None:
        text = "{{ clinic }}: come and see us. Reply STOP to end this."
        commercial = {"channel": "sms", "language": "en", "text": text}
        change_template(product, SMS, purpose="commercial", variants=[commercial])

        fires(product)

        assert states_of(product) == [("sms", "refused", "not_opted_in")]

    def test_leaves_an_address_alone_that_does_not_exist(self, product: Product) -> None:
        change_journey_to_two_e_mails(product)
        fires(product)
        (first,) = sent(product)
        assert report(product, first.request_id, "NotDelivered", "invalid-mailbox").status == 204
        product.run()

        product.pass_by(THREE_DAYS)

        assert [(state, reason) for _, state, reason in states_of(product)] == [
            ("bounced", "invalid-mailbox"),
            ("refused", "suppressed"),
        ]
        assert len(sent(product)) == 1
        shown = product.ask("GET", "/api/suppressions", token=product.staff("operator")).json["suppressions"]
        assert [(each["cause"], each["contact"]) for each in shown] == [
            ("hard_bounce", messages_of(product)[0]["contact"])
        ]

    def test_writes_there_again_once_somebody_lifts_it(self, product: Product) -> None:
        change_journey_to_two_e_mails(product)
        fires(product)
        report(product, sent(product)[0].request_id, "NotDelivered", "invalid-mailbox")
        (suppressed,) = product.call("list_suppressions").json["suppressions"]

        lifted = product.call("remove_suppression", contact=suppressed["contact"])
        again = product.call("remove_suppression", contact=suppressed["contact"])
        product.pass_by(THREE_DAYS)

        assert (lifted.status, again.status) == (204, 404)
        assert [message.channel for message in sent(product)] == ["email", "email"]

    def test_says_when_a_template_asks_for_what_is_not_there(self, product: Product) -> None:
        variant = {"channel": "sms", "language": "en", "text": "{{ nobody_said_this }}"}
        change_template(product, SMS, variants=[variant])

        fires(product)

        assert states_of(product) == [("sms", "refused", "template_incomplete")]

    def test_writes_in_the_language_the_person_reads(self, product: Product) -> None:
        spoken = {"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "pt-BR"}]}, "preferred": True}

        fires(product, of=a_patient(communication=[spoken]))

        assert [message.language for message in sent(product)] == ["pt-BR"]


class TestAMessageOfWhichNobodyIsSure:
    """The gateway takes it, and its answer is lost."""

    @pytest.fixture
    def gateway(self) -> Generator[Gateway]:
        with a_gateway() as one:
            yield one

    @pytest.fixture
    def product(self, tmp_path: Path, issuer: Issuer, gateway: Gateway) -> Generator[Product]:
        with a_product(tmp_path, issuer, sms_provider="gateway", sms_gateway_url=gateway.url) as one:
            yield one

    def test_is_listed_until_the_gateway_can_be_asked(self, product: Product, gateway: Gateway) -> None:
        gateway.answers_to_lose = 1

        fires(product)

        assert states_of(product) == [("sms", "uncertain", "outcome_unknown")]
        (uncertain,) = product.call("list_uncertain").json["messages"]
        assert (uncertain["patient_id"], uncertain["attempts"]) == ("maria", 1)

    def test_is_settled_once_its_claim_has_lapsed(self, product: Product, gateway: Gateway) -> None:
        gateway.answers_to_lose = 1
        fires(product)
        product.clock.pass_by(product.app.claim_lasts)

        product.tick("queue_lapsed_claims")

        assert states_of(product) == [("sms", "accepted", None)]
        assert [method for method, _, _ in gateway.asked] == ["POST", "GET"]
        assert [body["To"] for body in gateway.taken.values()] == [MOBILE]
        assert product.call("list_uncertain").json["messages"] == []


class TestReports:
    def test_say_that_a_message_arrived(self, product: Product) -> None:
        fires(product)
        (message,) = sent(product)

        statuses = [report(product, message.request_id, "Delivered").status for _ in range(2)]
        product.run()

        assert statuses == [204, 204]
        assert states_of(product) == [("sms", "delivered", None)]

    def test_of_a_message_that_nobody_has_sent_yet_change_nothing(self, product: Product) -> None:
        product.clock.instant = HALF_PAST_TEN_AT_NIGHT
        fires(product)
        (held,) = product.app.documents.find(DECISION_STATE, Decision, equal_to="held").items

        status = report(product, held.body.request_id, "Delivered").status
        product.run()

        assert status == 204
        assert states_of(product) == [("sms", "held", "quiet_time")]

    def test_of_a_message_that_never_was_are_refused(self, product: Product) -> None:
        fires(product)
        (message,) = sent(product)
        before = product.footprint()

        assert report(product, f"{message.request_id}0", "Delivered").status == 404
        assert report(product, "nonsense", "Delivered").status == 404
        assert product.footprint() == before


class TestAJourney:
    def test_that_is_paused_keeps_people_where_they_are(self, product: Product) -> None:
        fires(product)
        _change_journey(product, state="paused")
        product.pass_by(THREE_DAYS)
        while_paused = [message.channel for message in sent(product)]

        _change_journey(product, state="live")
        product.clock.pass_by(timedelta(minutes=5))
        product.tick("queue_due_enrolments")

        assert while_paused == ["sms"]
        assert [message.channel for message in sent(product)] == ["sms", "email"]

    def test_that_is_stopped_sends_no_more(self, product: Product) -> None:
        fires(product)
        _change_journey(product, state="stopped")

        product.pass_by(THREE_DAYS)

        assert [message.channel for message in sent(product)] == ["sms"]
        assert [each["reason"] for each in enrolments_of(product)] == ["journey_stopped"]

    def test_that_staff_end_sends_no_more(self, product: Product) -> None:
        fires(product)
        (enrolment,) = enrolments_of(product)
        answer = product.call("end_enrolment", {"why": "Asked to"}, enrolment_id=enrolment["id"])

        product.pass_by(THREE_DAYS)

        assert answer.status == 200
        assert [message.channel for message in sent(product)] == ["sms"]

    def test_that_staff_end_by_night_sends_nothing_in_the_morning(self, product: Product) -> None:
        product.clock.instant = HALF_PAST_TEN_AT_NIGHT
        fires(product)
        (enrolment,) = enrolments_of(product)
        product.call("end_enrolment", {"why": "Asked to"}, enrolment_id=enrolment["id"])

        product.pass_by(timedelta(hours=12))

        assert sent(product) == []
        assert states_of(product) == [("sms", "refused", "withdrawn")]

    def test_lets_nobody_enter_again_too_soon(self, product: Product) -> None:
        fires(product)
        product.write(an_hba1c("second"))
        product.run()

        assert [message.channel for message in sent(product)] == ["sms"]
        assert sorted(
            (each["state"], each["reason"]) for each in enrolments_of(product) if each["reason"]
        ) == [("ended", "repeat_entry_blocked")]

    def test_is_finished_as_it_was_begun(self, product: Product) -> None:
        fires(product)
        steps = json.loads(shipped("journeys", JOURNEY))["steps"]
        _change_journey(product, steps=steps[:1])

        product.pass_by(THREE_DAYS)

        assert [message.channel for message in sent(product)] == ["sms", "email"]


def _change_journey(product: Product, **changed: Any) -> None:
    """Put another version of the shipped journey in its place, and wait until everybody knows."""
    body = json.loads(shipped("journeys", JOURNEY)) | changed
    path, token = f"/api/journeys/{JOURNEY}", product.staff("marketing_manager")
    seen = product.ask("GET", path, token=token).headers["etag"]
    answer = product.ask("PUT", path, body=body, token=token, If_Match=seen)
    assert answer.status == 200, answer.json
    product.clock.pass_by(timedelta(seconds=2))


def change_journey_to_two_e_mails(product: Product) -> None:
    first, wait, second = json.loads(shipped("journeys", JOURNEY))["steps"]
    _change_journey(product, steps=[first | {"channel": "email", "template_id": EMAIL}, wait, second])


def _let_enter_again(product: Product) -> None:
    _change_journey(product, reentry_days=0)


def _lose(product: Product, queue: str) -> None:
    """Let everything be lost that is due in a session queue."""
    receiver = product.app.receiver
    while (lease := receiver.accept_session(queue, lock_for=timedelta(minutes=1))) is not None:
        receiver.complete(receiver.receive_in_session(lease, limit=10))
        receiver.release_session(lease)


def _forget_events(product: Product) -> None:
    """Let the record's own events be lost, so that the test tells them in its own order."""
    told = product.app.embedded_record.events(0, 200)
    product.app.embedded_record.forget_events(told[-1][0])
