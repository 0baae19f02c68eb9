"""A number said in chat, to a bot, of a visit, in a survey and of a task stays where it was said (D17)."""

import json
import logging
from collections.abc import Generator, Mapping
from pathlib import Path

import pytest

from tests.support.edge_app import PLANTED
from tests.support.emitted import Emitted
from tests.support.issuer import Issuer
from tests.support.product import Answer, Product, a_product
from tests.support.product_chat import (
    TOMORROW,
    Chat,
    a_bot_elsewhere,
    answers,
    offer_slots,
    open_chat_desk,
    opens,
    sam,
)
from tests.support.told import Told

SEEN_BY_PATIENTS_AND_STAFF = "answers"


@pytest.fixture
def product(tmp_path: Path, issuer: Issuer) -> Generator[Product]:
    with a_product(tmp_path, issuer) as one:
        yield open_chat_desk(one)


@pytest.fixture
def emitted(product: Product, told: Told, caplog: pytest.LogCaptureFixture) -> Emitted:
    caplog.set_level(logging.DEBUG)
    return Emitted.by(product, told)


def leaks(emitted: Emitted, caplog: pytest.LogCaptureFixture) -> Mapping[str, str]:
    """Give what surrounds it wherever it is, but for the answers that are there to show it."""
    texts = emitted.texts(caplog.records)
    found = {
        place: text.find(PLANTED) for place, text in texts.items() if place != SEEN_BY_PATIENTS_AND_STAFF
    }
    return {place: texts[place][max(0, at - 200) : at + 100] for place, at in found.items() if at >= 0}


def done(answer: Answer) -> Answer:
    assert answer.status < 300, answer.json
    return answer


class TestTheNumber:
    def test_said_in_a_conversation_stays_in_it(
        self, product: Product, emitted: Emitted, caplog: pytest.LogCaptureFixture
    ) -> None:
        chat = Chat(product)
        form = {"name": PLANTED, "email": f"{PLANTED}@example.org", "medication": PLANTED}
        done(chat.says("Medication refill"))
        done(chat.posts({"type": "message", "value": form}))
        done(chat.says("Yes"))
        product.run()
        done(chat.sam("accept"))
        done(chat.says(f"My number is {PLANTED}"))
        done(chat.posts({"type": "event", "name": "told", "value": {"number": PLANTED}}))
        done(chat.posts({"type": "message", "text": "x", "channelData": {"clientActivityID": "one"}}))
        done(chat.sam("messages", {"text": f"{PLANTED}, I see"}))
        for bad in ({"text": [PLANTED]}, {"type": PLANTED}, {"attachments": [{"contentType": PLANTED}]}):
            assert chat.posts({"type": "message"} | bad).status == 400
        for look in ("", "/transcript", "/accept-screen"):
            chat.staff_read(look)
        product.ask("GET", "/api/me/work", token=sam(product))
        product.ask("GET", "/api/conversations", token=sam(product))
        chat.is_over()

        assert PLANTED in "\n".join(chat.texts())
        assert product.failures == []
        assert leaks(emitted, caplog) == {}

    def test_told_by_a_bot_stays_in_the_context(
        self, product: Product, emitted: Emitted, caplog: pytest.LogCaptureFixture
    ) -> None:
        with a_bot_elsewhere(product):
            chat = Chat(product)
        context = {"Name": PLANTED, "Topic": PLANTED, PLANTED: "x"}
        done(chat.says(f"It is {PLANTED}"))
        done(chat.bot({"type": "message", "id": "one", "text": PLANTED}))
        tags = {"type": "Escalate", "context": context}
        done(chat.bot({"type": "message", "channelData": {"tags": tags}}))
        product.run()
        assert chat.bot({"type": "message", "channelData": {"tags": {"type": PLANTED}}}).status in (400, 409)
        assert chat.bot({"type": "message", "channelData": {"tags": json.dumps(tags)}}).status == 409
        done(chat.sam("accept"))
        chat.staff_read("/accept-screen")
        chat.is_over()

        assert product.failures == []
        assert leaks(emitted, caplog) == {}

    def test_given_as_a_reason_stays_with_the_visit(
        self, product: Product, emitted: Emitted, caplog: pytest.LogCaptureFixture
    ) -> None:
        offer_slots(product, TOMORROW)
        maria = product.patient("maria")
        body = {"slot_id": "slot-0", "reason": f"About {PLANTED}"}
        booked = done(product.ask("POST", "/api/me/appointments", body=body, token=maria)).json["id"]
        product.ask("POST", "/api/me/appointments", body=body, token=product.patient("john"))
        product.ask(
            "POST", "/api/me/appointments", body={"slot_id": PLANTED, "reason": [PLANTED]}, token=maria
        )
        path = f"/api/me/appointments/{booked}"
        done(product.ask("POST", f"{path}/cancel", body={"reason": PLANTED}, token=maria))
        product.run()
        for look in ("/api/me/appointments", "/api/me/bookings", path):
            done(product.ask("GET", look, token=maria))

        assert product.failures == []
        assert leaks(emitted, caplog) == {}

    def test_answered_in_a_survey_stays_with_the_answer(
        self, product: Product, emitted: Emitted, caplog: pytest.LogCaptureFixture
    ) -> None:
        chat = Chat(product).is_handed_over()
        link = chat.is_over()
        opens(product, link)
        answers(product, link, f"satisfaction={PLANTED}&{PLANTED}={PLANTED}".encode())
        answered = answers(product, link, f"satisfaction=1&more={PLANTED}".encode())
        product.run()
        shown = done(product.ask("GET", f"/api/conversations/{chat.id}/survey", token=sam(product)))
        tasks = done(product.ask("GET", "/api/tasks", token=product.staff("csr_manager")))

        assert (answered.status, PLANTED in shown.body.decode()) == (200, True)
        assert PLANTED not in tasks.body.decode()
        assert product.failures == []
        assert [place for place in leaks(emitted, caplog) if place != "refusals"] == []

    def test_noted_on_a_task_stays_there(
        self, product: Product, emitted: Emitted, caplog: pytest.LogCaptureFixture
    ) -> None:
        token = product.staff("csr_manager", sub="rita")
        new = {"description": f"Call {PLANTED}", "patient_id": "maria", "to": "me"}
        made = done(product.ask("POST", "/api/tasks", body=new, token=token)).json["id"]
        path = f"/api/tasks/{made}"
        done(product.ask("POST", f"{path}/notes", body={"text": f"{PLANTED} is busy"}, token=token))
        assert (
            product.ask("POST", f"{path}/notes", body={"text": [PLANTED], PLANTED: 1}, token=token).status
            == 400
        )
        done(product.ask("POST", f"{path}/complete", body={"outcome": f"{PLANTED} reached"}, token=token))
        assert product.ask("POST", f"{path}/cancel", body={"why": PLANTED}, token=token).status == 409
        product.run()
        done(product.ask("GET", path, token=token))
        done(product.ask("GET", "/api/tasks", token=token))

        assert product.failures == []
        assert leaks(emitted, caplog) == {}
