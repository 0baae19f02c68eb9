"""A managed identity's endpoint as App Service offers it, and the check of the tokens it gives.

It answers an application that holds the secret of `IDENTITY_HEADER` and names an API version and a resource,
over plain HTTP on loopback, and signs with a key of its own. The key's public half lies in the run folder, so
that other stand-ins can check the tokens in processes of their own. Token times are the machine's: no test
moves them.

    with an_identity(folder) as identity:
        environment |= identity.environment
        Tokens(folder).verify(token, "https://servicebus.azure.net/")
"""

import argparse
import hmac
import json
import secrets
import signal
import sys
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from shared.kernel.clock import Clock, SystemClock

API_VERSION = "2019-08-01"
TENANT = "6f1d9a43-6f43-4c1e-9df2-0f4c1d6b9a11"
ISSUER = f"https://sts.windows.net/{TENANT}/"
CLIENT_ID = "0b9a2c4e-5d6f-4a7b-8c9d-1e2f3a4b5c6d"
PRINCIPAL_ID = "9c8b7a6d-5e4f-4d3c-8b2a-1f0e9d8c7b6a"
KEY_NAME = "stand-in"
KEYS_FILE = "identity-keys.json"
ENDINGS = {signal.SIGTERM, signal.SIGINT}
_CLOCK = SystemClock()


class NotAccepted(Exception):
    """The token does not open this door; the text says why and never shows the token."""


@dataclass(slots=True)
class Tokens:
    """Checks tokens by the public key in the run folder; one that was good is remembered until it ends."""

    folder: Path
    clock: Clock = _CLOCK
    _good: dict[tuple[str, str], tuple[float, Mapping[str, Any]]] = field(default_factory=dict[Any, Any])
    _key: rsa.RSAPublicKey | None = None

    def verify(self, token: str, audience: str) -> Mapping[str, Any]:
        """Give the claims of a token that is signed, not over and for this audience. Raises `NotAccepted`."""
        ends, claims = self._good.get((token, audience), (0.0, {}))
        if ends > self.clock.real().timestamp():
            return claims
        claims = self._read(token, audience)
        self._good[token, audience] = (claims["exp"], claims)
        return claims

    def _read(self, token: str, audience: str) -> Mapping[str, Any]:
        options: Any = {"require": ["exp", "aud", "iss", "oid"], "verify_aud": False, "verify_exp": False}
        try:
            claims = jwt.decode(token, self._public(), algorithms=["RS256"], issuer=ISSUER, options=options)
        except jwt.InvalidTokenError as refused:
            raise NotAccepted(type(refused).__name__) from None
        if str(claims["aud"]).rstrip("/") != audience.rstrip("/"):
            raise NotAccepted(claims["aud"], "is not", audience)
        if claims["exp"] <= self.clock.real().timestamp():
            raise NotAccepted(audience, "Expired")
        return claims

    def _public(self) -> rsa.RSAPublicKey:
        if self._key is None:
            published: Any = json.loads((self.folder / KEYS_FILE).read_text())
            found = RSAAlgorithm.from_jwk(published["keys"][0])
            assert isinstance(found, rsa.RSAPublicKey)
            self._key = found
        return self._key


