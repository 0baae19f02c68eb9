"""A local host of one's own: started in a process beside, asked over HTTP, ended by its process id."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parent.parent
MOST_SECONDS_TO_START = 60
MOST_SECONDS_TO_BE_IDLE = 60
_AS_JSON = {"Accept": "application/json"}
_AS_FHIR = {"Content-Type": "application/fhir+json"}


class HostDidNotStart(Exception):
    """The host ended or stayed silent; the text is the end of what it said."""


def a_free_port() -> int:
    """Give a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class OwnHost:
    """One data folder, one port, one process at a time; may be killed and started again."""

    def __init__(self, folder: Path, *, port: int | None = None, options: Sequence[str] = ()) -> None:
        self.folder = folder
        self.port = port or a_free_port()
        self.options = tuple(options)
        self.url = f"http://127.0.0.1:{self.port}"
        self.http = httpx.Client(base_url=self.url, timeout=60, trust_env=False)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process and wait until it is ready to work. Raises `HostDidNotStart`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        log = (self.folder / "host.log").open("ab")
        command = [sys.executable, "-m", "local.host", "--data", str(self.folder), "--port", str(self.port)]
        self.process = subprocess.Popen([*command, *self.options], cwd=ROOT, stdout=log, stderr=log)  # noqa: S603  # our own program
        log.close()
        deadline = time.monotonic() + MOST_SECONDS_TO_START
        while not self._is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise HostDidNotStart((self.folder / "host.log").read_text()[-2000:])
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        try:
            return self.http.get("/api/health/ready").status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """Ask it to end and wait for it."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=20)
            self.kill()

    def until_idle(self) -> None:
        """Wait until nothing is queued, due, announced or running."""
        self.until(lambda: self.http.get("/local/idle").json()["idle"] is True)

    def until(self, holds: Callable[[], bool], *, at_most: float = MOST_SECONDS_TO_BE_IDLE) -> None:
        """Ask again and again until it holds, at first at short distances. Raises `TimeoutError`."""
        deadline, pause = time.monotonic() + at_most, 0.02
        while not holds():
            if time.monotonic() > deadline:
                raise TimeoutError
            time.sleep(pause)
            pause = min(1.3 * pause, 0.2)  # over a broker each answer costs both of them much

    def now(self) -> datetime:
        """Give business time."""
        return datetime.fromisoformat(self.http.get("/local/time", headers=_AS_JSON).json()["now"])

    def travel_to(self, instant: datetime) -> None:
        """Make it `instant`; what became due meanwhile begins, see `until_idle`."""
        self.http.post("/local/time", json={"to": instant.isoformat()}).raise_for_status()

    def put_resource(self, resource: Mapping[str, Any]) -> None:
        """Write a FHIR resource live, under its own id."""
        path = f"/fhir/{resource['resourceType']}/{resource['id']}"
        self.http.put(path, content=json.dumps(resource), headers=_AS_FHIR).raise_for_status()

    def token(self, who: str, **claims: Any) -> str:
        """Sign in as staff with roles, or as a patient, at the host's own issuer."""
        answer = self.http.post("/local/oidc/token", content=json.dumps({"who": who, **claims}))
        answer.raise_for_status()
        return answer.json()["access_token"]


@contextlib.contextmanager
def own_host(folder: Path, *, options: Sequence[str] = (), port: int | None = None) -> Generator[OwnHost]:
    """Have a host while the block lasts."""
    host = OwnHost(folder, options=options, port=port)
    try:
        host.start()
        yield host
    finally:
        host.stop()
        host.http.close()
