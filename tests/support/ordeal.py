"""The kill test's stage: a house that is killed again and again, and a sink that writes down what it gets."""

import contextlib
import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import httpx

from local.own_host import ROOT, OwnHost, a_free_port
from shared.messaging.documents import CLAIMED_UNTIL
from tests.support.house_of import house_of

MORNING = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
PATIENCE = (0.3, 1.5)
MOST_BETWEEN_KILLS = 12
MOST_SECONDS_TO_SETTLE = 60
TEXTS = ("The first word. STOP ends this.", "The second word. STOP ends this.")
REPORT_SECRET = "laptop-only-report-secret"  # noqa: S105  # the example settings' own
STEPS_OF = {"first": 1, "second": 2}
A1C = {"system": "http://loinc.org", "code": "4548-4"}


@dataclass
class Sink:
    """A provider in a process of its own; its journal is what counts."""

    folder: Path
    options: tuple[str, ...] = ()
    port: int = field(default_factory=a_free_port)
    smtp_port: int = field(default_factory=a_free_port)

    @property
    def journal(self) -> Path:
        return self.folder / "sink.jsonl"

    @contextlib.contextmanager
    def running(self) -> Generator["Sink"]:
        ports = ("--port", str(self.port), "--smtp-port", str(self.smtp_port))
        command = [sys.executable, "-m", "local.sink", *ports, "--journal", str(self.journal)]
        process = subprocess.Popen([*command, *self.options], cwd=ROOT)
        try:
            _until(lambda: _answers(self.port))
            yield self
        finally:
            process.terminate()
            process.wait()

    def length(self) -> int:
        """Count what has been journalled."""
        return self.journal.read_bytes().count(b"\n") if self.journal.exists() else 0

    def entries(self) -> list[dict[str, Any]]:
        if not self.journal.exists():
            return []
        return [json.loads(line) for line in self.journal.read_text().splitlines()]


def _answers(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)
    except httpx.TransportError:
        return False
    return True


def _until(holds: Any, at_most: float = 60) -> None:
    deadline = time.monotonic() + at_most
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.02)