@dataclass(slots=True)
class Identity:
    """The endpoint: what an application must be told, and how it behaves from now on."""

    secret: str = field(default_factory=lambda: secrets.token_hex(16))
    url: str = ""
    lifetime: timedelta = timedelta(hours=24)
    """How long a token lasts; App Service gives a day. Clients ask again five minutes before the end."""
    slow_by: timedelta = timedelta()
    refuses: bool = False
    asked: list[str] = field(default_factory=list[str])
    """The resources tokens were asked for, in order, refused or not."""
    _stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def environment(self) -> dict[str, str]:
        """Give what App Service puts into an application's environment."""
        return {"IDENTITY_ENDPOINT": f"{self.url}/msi/token", "IDENTITY_HEADER": self.secret}

    def token(self, resource: str, **changed: Any) -> str:
        """Sign a token, with some claims changed; None leaves one out."""
        now = _CLOCK.real()
        good: dict[str, Any] = {
            "aud": resource,
            "iss": ISSUER,
            "iat": now - timedelta(seconds=1),
            "nbf": now - timedelta(minutes=5),
            "exp": now + self.lifetime,
            "appid": CLIENT_ID,
            "oid": PRINCIPAL_ID,
            "sub": PRINCIPAL_ID,
            "tid": TENANT,
            "idtyp": "app",
        }
        claims = {name: claim for name, claim in (good | changed).items() if claim is not None}
        return jwt.encode(claims, _private_key(), algorithm="RS256", headers={"kid": KEY_NAME})

    def stop(self) -> None:
        """Let nobody wait any longer."""
        self._stopping.set()

    def answer(self, path: str, secret: str) -> tuple[int, dict[str, Any]]:
        """Answer a GET: the status and the body."""
        asked = urlsplit(path)
        wish = {name: values[0] for name, values in parse_qs(asked.query).items()}
        if asked.path == "/jwks":
            return 200, published_keys()
        if asked.path != "/msi/token":
            return 404, _refusal(404, "There is nothing here.")
        self.asked.append(wish.get("resource", ""))
        self._stopping.wait(self.slow_by.total_seconds())
        return self._granted(wish, secret)

    def _granted(self, wish: Mapping[str, str], secret: str) -> tuple[int, dict[str, Any]]:
        if not hmac.compare_digest(secret.encode(), self.secret.encode()):
            return 401, _refusal(401, "X-IDENTITY-HEADER is not the one this application was given.")
        if wish.get("api-version") != API_VERSION or not wish.get("resource"):
            return 400, _refusal(400, f"api-version={API_VERSION} and a resource are needed.")
        if wish.get("client_id", CLIENT_ID) != CLIENT_ID:
            return 400, _refusal(400, "No identity with this client_id is assigned to the application.")
        if self.refuses:
            return 500, _refusal(500, "The identity provider cannot be reached.")
        ends = str(int((_CLOCK.real() + self.lifetime).timestamp()))
        token = self.token(wish["resource"])
        kind = {"token_type": "Bearer", "client_id": CLIENT_ID}
        return 200, {"access_token": token, "expires_on": ends, "resource": wish["resource"], **kind}

    def behave(self, wish: Mapping[str, Any]) -> None:
        """Take wishes from the control port: `refuses`, and `lifetime` and `slow_by` in seconds."""
        self.refuses = wish.get("refuses", self.refuses)
        if "lifetime" in wish:
            self.lifetime = timedelta(seconds=wish["lifetime"])
        if "slow_by" in wish:
            self.slow_by = timedelta(seconds=wish["slow_by"])


@contextmanager
def an_identity(folder: Path, *, port: int = 0) -> Generator[Identity]:
    """Serve tokens from a thread while the block lasts, and leave the public key in the folder."""
    identity = Identity()
    server = ThreadingHTTPServer(("127.0.0.1", port), _serving(identity))
    identity.url = f"http://127.0.0.1:{server.server_port}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / KEYS_FILE).write_text(json.dumps(published_keys()))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield identity
    finally:
        identity.stop()
        server.shutdown()
        server.server_close()
        thread.join()


def published_keys() -> dict[str, Any]:
    """Spell the public key as a JWKS."""
    spelled = json.loads(RSAAlgorithm.to_jwk(_private_key().public_key()))
    return {"keys": [spelled | {"kid": KEY_NAME, "use": "sig"}]}


@cache
def _private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def _refusal(status: int, why: str) -> dict[str, Any]:
    return {"statusCode": status, "message": why, "correlationId": secrets.token_hex(16)}


def _serving(identity: Identity) -> type[BaseHTTPRequestHandler]:
    class Serving(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(*identity.answer(self.path, self.headers.get("X-IDENTITY-HEADER", "")))

        def do_POST(self) -> None:
            identity.behave(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._say(200, {})

        def _say(self, status: int, body: Mapping[str, Any]) -> None:
            said = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's own name
            """Keep quiet."""

    return Serving


def main() -> None:
    """Serve as a process of its own until told to end."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    asked = parser.parse_args()
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
    with an_identity(asked.folder, port=asked.port) as identity:
        ready = {"control": identity.url, "identity": identity.url, "environment": identity.environment}
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        signal.sigwait(ENDINGS)


if __name__ == "__main__":
    main()
