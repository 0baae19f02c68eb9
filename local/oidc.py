"""The local host's own OIDC issuer: staff and patients for whom no directory is needed (D13)."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from shared.kernel.clock import Clock
from shared.kernel.identity import IdSource

AUDIENCE = "patient-engagement"
TOKENS_LAST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class LocalIssuer:
    """Signs tokens for whoever asks: on a laptop, nobody is kept out. Tokens are measured in machine time."""

    key: RSAPrivateKey
    key_id: str
    address: str
    clock: Clock
    ids: IdSource

    def staff_token(self, subject: str, roles: Sequence[str], teams: Sequence[str] = ()) -> str:
        """Say that `subject` is staff, in these roles and teams."""
        return self._signed("staff", {"sub": subject, "roles": list(roles), "groups": list(teams)})

    def patient_token(self, patient_id: str) -> str:
        """Say that the caller is this patient."""
        return self._signed("patients", {"sub": f"patient-{patient_id}", "patient_id": patient_id})

    def login_token(self, login: str) -> str:
        """Sign a token for somebody of whom nothing is known but that they sign in as a patient does."""
        return self._signed("patients", {"sub": f"login-{login}"})

    def key_set(self) -> dict[str, Any]:
        """Give the public half of the key, as a JWKS."""
        public: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": self.key_id, "use": "sig", "alg": "RS256", "key_ops": ["verify"]}]}

    def configuration(self, whose: str) -> dict[str, Any]:
        """Describe the issuer of `staff` or `patients` as OpenID Connect Discovery has it."""
        return {
            "issuer": f"{self.address}/{whose}",
            "jwks_uri": f"{self.address}/jwks",
            "token_endpoint": f"{self.address}/token",
            "authorization_endpoint": self.address.removesuffix("/oidc") + "/sign-in",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def _signed(self, whose: str, claims: dict[str, Any]) -> str:
        now = self.clock.real()
        stamped = {
            "iss": f"{self.address}/{whose}",
            "aud": AUDIENCE,
            "iat": now,
            "nbf": now,
            "exp": now + TOKENS_LAST,
            "jti": self.ids.new(),
            **claims,
        }
        return jwt.encode(stamped, self.key, algorithm="RS256", headers={"kid": self.key_id})


def issuer_at(address: str, keys: Path, *, clock: Clock, ids: IdSource) -> LocalIssuer:
    """Give the issuer at `address`, with the key kept in the folder `keys`, made at the first start."""
    key = _key_in(keys)
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return LocalIssuer(key, hashlib.sha256(public).hexdigest()[:16], address, clock, ids)


def _key_in(keys: Path) -> RSAPrivateKey:
    file = keys / "signing.pem"
    if not file.exists():
        keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_for_owner_only(file, _new_key())
    key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(key, RSAPrivateKey):
        message = f"{file} holds no RSA key"
        raise TypeError(message)
    return key


def _new_key() -> bytes:
    return generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write_for_owner_only(file: Path, content: bytes) -> None:
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())
    fresh.replace(file)
