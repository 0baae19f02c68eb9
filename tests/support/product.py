"""The real product in a folder: its doors, and what happens behind them while the clock stands still."""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import azure.functions as func

from functions.edge.callers import signature
from functions.edge.doors import Door
from shared.access.ports import SealPurpose
from shared.consent.links import PreferenceLink
from shared.consent.model import Purpose
from shared.fhir.ports import Resource, Write
from shared.kernel.clock import StoppedClock
from shared.kernel.identity import PatientId
from shared.kernel.queues import OutgoingMessage
from shared.wiring.composition import Application, serve_as
from shared.wiring.settings import Settings
from tests.support import edge_app
from tests.support.issuer import NOON, Issuer
from tests.support.product_machine import LOCKED_FOR, run_to_rest, tick
from tests.support.product_routes import Route, documented, example, found, route_named

HOST = "https://hospital.example"
_THAT_ONE_LOOKED = ("break-glass/", "guesses/")


@dataclass(frozen=True, slots=True)
class Answer(edge_app.Answer):
    """An answer, read; `fields` are those that it finds fault with."""

    @property
    def fields(self) -> set[str]:
        return {error["field"] for error in self.json.get("errors", ())}


@dataclass(slots=True)
class Product:
    """The application, and who may come in. `failures` is what functions raised to their host.

    Whichever product is spoken to is the process's application from then on.
    """

    app: Application
    clock: StoppedClock
    issuer: Issuer
    failures: list[Exception] = field(default_factory=list[Exception])
    answers: list[tuple[Route, Answer]] = field(default_factory=list[tuple[Route, Answer]])

    # -- at the doors

    def staff(self, *roles: str, **changed: Any) -> str:
        """Sign a token for somebody with these roles, good for the hour that it is."""
        return self._token("staff", **({"roles": list(roles)} | changed))

    def patient(self, patient_id: str, **changed: Any) -> str:
        """Sign a token for a patient, whose portal says which record is theirs."""
        return self._token("portal", **({"sub": f"login-{patient_id}", "patient_id": patient_id} | changed))

    def key_to(self, door: Door, body: bytes = b"") -> dict[str, str]:
        """Give the headers that open a door."""
        match door.kind:
            case "roles":
                why = {"X-Reason": "to try the door"} if door.tie else {}
                return bearer(self.staff(min(door.roles))) | why
            case "signed in":
                return bearer(self.staff())
            case "patient" | "patient login":
                return bearer(self.patient("maria"))
            case "conversation token":
                return bearer(self.chat_token("c1", patient_id="maria"))
            case "webhook proof":
                return self.proof(door, body)
            case _:
                return {}

    def link_to(self, door: Door) -> dict[str, str]:
        """Give the link that opens a door for preferences, which stands in the path."""
        if door.purpose != "preferences":
            return {}
        until = self.clock.now() + timedelta(days=1)
        contact = f"email~{0:040x}"
        link = PreferenceLink(contact, PatientId("maria"), Purpose.COMMERCIAL, None, None, until)
        return {"link": self.app.preference_links.page(link).rpartition("/")[2]}

    def chat_token(self, conversation_id: str, *, patient_id: str = "", user: str = "dl_maria") -> str:
        """Seal a token that opens one conversation for half an hour."""
        told = {"conversation": conversation_id, "patient": patient_id, "user": user}
        ends = self.clock.real() + timedelta(minutes=30)
        return self.app.seals.seal(SealPurpose.CONVERSATION, told, expires_at=ends)

    def proof(self, door: Door, body: bytes, *, ago: timedelta = timedelta()) -> dict[str, str]:
        """Give what proves that a web hook's caller knows its secret."""
        secret = self.secret_of(door)
        if door.by_code:
            return {"X-Webhook-Code": secret}
        at = str(int((self.clock.real() - ago).timestamp()))
        return {"X-Webhook-Timestamp": at, "X-Webhook-Signature": signature(secret, at, body)}

    def secret_of(self, door: Door) -> str:
        """Give what a web hook's caller knows; of several sources, the first one."""
        held = getattr(self.app.settings, door.secret or "")
        return (held[0].secret if door.of_source else held).value

    def ask(
        self, method: str, path: str, *, body: object = None, token: str | None = None, **headers: str
    ) -> Answer:
        """Send a request; a header's name is spelt with underscores (`If_Match`).

        Where the edge asks staff for a tie a reason is given, unless the headers say `X_Reason=""`.
        """
        door = found(method, path.partition("?")[0])[0].door
        why = {"X-Reason": "a test asks"} if door.tie not in {None, "act"} else {}
        named = why | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send(method, path, body=body, headers=named | (bearer(token) if token else {}))

    def call(self, name: str, body: object = None, **known: str) -> Answer:
        """Call a route by its function's name, with the key to its door."""
        route = route_named(name)
        headers = self.key_to(route.door, spelt(body))
        path = route.filled(**(self.link_to(route.door) | known))
        return self.send(route.method, path, body=body, headers=headers)

    def send(
        self, method: str, path: str, *, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request as a host would. A status that the API's description does not know is a failure."""
        serve_as(self.app)
        place, _, asked = path.partition("?")
        route, named = found(method, place)
        raw = spelt(body)
        request = func.HttpRequest(
            method,
            f"{HOST}{path}",
            headers=({"Content-Type": "application/json"} if raw else {}) | dict(headers or {}),
            params=dict(parse_qsl(asked, keep_blank_values=True)),
            route_params=named,
            body=raw,
        )
        response = route.call(req=request)
        told = {"content-type": response.mimetype}
        told |= {name.lower(): value for name, value in response.headers.items()}
        answer = Answer(response.status_code, told, response.get_body())
        known = documented()[route.path, route.method]
        assert answer.status in known, f"{route.name} is not described as answering {answer.status}"
        self.answers.append((route, answer))
        return answer

    def _token(self, who: str, **claims: Any) -> str:
        now = self.clock.real()
        of_now: dict[str, Any] = {"nbf": now - timedelta(minutes=5), "exp": now + timedelta(hours=1)}
        return self.issuer.token(who, **(of_now | claims))

    # -- behind them

    def write(self, *resources: Resource) -> None:
        """Write into the record, as a clinic's own system does."""
        self.app.record.transaction([Write("PUT", one["resourceType"], one["id"], one) for one in resources])

    def delete(self, kind: str, id_: str) -> None:
        """Take something out of the record."""
        self.app.record.transaction([Write("DELETE", kind, id_)])

    def put_on(self, queue: str, body: object, *, named: str = "stray", session: str | None = None) -> None:
        """Put a message on a queue that no function of ours has sent."""
        self.app.queues.send(queue, [OutgoingMessage(named, spelt(body), session=session)])

    def die_over(self, queue: str) -> None:
        """Let host after host take what is due in a plain queue and die over it, until no more take it."""
        while self.app.receiver.receive(queue, limit=10, lock_for=LOCKED_FOR):
            self.clock.pass_by(LOCKED_FOR)

    def run(self, *, but: str | None = None) -> None:
        """Do all that is due until nothing is: change events, relay, queues but one if told."""
        serve_as(self.app)
        self.failures += run_to_rest(self.app, but=but)

    def tick(self, name: str) -> None:
        """Let one timer tick, and do what it found."""
        serve_as(self.app)
        tick(name)
        self.run()

    def pass_by(self, duration: timedelta) -> None:
        """Let time go by, and do what has become due."""
        self.clock.pass_by(duration)
        self.run()

    def footprint(self) -> object:
        """Give what changes with every document that is written and every message that is sent.

        That somebody looked is remembered too, but changes nothing.
        """
        changed, _ = self.app.change_feed.read("onlooker", limit=1_000_000)
        written = [one["_etag"] for one in changed if not one["partition"].startswith(_THAT_ONE_LOOKED)]
        depths = [depth for depth in self.app.receiver.depths() if depth.queue != "audit-entries"]
        return written, depths, self.app.embedded_record.events(0, 1_000)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def spelt(body: object) -> bytes:
    """Spell a body as JSON, unless it is spelt already."""
    return body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()


@contextmanager
def a_product(folder: Path, issuer: Issuer, *, at: datetime = NOON, **changed: Any) -> Generator[Product]:
    """Serve as the product of the example's settings, some of them changed; taken away after."""
    values = {**example(), "DATA_FOLDER": str(folder)}
    settings = replace(Settings.read_from(values), token_issuers=issuer.settings(), **changed)
    clock = StoppedClock(at)
    app = Application(settings, clock=clock)
    serve_as(app)
    try:
        yield Product(app, clock, issuer)
    finally:
        serve_as(None)
        app.close()
