"""With which keys does an issuer sign? Its JWKS is kept a while, and read again for a key not seen yet."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from shared.kernel.refusals import TransientFault

log = logging.getLogger(__name__)

KEPT_FOR = timedelta(hours=1)
ASKED_AGAIN_AFTER = timedelta(seconds=30)
"""How soon an unknown `kid` makes us ask again: a flood of made-up ones must not flood the issuer."""
SHORTEST_RSA = 2048


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A public key and the algorithms it may be used with: the key decides (RFC 8725 §3.1)."""

    key: Any
    algorithms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    keys: Mapping[str, SigningKey]
    asked_at: datetime
    fetched_at: datetime | None


class SigningKeys:
    """Gives public keys by issuer and `kid`. `fetch` reads a JWKS; it may raise `TransientFault`.

    One thread asks an issuer at a time. Nobody else waits for it but those whose key is not known yet, and
    nobody waits for another issuer.
    """

    def __init__(self, fetch: Callable[[str], Mapping[str, Any]]) -> None:
        self._fetch = fetch
        self._known: dict[str, _Known] = {}
        self._asking: dict[str, threading.Lock] = {}

    def find(self, jwks_uri: str, kid: str, *, now: datetime) -> SigningKey | None:
        """Give the key, or None when the issuer has no such key; `now` is machine time.

        Raises `TransientFault` when the issuer cannot be asked and the key is not known from before.
        """
        known = self._known.get(jwks_uri)
        if known is None or _asking_is_due(known, kid, now):
            known = self._refreshed(jwks_uri, kid, now)
        if kid not in known.keys and known.fetched_at is None:
            msg = "the issuer's keys cannot be had"
            raise TransientFault(msg, retry_after=ASKED_AGAIN_AFTER)
        return known.keys.get(kid)

    def _refreshed(self, jwks_uri: str, kid: str, now: datetime) -> _Known:
        """Ask, or give what is known while another thread asks, or wait for it where that would not do."""
        before = self._known.get(jwks_uri)
        asking = self._asking.setdefault(jwks_uri, threading.Lock())
        if not asking.acquire(blocking=before is None or kid not in before.keys) and before is not None:
            return before
        try:
            known = self._known.get(jwks_uri)
            if known is None or _asking_is_due(known, kid, now):
                known = self._known[jwks_uri] = self._asked(jwks_uri, known, now)
            return known
        finally:
            asking.release()

    def _asked(self, jwks_uri: str, before: _Known | None, now: datetime) -> _Known:
        try:
            return _Known(usable_keys(self._fetch(jwks_uri)), now, now)
        except TransientFault:
            log.warning("edge.signing_keys.not_fetched", extra={"jwks_uri": jwks_uri})
            return _Known(before.keys if before else {}, now, before.fetched_at if before else None)


def _asking_is_due(known: _Known, kid: str, now: datetime) -> bool:
    if abs(now - known.asked_at) < ASKED_AGAIN_AFTER:
        return False
    return kid not in known.keys or known.fetched_at is None or now - known.fetched_at >= KEPT_FOR


def usable_keys(jwks: Mapping[str, Any]) -> dict[str, SigningKey]:
    """Give the keys of a JWKS that sign with an algorithm we accept; the others are passed over."""
    listed: object = jwks.get("keys")
    jwks_found = cast("list[object]", listed) if isinstance(listed, list) else []
    jwk_dicts = [cast("dict[str, Any]", jwk) for jwk in jwks_found if isinstance(jwk, dict)]
    found = [(jwk.get("kid"), _usable(jwk)) for jwk in jwk_dicts]
    return {kid: key for kid, key in found if isinstance(kid, str) and key is not None}


def _usable(jwk: dict[str, Any]) -> SigningKey | None:
    import jwt  # noqa: PLC0415  # heavy: loaded with the first token

    algorithms = _algorithms_of(jwk)
    if not algorithms or jwk.get("use", "sig") != "sig":
        return None
    try:
        key = jwt.PyJWK(jwk, algorithm=algorithms[0]).key
    except jwt.PyJWTError:
        return None
    return SigningKey(key, algorithms) if jwk["kty"] != "RSA" or key.key_size >= SHORTEST_RSA else None


def _algorithms_of(jwk: Mapping[str, Any]) -> tuple[str, ...]:
    by_kind = {
        ("RSA", None): ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
        ("EC", "P-256"): ("ES256",),
        ("EC", "P-384"): ("ES384",),
    }
    possible = by_kind.get((str(jwk.get("kty")), jwk.get("crv")), ())
    return tuple(a for a in possible if jwk.get("alg", a) == a)


def fetched(jwks_uri: str) -> Mapping[str, Any]:
    """Read a JWKS over HTTP."""
    import httpx  # noqa: PLC0415  # heavy: loaded with the first token

    try:
        answer = httpx.get(jwks_uri, timeout=5)
        jwks = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError):
        jwks = None
    if not isinstance(jwks, dict):
        msg = "the issuer's keys cannot be read"
        raise TransientFault(msg)
    return jwks  # pyright: ignore[reportUnknownVariableType]  # JSON
