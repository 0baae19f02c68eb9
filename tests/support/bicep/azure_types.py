"""Which resources are known, of which version, and where it is said what they may hold.

A library knows one version; the Bicep may ask for an older one. What only the newer version has would
pass here and not in Azure: what we use is old enough to be in both.
"""

from dataclasses import dataclass
from functools import cache

from tests.support.bicep.own_shapes import OWN
from tests.support.bicep.shapes import Thing
from tests.support.bicep.wheel_models import Models


@dataclass(frozen=True, slots=True)
class Known:
    """The version we ask for, the library, and its models for what is sent and what is read back."""

    version: str
    library: str
    sent: str
    read: str = ""


_COSMOS = "Microsoft.DocumentDB/databaseAccounts"
_INSIGHTS_2020 = "applicationinsights.v2020_02_02"
_INSIGHTS_2023 = "applicationinsights.v2023_06_01"

FROM_LIBRARIES: dict[str, Known] = {
    "Microsoft.Authorization/roleAssignments": Known(
        "2022-04-01", "authorization.v2022_04_01", "RoleAssignmentCreateParameters"
    ),
    "Microsoft.Communication/communicationServices": Known(
        "2025-09-01", "communication", "CommunicationServiceResource"
    ),
    "Microsoft.Communication/emailServices": Known("2025-09-01", "communication", "EmailServiceResource"),
    "Microsoft.Communication/emailServices/domains": Known("2025-09-01", "communication", "DomainResource"),
    "Microsoft.Consumption/budgets": Known("2024-08-01", "consumption", "Budget"),
    _COSMOS: Known(
        "2025-04-15", "cosmosdb", "DatabaseAccountCreateUpdateParameters", "DatabaseAccountGetResults"
    ),
    f"{_COSMOS}/sqlDatabases": Known("2025-04-15", "cosmosdb", "SqlDatabaseCreateUpdateParameters"),
    f"{_COSMOS}/sqlDatabases/containers": Known(
        "2025-04-15", "cosmosdb", "SqlContainerCreateUpdateParameters"
    ),
    f"{_COSMOS}/sqlRoleAssignments": Known(
        "2025-04-15", "cosmosdb", "SqlRoleAssignmentCreateUpdateParameters"
    ),
    f"{_COSMOS}/sqlRoleDefinitions": Known(
        "2025-04-15", "cosmosdb", "SqlRoleDefinitionCreateUpdateParameters"
    ),
    "Microsoft.EventGrid/systemTopics": Known("2025-02-15", "eventgrid", "SystemTopic"),
    "Microsoft.EventGrid/systemTopics/eventSubscriptions": Known(
        "2025-02-15", "eventgrid", "EventSubscription"
    ),
    "Microsoft.HealthcareApis/workspaces": Known("2024-03-31", "healthcareapis", "Workspace"),
    "Microsoft.HealthcareApis/workspaces/fhirservices": Known("2024-03-31", "healthcareapis", "FhirService"),
    "Microsoft.Insights/actionGroups": Known("2023-01-01", "monitor", "ActionGroupResource"),
    "Microsoft.Insights/components": Known("2020-02-02", _INSIGHTS_2020, "ApplicationInsightsComponent"),
    "Microsoft.Insights/scheduledQueryRules": Known("2023-12-01", "monitor", "ScheduledQueryRuleResource"),
    "Microsoft.Insights/workbooks": Known("2023-06-01", _INSIGHTS_2023, "Workbook"),
    "Microsoft.KeyVault/vaults": Known("2024-11-01", "keyvault", "VaultCreateOrUpdateParameters", "Vault"),
    "Microsoft.KeyVault/vaults/secrets": Known("2024-11-01", "keyvault", "SecretCreateOrUpdateParameters"),
    "Microsoft.ManagedIdentity/userAssignedIdentities": Known("2023-01-31", "msi.v2024_11_30", "Identity"),
    "Microsoft.Network/privateDnsZones": Known("2024-06-01", "privatedns", "PrivateZone"),
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks": Known(
        "2024-06-01", "privatedns", "VirtualNetworkLink"
    ),
    "Microsoft.Network/privateEndpoints": Known("2024-05-01", "network", "PrivateEndpoint"),
    "Microsoft.Network/privateEndpoints/privateDnsZoneGroups": Known(
        "2024-05-01", "network", "PrivateDnsZoneGroup"
    ),
    "Microsoft.Network/virtualNetworks": Known("2024-05-01", "network", "VirtualNetwork"),
    "Microsoft.OperationalInsights/workspaces": Known("2025-02-01", "loganalytics", "Workspace"),
    "Microsoft.ServiceBus/namespaces": Known("2024-01-01", "servicebus", "SBNamespace"),
    "Microsoft.ServiceBus/namespaces/networkRuleSets": Known("2024-01-01", "servicebus", "NetworkRuleSet"),
    "Microsoft.ServiceBus/namespaces/queues": Known("2024-01-01", "servicebus", "SBQueue"),
    "Microsoft.Storage/storageAccounts": Known(
        "2025-01-01", "storage", "StorageAccountCreateParameters", "StorageAccount"
    ),
    "Microsoft.Storage/storageAccounts/blobServices": Known("2025-01-01", "storage", "BlobServiceProperties"),
    "Microsoft.Storage/storageAccounts/blobServices/containers": Known(
        "2025-01-01", "storage", "BlobContainer"
    ),
    "Microsoft.Web/serverfarms": Known("2025-05-01", "web", "AppServicePlan"),
    "Microsoft.Web/sites": Known("2025-05-01", "web", "Site"),
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies": Known(
        "2025-05-01", "web", "CsmPublishingCredentialsPoliciesEntity"
    ),
    "Microsoft.Web/sites/config": Known("2025-05-01", "web", "StringDictionary"),
}


@cache
def _models(library: str) -> Models:
    return Models(f"azure.mgmt.{library}.models")


def version_of(kind: str) -> str | None:
    """Give the version of a resource type that is known; None when the type is not."""
    if kind in OWN:
        return OWN[kind][0]
    return FROM_LIBRARIES[kind].version if kind in FROM_LIBRARIES else None


@cache
def sent(kind: str) -> Thing:
    """What a declaration may hold."""
    if kind in OWN:
        return OWN[kind][1]
    known = FROM_LIBRARIES[kind]
    return _models(known.library).shape_of(known.sent)


@cache
def read(kind: str) -> Thing:
    """What an expression may ask of it."""
    if kind in OWN:
        return OWN[kind][1]
    known = FROM_LIBRARIES[kind]
    return _models(known.library).shape_of(known.read or known.sent)
