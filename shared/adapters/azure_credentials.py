"""Who this app is to Azure: its managed identity, never a key (D13)."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

Identity = Literal["managed", "developer"]


def azure_credential(identity: Identity = "managed", *, client_id: str | None = None) -> "TokenCredential":
    """Give what proves who we are. It may be shared by all clients and threads; tokens are kept and renewed.

    `client_id` names a user-assigned identity; without it, the app's own. A developer is whoever is signed
    in on the machine.
    """
    from azure.identity import DefaultAzureCredential, ManagedIdentityCredential  # noqa: PLC0415  # 100 ms of a cold start

    if identity == "developer":
        return DefaultAzureCredential(managed_identity_client_id=client_id)
    return ManagedIdentityCredential(client_id=client_id) if client_id else ManagedIdentityCredential()


def client_credential(  # what Entra knows a client by
    tenant: str,
    client_id: str,
    *,
    secret: str = "",
    certificate: Path | None = None,
    authority: str = "",
    trusted_ca: Path | None = None,
) -> "TokenCredential":
    """Give what proves that we are a client that was registered: by its certificate, or by its secret.

    `authority` is where its tokens are given, where that is not Azure's public cloud.
    """
    from azure.identity import CertificateCredential, ClientSecretCredential  # noqa: PLC0415  # as above

    more: dict[str, Any] = {"connection_verify": str(trusted_ca)} if trusted_ca else {}
    if authority:
        more |= {"authority": authority, "disable_instance_discovery": True}
    if certificate is not None:
        return CertificateCredential(tenant, client_id, str(certificate), **more)
    return ClientSecretCredential(tenant, client_id, secret, **more)
