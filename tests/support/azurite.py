"""Azurite, Microsoft's own emulator of Blob Storage, in a process of its own: over TLS, asked with tokens.

It checks of a token the times, the issuer and whom it is meant for, but not the signature.
"""

import re
import select
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Any

from azure.core.credentials import AccessToken, TokenCredential
from azure.storage.blob import ContainerClient

from shared.adapters.blob_lake import container_client
from tests.stand_ins.certificates import Certificates, certificates_in
from tests.stand_ins.identity import Identity

_PROGRAM = Path(__file__).parents[1] / "judges" / "azurite" / "node_modules" / "azurite"
_PROGRAM_FILE = _PROGRAM / "dist" / "src" / "blob" / "main.js"
NAME = "azurite (npm install --no-package-lock --prefix tests/judges/azurite)"
ACCOUNT = "devstoreaccount1"
_LISTENS = re.compile(rb"listens on (https://127\.0\.0\.1:\d+)")
_MOST_SECONDS_TO_START = 60
NEVER = 2**33
"""When a token is to be asked for again, in seconds since 1970."""


def is_installed() -> bool:
    """Say whether it can be started here."""
    return bool(which("node")) and _PROGRAM_FILE.is_file()


@dataclass(frozen=True, slots=True)
class OwnIdentity(TokenCredential):
    """Gives tokens as a managed identity does; `resource` is whom they are meant for."""

    resource: str = "https://storage.azure.com"

    def get_token(self, *scopes: str, **more: Any) -> AccessToken:  # noqa: ARG002  # the library's own names
        return AccessToken(Identity().token(self.resource), NEVER)


@dataclass(frozen=True, slots=True)
class Azurite:
    """Where it listens, and the certificates by which it is trusted."""

    address: str
    certificates: Certificates
    process: subprocess.Popen[bytes]

    def client(
        self, container: str, *, credential: TokenCredential | None = None, **more: Any
    ) -> ContainerClient:
        """Give the client of a container, which need not be there. Whoever asks for it closes it."""
        trusting = {"connection_verify": str(self.certificates.ca)}
        endpoint = f"{self.address}/{ACCOUNT}"
        return container_client(endpoint, container, credential or OwnIdentity(), **(trusting | more))


@dataclass(frozen=True, slots=True)
class Container:
    """A container of one test's own."""

    azurite: Azurite
    name: str

    def client(self, **more: Any) -> ContainerClient:
        """Give a client of it. Whoever asks for it closes it."""
        return self.azurite.client(self.name, **more)

    def create(self) -> None:
        """Do what Bicep does."""
        with self.client() as client:
            client.create_container()


@contextmanager
def an_azurite(folder: Path) -> Generator[Azurite]:
    """Run it with nothing in it, in memory, while the block lasts."""
    certificates = certificates_in(folder / "certificates")
    process = subprocess.Popen(_command(certificates), cwd=folder, bufsize=0, stdout=subprocess.PIPE)
    try:
        yield Azurite(_when_ready(process), certificates, process)
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _command(certificates: Certificates) -> list[str]:
    options = ("--silent", "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry")
    listening = ("--blobHost", "127.0.0.1", "--blobPort", "0", "--oauth", "basic")
    trusted = ("--cert", str(certificates.server), "--key", str(certificates.key))
    return [which("node") or "node", str(_PROGRAM_FILE), *options, *listening, *trusted]


def _when_ready(process: subprocess.Popen[bytes]) -> str:
    """Read up to the line that says where it listens."""
    assert process.stdout
    deadline = time.monotonic() + _MOST_SECONDS_TO_START
    said = b""
    while time.monotonic() < deadline and process.poll() is None:
        if select.select([process.stdout], [], [], 0.5)[0]:
            said += process.stdout.readline()
            if found := _LISTENS.search(said):
                return found[1].decode()
    raise AssertionError(said.decode())
