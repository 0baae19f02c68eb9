"""Starts the assembly that `assembly_app.py` is, each part a process on a free port."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from local.own_host import ROOT, a_free_port

PYTHON = ROOT / ".venv-assembly" / "bin" / "python"
MOST_SECONDS_TO_START = 30
_DEBIAN = "/usr/lib/postgresql/*/bin"
_TABLES = "from bench.assembly_app import Base, engine; Base.metadata.create_all(engine)"


@dataclass(frozen=True, slots=True)
class Parts:
    """The programs that it needs."""

    redis: str
    initdb: str
    postgres: str
    python: str


class PartMissing(Exception):
    """A program is not on this machine; the text says which."""


def parts() -> Parts:
    """Find the programs. Raises `PartMissing`."""
    if not PYTHON.exists():
        message = "its virtual environment was not made (make bench-intake makes it)"
        raise PartMissing(message)
    return Parts(_program("redis-server"), _program("initdb"), _program("postgres"), str(PYTHON))


def _program(name: str) -> str:
    debian = (str(path) for path in Path("/").glob(f"{_DEBIAN.lstrip('/')}/{name}"))
    found = shutil.which(name) or next(debian, None)
    if found is None:
        message = f"there is no {name}"
        raise PartMissing(message)
    return found


@contextlib.contextmanager
def an_assembly(folder: Path, found: Parts, *, fhir: str) -> Generator[httpx.Client]:
    """Have it while the block lasts, with its tables made; give a client of its web app."""
    folder.mkdir()
    redis, postgres, web = a_free_port(), a_free_port(), a_free_port()
    environment = {
        **os.environ,
        "ASSEMBLY_FHIR": fhir,
        "ASSEMBLY_BROKER": f"redis://127.0.0.1:{redis}/0",
        "ASSEMBLY_DATABASE": f"postgresql+psycopg://postgres@127.0.0.1:{postgres}/postgres",
    }
    with contextlib.ExitStack() as running:
        running.enter_context(_redis(folder / "redis", found, redis))
        running.enter_context(_postgres(folder / "postgres", found, postgres))
        _until(lambda: _asked((found.python, "-c", _TABLES), environment), "tables")
        workers = (found.python, "-m", "celery", "-A", "bench.assembly_app:queue", "worker", "-l", "ERROR")
        running.enter_context(_running((*workers, "-c", str(os.cpu_count() or 1)), folder, environment))
        server = (found.python, "-m", "uvicorn", "bench.assembly_app:web", "--log-level", "error")
        running.enter_context(_running((*server, "--port", str(web)), folder, environment))
        client = running.enter_context(
            httpx.Client(base_url=f"http://127.0.0.1:{web}", timeout=60, trust_env=False)
        )
        _until(lambda: _answers(client), "web app")
        ping = (found.python, "-m", "celery", "-A", "bench.assembly_app:queue", "inspect", "ping")
        _until(lambda: _asked(ping, environment), "workers")
        yield client


@contextlib.contextmanager
def _redis(folder: Path, found: Parts, port: int) -> Generator[None]:
    """Its log is forced to the disk once a second, as is usual."""
    folder.mkdir()
    said = ("--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--appendonly", "yes")
    with _running((found.redis, *said), folder, os.environ):
        yield


@contextlib.contextmanager
def _postgres(folder: Path, found: Parts, port: int) -> Generator[None]:
    """It refuses to run as root: then it runs as `postgres`, or as nobody."""
    folder.mkdir()
    user = _user() if os.geteuid() == 0 else None
    if user is not None:
        shutil.chown(folder, user)
        for above in (folder.parent, folder.parent.parent):
            above.chmod(0o755)
    data = folder / "data"
    made = (found.initdb, "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
    subprocess.run(made, user=user, cwd="/", check=True, capture_output=True)  # noqa: S603  # found above
    said = ("-D", str(data), "-p", str(port), "-k", str(folder), "-c", "listen_addresses=127.0.0.1")
    with _running((found.postgres, *said), folder, os.environ, user=user, ended_by=signal.SIGINT):
        yield


def _user() -> str:
    users = {line.partition(":")[0] for line in Path("/etc/passwd").read_text().splitlines()}
    return "postgres" if "postgres" in users else "nobody"


@contextlib.contextmanager
def _running(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    user: str | None = None,
    ended_by: signal.Signals = signal.SIGTERM,
) -> Generator[None]:
    with (folder / "said.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603  # found above
            command,
            user=user,
            cwd="/" if user else ROOT,
            env=dict(environment),
            stdout=log,
            stderr=log,
        )
    try:
        yield
    finally:
        process.send_signal(ended_by)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + MOST_SECONDS_TO_START
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.2)


def _asked(command: Sequence[str], environment: Mapping[str, str]) -> bool:
    asked = subprocess.run(command, cwd=ROOT, env=dict(environment), check=False, capture_output=True)  # noqa: S603  # ours
    return asked.returncode == 0


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/count").status_code == 200
    except httpx.TransportError:
        return False
