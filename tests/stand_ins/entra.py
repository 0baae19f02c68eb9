"""Entra ID's token endpoint for registered clients, over TLS on loopback, as far as client credentials go.

It gives a token to a client that shows its secret, or an assertion signed with the key of its certificate,
and counts what it gave. It is written from the OAuth 2.0 texts (RFC 6749 §4.4, RFC 7523).

    with an_entra(folder) as entra:
        client_credential(entra.tenant, entra.client_id, secret=entra.secret, authority=entra.url, …)
"""

import json
import secrets
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.stand_ins.certificates import certificates_in


@dataclass(slots=True)
class Entra:
    """One tenant with one client."""

    url: str = ""
    ca: Path = Path()
    tenant: str = "5e0b7a36-52d1-4d8a-9f41-0a9d6a3f7c11"
    client_id: str = "77c1c0c4-3b7e-4d8d-8a3e-7a0f0d8a5b52"
    secret: str = field(default_factory=lambda: secrets.token_hex(16))
    lasts: int = 3600
    refuses: bool = False
    given: list[str] = field(default_factory=list[str])
    """For which scope each token was given."""

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        here = f"{self.url}/{self.tenant}"
        if path == f"/{self.tenant}/v2.0/.well-known/openid-configuration":
            return 200, {
                "issuer": f"{here}/v2.0",
                "authorization_endpoint": f"{here}/oauth2/v2.0/authorize",
                "token_endpoint": f"{here}/oauth2/v2.0/token",
            }
        if path != f"/{self.tenant}/oauth2/v2.0/token" or form.get("grant_type") != "client_credentials":
            return 404, {"error": "invalid_request"}
        if self.refuses or form.get("client_id") != self.client_id or not self._is_proved(form):
            return 401, {"error": "invalid_client", "error_description": "It is not this client."}
        self.given.append(form["scope"])
        token = f"token-{len(self.given)}"
        return 200, {"token_type": "Bearer", "expires_in": self.lasts, "access_token": token}

    def _is_proved(self, form: dict[str, str]) -> bool:
        if "client_secret" in form:
            return form["client_secret"] == self.secret
        try:
            claims = jwt.decode(
                form.get("client_assertion", ""),
                _client_key().public_key(),
                algorithms=["PS256", "RS256"],
                audience=f"{self.url}/{self.tenant}/oauth2/v2.0/token",
            )
        except jwt.InvalidTokenError:
            return False
        return claims["sub"] == self.client_id


@contextmanager
def an_entra(folder: Path) -> Generator[Entra]:
    """Serve it from a thread while the block lasts."""
    certificates = certificates_in(folder)
    entra = Entra(ca=certificates.ca)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _serving(entra))
    server.socket = certificates.for_a_server().wrap_socket(server.socket, server_side=True)
    entra.url = f"https://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield entra
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def a_clients_certificate(folder: Path) -> Path:
    """Write the client's certificate and key into one file."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a client")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_client_key().public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2050, 1, 1, tzinfo=UTC))
        .sign(_client_key(), hashes.SHA256())
    )
    key = _client_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = folder / "client.pem"
    file.write_bytes(certificate.public_bytes(Encoding.PEM) + key)
    return file


@cache
def _client_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def _serving(entra: Entra) -> type[BaseHTTPRequestHandler]:
    class Serving(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(*entra.answer(self.path.partition("?")[0], {}))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._say(*entra.answer(self.path, form))

        def _say(self, status: int, body: dict[str, Any]) -> None:
            said = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's own name
            """Keep quiet."""

    return Serving
