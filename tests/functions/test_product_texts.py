"""Formulas, markup and controls in every text that a person can enter: kept as text, and nothing else."""

import logging
import re
from collections.abc import Generator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from functions.edge.doors import Door
from shared.access.model import Role
from tests.support.edge_app import everything_in
from tests.support.issuer import NOON, Issuer
from tests.support.product import Answer, Product, a_product, bearer, spelt
from tests.support.product_bodies import A_SLOT, GOOD_BODIES, text_places, with_text
from tests.support.product_chat import Chat, a_bot_elsewhere, answers, offer_slots, open_chat_desk, opens
from tests.support.product_routes import Route, route_named, routes

PLANT = "planted5309"
INJECTIONS = (
    f'=HYPERLINK("http://evil.example/{PLANT}","Click")',
    f"@SUM(1+1)*cmd|' /C calc'!A0 {PLANT}",
    f"<script>alert('{PLANT}')</script>",
    f"\"'><img src=x onerror=alert(1)>{PLANT}",
    f"{{{{7*7}}}}{{% for x in y %}} {PLANT}",
    f"{{0.__class__.__mro__}} {{name}} ${{7*7}} {PLANT}",
    f"a\x00b {PLANT}",
    f"a\u202eb\u2066c\u200b {PLANT}",
    f"x\r\nX-Injected: {PLANT}",
    f"'; DROP TABLE documents; -- {PLANT}",
    f"../../../{PLANT}\\..%2f",
)
MOST_BOOKED = 200
MANY = 200
"""Characters of a body in which there are texts enough to try each in turn with some."""
OF_THIS = (
    "activities",
    "appointments",
    "conversations",
    "direct_line",
    "measures",
    "routing",
    "scenarios",
    "segments",
    "surveys",
    "tasks",
)


class House:
    """A house in which each route finds what it is about, new each time."""

    def __init__(self, product: Product) -> None:
        self.product = open_chat_desk(product)
        offer_slots(
            product, *(NOON + timedelta(days=1, minutes=30 * number) for number in range(MOST_BOOKED))
        )
        self.with_bot = Chat(product, "maria")
        with a_bot_elsewhere(product):
            self.with_bot_elsewhere = Chat(product, "ada")
        self.in_hand = Chat(product, "john").is_handed_over()
        keeper, orders = product.staff("data_administrator"), GOOD_BODIES["put_activity_type"]
        product.ask("PUT", "/api/activity-types/orders", body=orders, token=keeper)
        self._numbers = iter(range(10_000))
        self._slots = (f"slot-{number}" for number in range(MOST_BOOKED))

    @property
    def everybody(self) -> str:
        """Sign in somebody of every role, who is Sam."""
        return self.product.staff(*(role.value for role in Role), sub="sam")

    def sends(self, name: str, body: Mapping[str, Any]) -> Answer:
        """Ask a route, with the key to its door, about something that it can be asked about."""
        route = route_named(name)
        meant = {**body, "slot_id": next(self._slots)} if body.get("slot_id") == A_SLOT else body
        headers = self._key_to(route.door, spelt(meant))
        return self.product.send(
            route.method, route.filled(**self._known(route)), body=meant, headers=headers
        )

    def _known(self, route: Route) -> dict[str, str]:
        chats = {"roles": self.in_hand, "webhook proof": self.with_bot_elsewhere}
        chat = chats.get(route.door.kind, self.with_bot)
        known = {name: f"tried-{next(self._numbers)}" for name in re.findall(r"{(\w+_id)}", route.path)}
        known |= {"conversation_id": chat.id, "patient_id": "maria", "representative_id": self._sam()}
        if "task_id" in known:
            known["task_id"] = self._new("POST", "/api/tasks", {"description": "Call", "to": "me"})
        if route.name == "reject_task":
            self._given_by_rita(known["task_id"])
        if "appointment_id" in known:
            path = "/api/patients/maria/appointments"
            known["appointment_id"] = self._new("POST", path, {"slot_id": next(self._slots)})
        return known

    def _new(self, method: str, path: str, body: object) -> str:
        made = self.product.ask(method, path, body=body, token=self.everybody)
        assert made.status == 201, made.json
        return made.json["id"]

    def _given_by_rita(self, task_id: str) -> None:
        path, rita = f"/api/tasks/{task_id}", self.product.staff("csr_manager", sub="rita")
        owner = self.product.ask("GET", path, token=self.everybody).json["owner"]
        given = self.product.ask("POST", f"{path}/assign", body={"to": owner}, token=rita)
        assert given.status == 200, given.json

    def _sam(self) -> str:
        shown = self.product.ask("GET", "/api/representatives", token=self.everybody).json
        return shown["representatives"][0]["id"]

    def _key_to(self, door: Door, body: bytes) -> Mapping[str, str]:
        match door.kind:
            case "roles":
                return bearer(self.everybody) | {"X-Reason": "a test asks"}
            case "conversation token":
                return bearer(self.with_bot.token)
            case _:
                return self.product.key_to(door, body)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> Generator[House]:
    with a_product(tmp_path_factory.mktemp("texts"), issuer) as one:
        yield House(one)


