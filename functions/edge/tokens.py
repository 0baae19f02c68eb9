"""Is this token what an issuer we believe has signed, for us, for now? (RFC 7519, RFC 8725)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from functions.edge.signing_keys import SigningKeys
from shared.wiring.settings import TokenIssuer

LEEWAY = timedelta(seconds=60)
"""How far the clocks of two honest machines may differ."""
LONGEST = 16 * 1024


class Why(StrEnum):
    """Why a token or proof is not good: what is logged, and all that is, for a token says who somebody is."""

    NO_TOKEN = "no token"  # noqa: S105  # a reason, not a secret
    TOO_LONG = "too long"
    MALFORMED = "malformed"
    UNKNOWN_ISSUER = "unknown issuer"
    UNKNOWN_KEY = "unknown key"
    NOT_SIGNED_SO = "not signed so"
    NOT_FOR_US = "not for us"
    CLAIM_MISSING = "claim missing"
    EXPIRED = "expired"
    NOT_VALID_YET = "not valid yet"
    NO_PROOF = "no proof"


class NotSignedIn(Exception):
    """Sign in first: this needs a token that is still good."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


def verified(
    token: str, issuers: Sequence[TokenIssuer], keys: SigningKeys, *, now: datetime
) -> tuple[TokenIssuer, Mapping[str, Any]]:
    """Give the issuer and its claims, or raise `NotSignedIn`; `now` is machine time (D14)."""
    kid, issuer = _said_of_itself(token, issuers)
    key = keys.find(issuer.jwks_uri, kid, now=now)
    if key is None:
        raise NotSignedIn(Why.UNKNOWN_KEY)
    claims = _checked(token, issuer, key.key, key.algorithms)
    _is_of_now(claims, now)
    return issuer, claims


def _said_of_itself(token: str, issuers: Sequence[TokenIssuer]) -> tuple[str, TokenIssuer]:
    """Read, without believing any of it, whose key would have to fit."""
    import jwt  # noqa: PLC0415  # heavy: loaded with the first token

    if len(token) > LONGEST:
        raise NotSignedIn(Why.TOO_LONG)
    try:
        kid = jwt.get_unverified_header(token).get("kid")
        said: Any = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise NotSignedIn(Why.MALFORMED) from None
    issuer = next((i for i in issuers if i.issuer == said.get("iss")), None)
    if issuer is None:
        raise NotSignedIn(Why.UNKNOWN_ISSUER)
    if not isinstance(kid, str):
        raise NotSignedIn(Why.MALFORMED)
    return kid, issuer


def _checked(token: str, issuer: TokenIssuer, key: Any, algorithms: Sequence[str]) -> Mapping[str, Any]:
    """Check signature, issuer and audience; the times are checked against our own clock afterwards."""
    import jwt  # noqa: PLC0415  # heavy: loaded with the first token

    ours = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    try:
        return jwt.decode(
            token,
            key,
            algorithms=list(algorithms),
            issuer=issuer.issuer,
            audience=issuer.audience,
            options={"require": ["exp", "nbf", "iss", "aud", "sub"], **ours},  # pyright: ignore[reportArgumentType]  # the keys are known to the library
        )
    except jwt.InvalidAudienceError:
        raise NotSignedIn(Why.NOT_FOR_US) from None
    except jwt.MissingRequiredClaimError:
        raise NotSignedIn(Why.CLAIM_MISSING) from None
    except (jwt.PyJWTError, ValueError):
        raise NotSignedIn(Why.NOT_SIGNED_SO) from None


def _is_of_now(claims: Mapping[str, Any], now: datetime) -> None:
    starts, ends = claims["nbf"], claims["exp"]
    if (
        not _is_instant(starts)
        or not _is_instant(ends)
        or not isinstance(claims["sub"], str)
        or not claims["sub"]
    ):
        raise NotSignedIn(Why.MALFORMED)
    if ends <= (now - LEEWAY).timestamp():
        raise NotSignedIn(Why.EXPIRED)
    if starts > (now + LEEWAY).timestamp():
        raise NotSignedIn(Why.NOT_VALID_YET)


def _is_instant(claim: object) -> bool:
    return isinstance(claim, int | float) and not isinstance(claim, bool)
