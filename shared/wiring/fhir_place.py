"""Where this house's record is when it is a FHIR server, and who we are to it."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from shared.adapters.azure_credentials import azure_credential, client_credential
from shared.adapters.fhir_rest_server import FhirServer
from shared.adapters.fhir_rest_tokens import EntraTokens, FixedToken, NoToken, Tokens
from shared.kernel.clock import Clock
from shared.wiring.settings import Settings

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential


def fhir_server(settings: Settings, *, clock: Clock) -> FhirServer:
    """Give the server that `FHIR_BASE_URL` names; nobody is asked anything yet."""
    return FhirServer(settings.fhir_base_url, tokens_of(settings, clock), trusted_ca=_trusted_ca(settings))


def tokens_of(settings: Settings, clock: Clock) -> Tokens:
    """Give what `FHIR_AUTH` says. The libraries that fetch tokens are silenced, as Azure's others are."""
    for narrator in ("azure", "msal"):
        logging.getLogger(narrator).setLevel(logging.CRITICAL)
    if settings.fhir_auth == "none":
        return NoToken()
    if settings.fhir_auth == "token":
        return FixedToken(settings.fhir_token)
    audience = settings.fhir_audience or settings.fhir_base_url
    return EntraTokens(lambda: _credential(settings), audience, clock=clock)


def _credential(settings: Settings) -> "TokenCredential":
    if settings.fhir_auth == "managed_identity":
        return azure_credential(client_id=settings.azure_client_id or None)
    certificate = settings.fhir_client_certificate
    return client_credential(
        settings.fhir_tenant_id,
        settings.fhir_client_id,
        secret=settings.fhir_client_secret.value,
        certificate=Path(certificate) if certificate else None,
        authority=settings.fhir_authority,
        trusted_ca=_trusted_ca(settings),
    )


def _trusted_ca(settings: Settings) -> Path | None:
    return Path(settings.trusted_ca_file) if settings.trusted_ca_file else None