class TestEveryText:
    def test_of_every_route_is_tried_here(self, house: House) -> None:
        """A route that is added, or a text that one may hold, has to be told to this test."""
        described = house.product.call("describe_api").json
        texts = {name: set(map(top, text_places(body))) for name, body in GOOD_BODIES.items()}

        for route in routes():
            if not (route.takes_body and module_of(route) in OF_THIS):
                continue
            operation = described["paths"][route.path][route.method.lower()]
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            fields = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]["properties"]
            free = {name for name, field in fields.items() if is_free_text(field)}
            assert free - texts[route.name] <= SAID_OTHERWISE, route.name

    @pytest.mark.parametrize("name", GOOD_BODIES)
    def test_is_text_and_nothing_else(
        self, house: House, name: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        good = GOOD_BODIES[name]
        assert house.sends(name, good).status < 300
        few = INJECTIONS if len(spelt(good)) < MANY else INJECTIONS[::3]

        told = {
            (place, text): house.sends(name, with_text(good, place, text))
            for place in text_places(good)
            for text in few
        }
        house.product.run()

        assert {asked: answer.status for asked, answer in told.items() if answer.status >= 500} == {}
        assert house.product.failures == []
        assert PLANT not in everything_in(caplog.records)
        refused = [answer for answer in told.values() if answer.status >= 400]
        assert PLANT not in "".join(answer.body.decode() for answer in refused)
        assert not any("x-injected" in answer.headers for answer in told.values())
        assert {answer.headers["content-type"] for answer in told.values()} <= {
            "application/json",
            "application/problem+json",
            "text/plain",
        }

    def test_is_never_told_as_a_sheet_or_a_page_of_somebody_elses(self, house: House) -> None:
        """A formula is harmless in JSON; if rows are ever given as CSV, they have to be made so there."""
        described = house.product.call("describe_api").json

        told = {
            kind
            for path in described["paths"].values()
            for operation in path.values()
            for response in operation["responses"].values()
            for kind in response.get("content", {})
        }

        assert told <= {"application/json", "application/problem+json", "text/html"}


class TestChat:
    def test_shows_both_sides_what_was_said_as_it_was_said(self, product: Product) -> None:
        chat = Chat(open_chat_desk(product)).is_handed_over()
        kept = [text for text in INJECTIONS if text.isprintable() or "\u202e" in text]

        for text in kept:
            assert chat.says(text).status == 200
            assert chat.sam("messages", {"text": text}).status == 201

        shown = [text for text in chat.texts() if PLANT in text]
        assert shown == [text for text in kept for _ in range(2)]

    def test_leaves_out_controls_that_no_keyboard_makes(self, product: Product) -> None:
        chat = Chat(open_chat_desk(product)).is_handed_over()

        assert chat.says("a\x00b\x1b[2Jc\x7f\u0085d").status == 200

        assert "ab[2Jcd" in chat.texts()

    def test_lets_the_bot_repeat_what_was_entered_and_carry_nothing_out(self, product: Product) -> None:
        """A name that looks like the bot's own place holders is a name."""
        chat = Chat(open_chat_desk(product))
        name = "{email} {{7*7}} {0.__class__} <b>x</b>"
        form = {"name": name, "email": "maria@example.org", "medication": "{name} 10 mg"}

        assert chat.says("Medication refill").status == 200
        assert chat.posts({"type": "message", "value": form}).status == 200
        assert chat.says("Yes").status == 200

        said = "\n".join(chat.texts())
        assert f"Thank you, {name}." in said
        assert "refill of {name} 10 mg" in said
        assert "49" not in said


class TestPages:
    def test_show_what_makers_wrote_as_text(self, product: Product) -> None:
        bad = f"<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{{{7*7}}}}{PLANT}"
        open_chat_desk(product)
        survey: dict[str, Any] = GOOD_BODIES["put_survey"] | {"title": bad, "thank_you": bad, "state": "live"}
        asked: list[dict[str, Any]] = survey["questions"]
        questions = [
            {name: bad if name in ("text", "lowest", "highest") else held for name, held in one.items()}
            for one in asked
        ]
        questions[1]["options"] = [bad, "No"]
        self._keep(product, survey | {"questions": questions})
        link = Chat(product).is_handed_over().is_over()

        pages = [
            opens(product, link),
            answers(product, link, b"settled=x"),
            answers(product, link, b"satisfaction=5"),
        ]

        for page in pages:
            text = page.body.decode()
            assert PLANT in text
            assert "<script" not in text
            assert "<img" not in text
            assert "{{7*7}}" in text
            assert "default-src 'none'" in page.headers["content-security-policy"]

    def _keep(self, product: Product, survey: Any) -> None:
        token = product.staff("omnichannel_administrator")
        etag = product.ask("GET", "/api/surveys/csat", token=token).headers["etag"]
        kept = product.ask("PUT", "/api/surveys/csat", body=survey, token=token, If_Match=etag)
        assert kept.status == 200, kept.json


SAID_OTHERWISE = {"conversation_id", "name", "tags", "value"}
"""An event's own name and the like: what the body of a message does not hold."""


def top(place: tuple[str | int, ...]) -> str:
    return str(place[0])


def is_free_text(schema: Any) -> bool:
    """Say whether a field may hold any text: no choice among words, and no instant."""
    options = schema.get("anyOf", [schema])
    return any(
        one.get("type") == "string" and "enum" not in one and "const" not in one and "format" not in one
        for one in options
    )


def module_of(route: Route) -> str:
    return str(route.call.__module__).rpartition(".")[2]
