"""What is switched off begins nothing new and says so; what has begun is finished (OP-3), at once (OP-1)."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.support.product import Answer, Product
from tests.support.product_chat import TOMORROW, Chat, offer_slots, open_chat_desk
from tests.support.product_routes import route_named
from tests.support.product_story import (
    JOURNEY,
    SMS,
    THREE_DAYS,
    TRIGGER,
    a_patient,
    an_hba1c,
    audited,
    enrolments_of,
    keep_definitions,
    messages_of,
    parked,
    sent,
    shipped,
    states_of,
    why,
)

FEATURES = ("chat", "booking", "surveys", "journeys", "segments", "outreach")
IN_FORCE = timedelta(seconds=2)
SWITCHERS = {"operator", "omnichannel_administrator", "marketing_manager"}
SEGMENT = {"name": "HbA1c above 7 %", "state": "live"} | {
    "rule": {
        "kind": "has_records",
        "resource": "Observation",
        "codes": [{"system": "http://loinc.org", "code": "4548-4"}],
        "tests": [{"kind": "value", "comparison": "above", "threshold": 7.0, "unit": "%"}],
    }
}


def read(product: Product, role: str = "operator") -> Answer:
    return product.ask("GET", "/api/features", token=product.staff(role))


def put(product: Product, *off: str, role: str = "operator", why: str = "A test", **more: str) -> Answer:
    body = {feature: feature not in off for feature in FEATURES} | {"why": why}
    return product.ask("PUT", "/api/features", body=body, token=product.staff(role), **more)


def only_off(product: Product, *off: str) -> None:
    """Switch these off and all others on, and let everybody see it; no process is started anew."""
    etag = read(product).headers.get("etag")
    answer = put(product, *off, **({"If_Match": etag} if etag else {}))
    assert answer.status == 200, answer.json
    product.pass_by(IN_FORCE)


def refused(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json["type"]


IS_OFF = (409, "/problems/feature-is-off")


class TestTheSwitches:
    def test_are_all_on_at_first(self, product: Product) -> None:
        answer = read(product)

        assert {name: answer.json["features"][name] for name in FEATURES} == dict.fromkeys(FEATURES, True)
        assert "etag" not in answer.headers

    def test_are_set_by_administrators_and_operators_alone(self, product: Product) -> None:
        assert route_named("put_features").door.roles == SWITCHERS
        assert put(product, role="omnichannel_supervisor").status == 403
        assert read(product, "omnichannel_supervisor").status == 200
        assert read(product, "healthcare_user").status == 403

    def test_are_each_named_when_they_are_set(self, product: Product) -> None:
        body = {"chat": False, "why": "A test"}

        answer = product.ask("PUT", "/api/features", body=body, token=product.staff("operator"))

        assert answer.status == 400
        assert answer.fields == set(FEATURES) - {"chat"}

    def test_are_audited_with_their_reason(self, product: Product) -> None:
        put(product, "outreach", why="A wrong list")
        product.run()

        (entry,) = audited(product)
        assert (entry["what"], entry["subject"], entry["why"]) == (
            "put_features",
            "features/organisation",
            "off: outreach; A wrong list",
        )

    def test_are_not_overwritten_unseen(self, product: Product) -> None:
        first = put(product, "chat").headers["etag"]

        assert put(product).status == 409
        assert put(product, If_Match=first).status == 200
        assert put(product, If_Match=first).status == 412


class TestChatOff:
    @pytest.fixture(autouse=True)
    def desk(self, product: Product) -> None:
        open_chat_desk(product)

    def test_lets_nobody_begin_and_says_so_in_their_terms(self, product: Product) -> None:
        only_off(product, "chat")

        asked = product.ask("POST", "/api/me/chat-token", token=product.patient("maria"))
        strangers = product.ask("POST", "/api/chat-token")

        assert (refused(asked), refused(strangers)) == (IS_OFF, IS_OFF)
        assert "ring us" in asked.json["title"]

    def test_opens_no_conversation_with_a_token_from_before(self, product: Product) -> None:
        given = product.ask("POST", "/api/me/chat-token", token=product.patient("maria")).json
        only_off(product, "chat")

        assert refused(product.ask("POST", "/v3/directline/conversations", token=given["token"])) == IS_OFF

        only_off(product)
        assert product.ask("POST", "/v3/directline/conversations", token=given["token"]).status == 201

    def test_lets_a_talk_that_has_begun_go_on_to_its_end(self, product: Product) -> None:
        chat = Chat(product)
        only_off(product, "chat")

        again = product.ask("POST", "/api/me/chat-token", token=product.patient("maria"))
        chat.is_handed_over()
        chat.sam("messages", {"text": "Hello Maria"})

        assert (again.status, again.json["conversationId"]) == (200, chat.id)
        assert "Hello Maria" in chat.texts()
        assert chat.is_over()
        assert refused(product.ask("POST", "/api/me/chat-token", token=product.patient("maria"))) == IS_OFF


class TestBookingOff:
    @pytest.fixture(autouse=True)
    def slots(self, product: Product) -> None:
        offer_slots(open_chat_desk(product), TOMORROW, TOMORROW + timedelta(hours=1))

    def books(self, product: Product, slot_id: str, **more: str) -> Answer:
        token = product.patient("maria")
        return product.ask("POST", "/api/me/appointments", body={"slot_id": slot_id}, token=token, **more)

    def test_lets_patients_cancel_but_neither_book_nor_move(self, product: Product) -> None:
        booked = self.books(product, "slot-0").json["id"]
        only_off(product, "booking")
        token, path = product.patient("maria"), f"/api/me/appointments/{booked}"

        assert refused(self.books(product, "slot-1")) == IS_OFF
        moved = product.ask("POST", f"{path}/reschedule", body={"slot_id": "slot-1"}, token=token)
        assert refused(moved) == IS_OFF
        assert product.ask("POST", f"{path}/cancel", body={}, token=token).status == 200

    def test_lets_staff_book(self, product: Product) -> None:
        only_off(product, "booking")

        token = product.staff("care_coordinator")
        body = {"slot_id": "slot-0"}
        assert product.ask("POST", "/api/patients/maria/appointments", body=body, token=token).status == 201

    def test_lets_the_same_key_book_once_it_is_on_again(self, product: Product) -> None:
        only_off(product, "booking")
        first = self.books(product, "slot-0", Idempotency_Key="mine")
        only_off(product)

        assert (refused(first), self.books(product, "slot-0", Idempotency_Key="mine").status) == (IS_OFF, 201)

    def test_makes_the_bot_pass_the_patient_on_to_a_person(self, product: Product) -> None:
        only_off(product, "booking")
        chat = Chat(product)

        chat.says("Book an appointment")

        assert "I cannot find a free time at the moment." in chat.texts()
        assert any("connecting you with a person" in text for text in chat.texts())

    def test_refuses_what_a_patient_chose_before_and_tells_them(self, product: Product) -> None:
        chat = Chat(product)
        chat.says("Book an appointment")
        offered = chat.reads().json["activities"][-1]
        only_off(product, "booking")

        chat.says(offered["attachments"][0]["content"]["buttons"][0]["value"])
        product.run()

        assert "I am sorry, that time could not be booked." in chat.texts()
        assert "I cannot find a free time at the moment." not in chat.texts()
        assert any("connecting you with a person" in text for text in chat.texts())
        assert product.app.record.read("Slot", "slot-0")["status"] == "free"
        assert parked(product) == []


class TestSurveysOff:
    def test_asks_nobody_about_what_ends_meanwhile_and_not_later_either(self, product: Product) -> None:
        chat = Chat(open_chat_desk(product)).is_handed_over()
        only_off(product, "surveys")
        chat.sam("end")
        chat.sam("close")
        product.run()
        only_off(product)

        product.pass_by(timedelta(hours=1))

        assert sent(product) == []

    def test_lets_those_invited_answer(self, product: Product) -> None:
        link = Chat(open_chat_desk(product)).is_handed_over().is_over()
        only_off(product, "surveys")

        assert product.send("GET", route_named("open_survey").filled(link=link)).status == 200


class TestJourneysOff:
    @pytest.fixture(autouse=True)
    def definitions(self, product: Product) -> None:
        keep_definitions(product)
        product.write(a_patient())

    def test_begins_none_and_says_why(self, product: Product) -> None:
        only_off(product, "journeys")
        product.write(an_hba1c())
        product.run()

        (enrolment,) = enrolments_of(product)
        assert (enrolment["state"], enrolment["reason"]) == ("ended", "journeys_are_off")
        assert sent(product) == []
        assert parked(product) == []

    def test_begins_with_the_next_news_once_they_are_on_again(self, product: Product) -> None:
        only_off(product, "journeys")
        product.write(an_hba1c("first"))
        product.run()
        only_off(product)
        product.write(an_hba1c("second"))
        product.run()

        assert sorted(str(one["reason"]) for one in enrolments_of(product)) == ["None", "journeys_are_off"]
        assert len(sent(product)) == 1

    def test_lets_those_under_way_reach_their_end(self, product: Product) -> None:
        product.write(an_hba1c())
        product.run()
        only_off(product, "journeys")

        product.pass_by(THREE_DAYS + timedelta(days=1))
        product.tick("queue_due_enrolments")

        assert [message.channel for message in sent(product)] == ["sms", "email"]


class TestSegmentsOff:
    def keeps(self, product: Product) -> None:
        token = product.staff("outreach_specialist")
        assert product.ask("PUT", "/api/segments/high", body=SEGMENT, token=token).status == 200
        product.pass_by(timedelta(seconds=3))

    def members(self, product: Product) -> list[str]:
        token = product.staff("care_coordinator")
        answer = product.ask("GET", "/api/segments/high/members", token=token)
        return [member["patient_id"] for member in answer.json["members"]]

    def test_leaves_everybody_where_they_are_until_they_are_on_again(self, product: Product) -> None:
        product.write(a_patient(), a_patient("john"), an_hba1c())
        self.keeps(product)
        only_off(product, "segments")
        product.write(an_hba1c(value=5.5), an_hba1c("johns", of="john"))
        product.run()
        product.clock.pass_by(timedelta(minutes=30))
        product.tick("queue_refreshes")
        product.tick("queue_expiring_memberships")
        meanwhile = self.members(product)
        only_off(product)

        product.tick("queue_refreshes")

        assert (meanwhile, self.members(product)) == (["maria"], ["john"])
        assert parked(product) == []

    def test_fills_a_new_segment_once_they_are_on_again(self, product: Product) -> None:
        product.write(a_patient(), an_hba1c())
        only_off(product, "segments")
        self.keeps(product)
        meanwhile = self.members(product)
        only_off(product)

        product.tick("queue_refreshes")

        assert (meanwhile, self.members(product)) == ([], ["maria"])


class TestOutreachOff:
    @pytest.fixture(autouse=True)
    def opted_in(self, product: Product) -> None:
        keep_definitions(product)
        product.write(a_patient())
        token = product.staff("care_coordinator")
        body = {"channel": "sms", "purpose": "commercial", "choice": "opted_in"}
        said = product.ask("POST", "/api/patients/maria/consents", body=body, token=token)
        assert said.status == 201, said.json

    def is_commercial(self, product: Product) -> None:
        token = product.staff("marketing_manager")
        path = f"/api/templates/{SMS}"
        etag = product.ask("GET", path, token=token).headers["etag"]
        variant = {"channel": "sms", "language": "en", "text": "Come to our open day. STOP to stop"}
        body = {"purpose": "commercial", "default_language": "en", "variants": [variant]}
        assert product.ask("PUT", path, body=body, token=token, If_Match=etag).status == 200

    def test_stops_commercial_messages_and_why_says_so(self, product: Product) -> None:
        self.is_commercial(product)
        only_off(product, "outreach")
        product.write(an_hba1c())
        product.run()

        assert states_of(product) == [("sms", "refused", "outreach_is_off")]
        checks: list[Any] = why(product, messages_of(product)[0])["checks"]
        assert (checks[-1]["check"], checks[-1]["passed"]) == ("outreach", False)
        assert sent(product) == []

    def test_stops_what_was_let_through_and_no_provider_has_got_yet(self, product: Product) -> None:
        self.is_commercial(product)
        product.write(an_hba1c())
        product.run(but="deliveries")
        etag = read(product).headers.get("etag")
        assert etag is None
        put(product, "outreach")
        product.clock.pass_by(IN_FORCE)

        product.run()

        assert states_of(product) == [("sms", "refused", "outreach_is_off")]

    def test_never_stops_a_message_about_somebodys_care(self, product: Product) -> None:
        only_off(product, "outreach")
        product.write(an_hba1c())
        product.run()

        assert len(sent(product)) == 1


class TestADefinition:
    def test_takes_effect_within_two_seconds_and_without_a_restart(self, product: Product) -> None:
        keep_definitions(product)
        product.write(a_patient(), an_hba1c("before"))
        product.run()
        path, token = f"/api/triggers/{TRIGGER}", product.staff("marketing_manager")
        etag = product.ask("GET", path, token=token).headers["etag"]
        stopped = json.loads(shipped("triggers", TRIGGER)) | {"state": "stopped"}
        assert product.ask("PUT", path, body=stopped, token=token, If_Match=etag).status == 200
        product.pass_by(IN_FORCE)

        product.write(an_hba1c("after"))
        product.run()

        assert [one["journey_id"] for one in enrolments_of(product)] == [JOURNEY]
        assert len(sent(product)) == 1


class TestTheQueues:
    def test_are_shown_with_what_lies_in_them(self, product: Product) -> None:
        product.put_on("deliveries", b"{}")
        product.put_on("fhir-changes", b"{}")
        product.die_over("fhir-changes")

        answer = product.ask("GET", "/api/message-queues", token=product.staff("operator"))

        shown = {queue["queue"]: queue for queue in answer.json["queues"]}
        assert [queue["queue"] for queue in answer.json["queues"]] == sorted(shown)
        assert (shown["deliveries"]["waiting"], shown["deliveries"]["dead"]) == (1, 0)
        assert shown["deliveries"]["oldest_waiting_since"] is not None
        assert (shown["fhir-changes"]["waiting"], shown["fhir-changes"]["dead"]) == (0, 1)
        assert shown["fhir-changes"]["oldest_waiting_since"] is None

    def test_are_for_operators(self) -> None:
        assert route_named("list_message_queues").door.roles == {"operator"}