@dataclass(frozen=True)
class Person:
    """One patient of the ordeal: found again in the journal by an address that nobody else has."""

    number: int

    @property
    def id(self) -> str:
        return f"ordeal-{self.number:03}"

    @property
    def phone(self) -> str:
        return f"+44770090{self.number:04}"

    @property
    def email(self) -> str:
        return f"{self.id}@example.org"

    def as_fhir(self) -> dict[str, Any]:
        return {
            "resourceType": "Patient",
            "id": self.id,
            "active": True,
            "name": [{"family": "O'Neill", "given": ["Ada"]}],
            "birthDate": "1960-02-29",
            "telecom": [
                {"system": "phone", "use": "mobile", "value": self.phone},
                {"system": "email", "value": self.email},
            ],
        }

    def due_change(self) -> dict[str, Any]:
        return {
            "resourceType": "Observation",
            "id": f"a1c-{self.number:03}",
            "status": "final",
            "code": {"coding": [A1C]},
            "subject": {"reference": f"Patient/{self.id}"},
            "effectiveDateTime": "2026-06-01T08:00:00Z",
            "valueQuantity": {"value": 9.4, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"},
        }


class Killer:
    """Kills the host at random points of its work and starts it again, so many times.

    A point is reached when the sink has been given so many more messages: then others are half-way. Where
    none come, patience ends, and the host is killed at whatever it does.
    """

    def __init__(self, host: OwnHost, sink: Sink, chance: random.Random, *, kills: int) -> None:
        self._host, self._sink, self._chance, self._kills = host, sink, chance, kills
        self._thread = threading.Thread(target=self._run)
        self.failure: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        if self.failure is not None:
            raise self.failure

    def _run(self) -> None:
        pause = threading.Event()
        try:
            for _ in range(self._kills):
                point = self._sink.length() + self._chance.randint(1, MOST_BETWEEN_KILLS)
                ends = time.monotonic() + self._chance.uniform(*PATIENCE)
                while self._sink.length() < point and time.monotonic() < ends:
                    pause.wait(0.002)
                self._host.kill()
                self._host.start()
        except BaseException as failure:  # noqa: BLE001  # told to the test by __exit__
            self.failure = failure


@dataclass(frozen=True)
class Ordeal:
    """200 due changes, a journey of two text messages three days apart and a later e-mail, and many kills.

    A forgetful provider knows no keys, and what it is given is commercial. `options` are the host's, and
    `trouble` is made while the changes are being written.
    """

    folder: Path
    seed: int
    people: int = 200
    kills: int = 7
    forgetful: bool = False
    options: tuple[str, ...] = ()
    trouble: Callable[[], object] | None = None

    def findings(self) -> list[str]:
        """Go through it; give every promise that was not kept."""
        port = a_free_port()
        reports = ("--report-to", f"http://127.0.0.1:{port}/api/delivery-reports", "--secret", REPORT_SECRET)
        options = ("--delay-ms", "15", *reports, *(("--forgets-keys",) if self.forgetful else ()))
        chance = random.Random(self.seed)  # noqa: S311  # a seed, not a secret
        with Sink(self.folder, options).running() as sink:
            host = OwnHost(self.folder / "data", port=port, options=self._host_options(sink))
            try:
                host.start()
                self._prepare(host)
                if self.trouble is not None:
                    self.trouble()
                with Killer(host, sink, chance, kills=self.kills):
                    self._write_changes(host)
                self._until_settled(host)
                first = self._judged(host, sink, after=1)
                with Killer(host, sink, chance, kills=self.kills // 2):
                    until_taken(lambda: host.travel_to(host.now() + timedelta(days=3, minutes=1)))
                self._until_settled(host)
                return first + self._judged(host, sink, after=2)
            finally:
                host.stop()
                host.http.close()

    @property
    def cast(self) -> list[Person]:
        return [Person(number) for number in range(self.people)]

    def _host_options(self, sink: Sink) -> list[str]:
        url = f"http://127.0.0.1:{sink.port}/messages"
        said = {
            "SMS_GATEWAY_HONOURS_KEYS": "false" if self.forgetful else "true",
            "CLAIM_LASTS_SECONDS": "3",
            "CLAIM_SWEEP_SCHEDULE": "* * * * * *",
        }
        chosen = ["--sms", "gateway", "--sms-url", url, "--email", "smtp", "--smtp-port", str(sink.smtp_port)]
        chosen += [part for name, value in said.items() for part in ("--set", f"{name}={value}")]
        return [*self.options, *chosen]

    def _prepare(self, host: OwnHost) -> None:
        host.travel_to(MORNING)
        makers = host.token("staff", subject="nina", roles=["marketing_manager", "outreach_specialist"])
        for kind, name, definition in definitions(commercial=self.forgetful):
            _ask(host, "PUT", f"/api/{kind}/{name}", makers, definition)
        for person in self.cast:
            host.put_resource(person.as_fhir())
            if self.forgetful:
                consent = {"channel": "sms", "purpose": "commercial", "choice": "opted_in"}
                _ask(host, "POST", f"/api/patients/{person.id}/consents", makers, consent)
        host.until_idle()

    def _write_changes(self, host: OwnHost) -> None:
        def write(person: Person) -> None:
            until_taken(lambda: host.put_resource(person.due_change()))

        with ThreadPoolExecutor(4) as hospital:
            list(hospital.map(write, self.cast))

    def _until_settled(self, host: OwnHost) -> None:
        """Wait until nothing is queued and no claim stands: what now is missing would stay missing."""
        with contextlib.suppress(TimeoutError):
            host.until(
                lambda: _is_idle(host) and not self._claims(host) and _is_idle(host),
                at_most=MOST_SECONDS_TO_SETTLE,
            )

    def _claims(self, host: OwnHost) -> int:
        with house_of(host, host.now()) as house:
            return len(house.documents.find(CLAIMED_UNTIL, dict[str, Any]).items)

    def _judged(self, host: OwnHost, sink: Sink, *, after: int) -> list[str]:
        """Compare what the sink accepted with what was due after so many of the text messages."""
        taken = [entry for entry in sink.entries() if entry["outcome"] == "accepted"]
        accepted = Counter((entry["to"], entry["text"]) for entry in taken)
        uncertain = self._uncertain(host)
        found: list[str] = []
        for person in self.cast:
            for number, text in enumerate(TEXTS, 1):
                count = accepted.pop((person.phone, text), 0)
                due = number <= after
                missing = due and count == 0 and (person.id, number) not in uncertain
                if missing or count > (1 if due else 0):
                    found.append(f"after {after}: text {number} to {person.id} was accepted {count} times")
        found += [f"after {after}: {count} strangers: {text!r}" for (_, text), count in accepted.items()]
        if not any(self._is_reported(host, person) for person in self.cast[:10]):
            found.append(f"after {after}: no delivery report has come back")
        return found

    def _is_reported(self, host: OwnHost, person: Person) -> bool:
        """Say whether the provider's report on one person's message was taken in."""
        token = host.token("staff", subject="cara", roles=["care_coordinator"])
        messages = _ask(host, "GET", f"/api/patients/{person.id}/messages", token)["messages"]
        return any(message["state"] == "delivered" for message in messages)

    def _uncertain(self, host: OwnHost) -> set[tuple[str, int]]:
        """Give what is listed as uncertain: who, and which of the texts."""
        token = host.token("staff", subject="otto", roles=["operator"])
        listed: set[tuple[str, int]] = set()
        after = ""
        while True:
            page = _ask(host, "GET", f"/api/messages/uncertain?limit=100{after}", token)
            for one in page["messages"]:
                listed.add((one["patient_id"], STEPS_OF[one["because"].split("~")[-1]]))
            if page["next"] is None:
                return listed
            after = f"&after={page['next']}"


def definitions(*, commercial: bool) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give the trigger, the templates and the journey of the ordeal."""
    trigger = {
        "name": "HbA1c above 7 %",
        "resource_type": "Observation",
        "when": "either",
        "codes": [A1C],
        "conditions": [{"kind": "value", "comparison": "above", "threshold": 7.0}],
        "state": "ready_to_use",
    }
    yield "triggers", "ordeal", trigger
    for number, text in enumerate(TEXTS, 1):
        purpose = "commercial" if commercial else "transactional"
        yield "templates", f"ordeal-{number}", _template(purpose, channel="sms", text=text)
    early = _template("transactional", channel="email", subject="Too early", text="This is not due yet.")
    yield "templates", "ordeal-mail", early
    steps = [
        {"kind": "send_message", "id": "first", "channel": "sms", "template_id": "ordeal-1"},
        {"kind": "wait", "id": "three-days", "days": 3},
        {"kind": "send_message", "id": "second", "channel": "sms", "template_id": "ordeal-2"},
        {"kind": "wait", "id": "another-week", "days": 7},
        {"kind": "send_message", "id": "mail", "channel": "email", "template_id": "ordeal-mail"},
    ]
    journey = {"name": "Ordeal", "purpose": "To be killed", "starts_on": "ordeal", "reentry_days": 90}
    yield "journeys", "ordeal", {**journey, "steps": steps, "state": "live"}


def _template(purpose: str, **variant: str) -> dict[str, Any]:
    return {"purpose": purpose, "default_language": "en", "variants": [{"language": "en", **variant}]}


def _is_idle(host: OwnHost) -> bool:
    return host.http.get("/local/idle").json()["idle"] is True


def _ask(host: OwnHost, method: str, path: str, token: str, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {token}", "X-Reason": "watches the ordeal"}
    answer = host.http.request(method, path, json=body, headers=headers)
    answer.raise_for_status()
    return answer.json()


def until_taken(act: Callable[[], object]) -> None:
    """Do it again until it was answered, as a hospital's system would while ours is being killed."""
    while True:
        with contextlib.suppress(httpx.TransportError, httpx.HTTPStatusError):
            act()
            return


if __name__ == "__main__":
    where, seed, people, provider = sys.argv[1:]
    found = Ordeal(Path(where), int(seed), int(people), forgetful=provider == "forgetful").findings()
    sys.stdout.write(("\n".join(found) or "every promise was kept") + "\n")
    sys.exit(1 if found else 0)
