"""Seals as JSON Web Tokens signed with HS256 (RFC 7519, RFC 8725)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from shared.access.ports import SealBroken, SealPurpose, Seals
from shared.kernel.sensitive import Sensitive

LONGEST = 2048
"""Characters of a text that is looked at; ours are below 500."""
_ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key for one purpose. Of those for a purpose the first signs, and every one still opens (rotation)."""

    kid: str
    purpose: SealPurpose
    secret: Sensitive[str]


class JwtSeals(Seals):
    """Signs with the first key of a purpose; opens with the one that the text names."""

    def __init__(self, keys: Sequence[SigningKey]) -> None:
        self._keys = tuple(keys)

    def seal(self, purpose: SealPurpose, told: Mapping[str, str], *, expires_at: datetime) -> str:
        import jwt  # noqa: PLC0415  # heavy: loaded with the first token

        key = next(key for key in self._keys if key.purpose is purpose)
        claims: dict[str, Any] = {**told, "aud": str(purpose), "exp": int(expires_at.timestamp())}
        headers = {"kid": key.kid, "typ": None}
        return jwt.encode(claims, key.secret.value, algorithm=_ALGORITHM, headers=headers)

    def unseal(self, purpose: SealPurpose, text: str, *, now: datetime) -> Mapping[str, str]:
        import jwt  # noqa: PLC0415  # heavy: loaded with the first token

        if len(text) > LONGEST:
            raise SealBroken
        try:
            kid = jwt.get_unverified_header(text).get("kid")
            claims = jwt.decode(
                text,
                self._secret(purpose, kid),
                algorithms=[_ALGORITHM],
                audience=str(purpose),
                options={"require": ["exp", "aud"], "verify_exp": False},
            )
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise SealBroken from None
        return _told(claims, now)

    def _secret(self, purpose: SealPurpose, kid: object) -> str:
        found = (key for key in self._keys if key.purpose is purpose and key.kid == kid)
        key = next(found, None)
        if key is None:
            raise SealBroken
        return key.secret.value


def _told(claims: Mapping[str, Any], now: datetime) -> Mapping[str, str]:
    ends = claims["exp"]
    if not isinstance(ends, int) or ends <= now.timestamp():
        raise SealBroken
    told = {name: claim for name, claim in claims.items() if name not in ("aud", "exp")}
    if not all(isinstance(claim, str) for claim in told.values()):
        raise SealBroken
    return cast("Mapping[str, str]", told)
