"""An OIDC issuer for tests: keys of its own, a JWKS over a real socket, tokens good and bad."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from shared.wiring.settings import TokenIssuer

AUDIENCE = "patient-engagement"
NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """Give the same key for the same name: making one takes a while."""
    del name
    return rsa.generate_private_key(65537, 2048)


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


class Issuer:
    """Signs for staff and patients; `asked` counts how often its JWKS was read."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {"first": rsa_key("first"), "curved": ec_key()}
        self.asked = 0
        self.url = ""

    def jwks(self) -> dict[str, Any]:
        """Publish every key by its name."""
        return {"keys": [jwk_of(name, key) for name, key in self.keys.items()]}

    def named(self, who: str) -> str:
        return f"{self.url}/{who}"

    def settings(self) -> tuple[TokenIssuer, ...]:
        """Give whom the application believes; the portal also names a patient's record."""
        jwks = f"{self.url}/jwks"
        return (
            TokenIssuer(self.named("staff"), AUDIENCE, jwks, "staff"),
            TokenIssuer(self.named("patients"), AUDIENCE, jwks, "patient"),
            TokenIssuer(self.named("portal"), AUDIENCE, jwks, "patient", "patient_id"),
        )

    def claims(self, who: str = "staff", **changed: Any) -> dict[str, Any]:
        """Give good claims for noon, with some changed; None leaves one out."""
        good: dict[str, Any] = {
            "iss": self.named(who),
            "aud": AUDIENCE,
            "sub": "ada",
            "nbf": NOON - timedelta(minutes=5),
            "exp": NOON + timedelta(hours=1),
        }
        return {name: claim for name, claim in (good | changed).items() if claim is not None}

    def token(self, who: str = "staff", *, key: str = "first", alg: str = "RS256", **changed: Any) -> str:
        """Sign a token."""
        return jwt.encode(self.claims(who, **changed), self.keys[key], algorithm=alg, headers={"kid": key})

    def public_pem(self) -> bytes:
        return rsa_key("first").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def jwk_of(name: str, key: Any) -> dict[str, Any]:
    """Spell the public half of a key as a JWK."""
    is_rsa = isinstance(key, rsa.RSAPrivateKey)
    algorithm: Any = RSAAlgorithm if is_rsa else ECAlgorithm
    return json.loads(algorithm.to_jwk(key.public_key())) | {"kid": name, "use": "sig"}


@contextmanager
def an_issuer() -> Generator[Issuer]:
    """Serve an issuer's JWKS on loopback."""
    issuer = Issuer()

    class Serving(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked += 1
            body = json.dumps(issuer.jwks()).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's own name
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Serving)
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
