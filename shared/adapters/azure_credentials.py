"""Who this app is to Azure: its managed identity, never a key (D13)."""

from typing import TYPE_CHECKING, Literal

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
