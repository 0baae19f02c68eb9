"""What proves to a FHIR server who we are (fhir.md §2.7)."""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from shared.kernel.clock import Clock
from shared.kernel.refusals import TransientFault
from shared.kernel.sensitive import Sensitive

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

log = logging.getLogger(__name__)

_BEFORE_IT_LAPSES = 300
"""A token is not used in its last five minutes: a request may be under way for long, and clocks differ."""


class NoTokenGiven(TransientFault):
    """Nobody gives us a token for the record."""


class Tokens(Protocol):
    """Gives the headers that a request must carry."""

    def headers(self, *, instead_of: Mapping[str, str] | None = None) -> Mapping[str, str]:
        """Give them; after a 401, others than those that were not believed. May raise `TransientFault`."""
        ...


class NoToken(Tokens):
    """For a server that asks nobody, as one on loopback does."""

    def headers(self, *, instead_of: Mapping[str, str] | None = None) -> Mapping[str, str]:
        del instead_of
        return {}


class FixedToken(Tokens):
    """A bearer token that an administrator of the server made; it is as good as it is."""

    def __init__(self, token: Sensitive[str]) -> None:
        self._token = token

    def headers(self, *, instead_of: Mapping[str, str] | None = None) -> Mapping[str, str]:
        del instead_of
        return {"Authorization": f"Bearer {self._token.value}"}


class EntraTokens(Tokens):
    """Tokens of Entra ID for one audience, kept until five minutes before they lapse.

    `enter` makes the credential: a managed identity's, or a client's with its secret or certificate. After a
    401 it is made anew, for it remembers what it was given. One thread at a time asks for a token; the others
    wait for it.
    """

    def __init__(self, enter: Callable[[], "TokenCredential"], audience: str, *, clock: Clock) -> None:
        self._enter = enter
        self._scope = f"{audience.rstrip('/')}/.default"
        self._clock = clock
        self._lock = threading.Lock()
        self._credential: TokenCredential | None = None
        self._token = ""
        self._until = 0.0

    def headers(self, *, instead_of: Mapping[str, str] | None = None) -> Mapping[str, str]:
        with self._lock:
            if instead_of == self._spelt():  # another thread may have renewed it already
                self._credential, self._token = None, ""
            if not self._token or self._clock.real().timestamp() >= self._until:
                self._renew()
            return self._spelt()

    def _spelt(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def _renew(self) -> None:
        from azure.core.exceptions import AzureError  # noqa: PLC0415  # loaded with the credential

        if self._credential is None:
            self._credential = self._enter()
        try:
            given = self._credential.get_token(self._scope)
        except AzureError as fault:
            log.warning("fhir.record.no_token", extra={"fault": type(fault).__name__})
            raise NoTokenGiven from None
        self._token, self._until = given.token, given.expires_on - _BEFORE_IT_LAPSES
