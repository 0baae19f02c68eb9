"""Where this house's services are in Azure, and who we are to them: one identity, no keys (D13)."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from shared.wiring.once import once
from shared.wiring.settings import Settings

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.storage.blob import ContainerClient

    from shared.adapters.cosmos_account import CosmosAccount
    from shared.adapters.service_bus import ServiceBusPlace


class AzurePlaces:
    """Each is put together when first asked for; the SDKs are loaded with it.

    The SDKs' own loggers are silenced: they tell of requests, whose addresses hold our ids, and write
    tracebacks and the service's own words, which may hold a patient's (D17). What they raise, we log.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        logging.getLogger("azure").setLevel(logging.CRITICAL)

    @once
    def credential(self) -> "TokenCredential":
        from shared.adapters.azure_credentials import azure_credential

        return azure_credential(client_id=self._settings.azure_client_id or None)

    @once
    def cosmos(self) -> "CosmosAccount":
        from shared.adapters.cosmos_account import CosmosAccount

        return CosmosAccount(
            self._settings.cosmos_endpoint,
            database=self._settings.cosmos_database,
            container=self._settings.cosmos_container,
            audit_container=self._settings.cosmos_audit_container,
            leases=self._settings.cosmos_leases,
            credential=self.credential,
            trusted_ca=self.trusted_ca,
        )

    @once
    def service_bus(self) -> "ServiceBusPlace":
        from shared.adapters.service_bus import ServiceBusPlace

        return ServiceBusPlace(
            self._settings.service_bus_namespace,
            self.credential,
            trusted_ca=self.trusted_ca,
            endpoint=self._settings.service_bus_endpoint or None,
        )

    @once
    def lake_container(self) -> "ContainerClient":
        return self._container(self._settings.blob_lake_container)

    @once
    def sources_container(self) -> "ContainerClient":
        return self._container(self._settings.blob_sources_container)

    def _container(self, named: str) -> "ContainerClient":
        from shared.adapters.blob_lake import container_client

        trust = {"connection_verify": str(self.trusted_ca)} if self.trusted_ca else {}
        return container_client(self._settings.blob_endpoint, named, self.credential, **trust)

    @property
    def trusted_ca(self) -> Path | None:
        return Path(self._settings.trusted_ca_file) if self._settings.trusted_ca_file else None

    def close(self) -> None:
        """Let go of the connections that were opened."""
        for name in ("cosmos", "lake_container", "sources_container"):
            if name in vars(self):
                getattr(self, name).close()
