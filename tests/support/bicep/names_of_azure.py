"""What Azure takes as a name, where its libraries do not say: letters and lengths, by resource type."""

from tests.support.bicep.shapes import Text

_DASHED = r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$"

NAMES: dict[str, Text] = {
    "Microsoft.Communication/communicationServices": Text(1, 63, r"^[-\w]+$"),
    "Microsoft.Communication/emailServices": Text(1, 63, r"^[-\w]+$"),
    "Microsoft.Consumption/budgets": Text(1, 63, r"^[A-Za-z0-9_-]+$"),
    "Microsoft.DocumentDB/databaseAccounts": Text(3, 44, r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"),
    "Microsoft.DocumentDB/databaseAccounts/sqlDatabases": Text(1, 255, r"^[^/\\#?]*[^/\\#? ]$"),
    "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers": Text(1, 255, r"^[^/\\#?]*[^/\\#? ]$"),
    "Microsoft.EventGrid/systemTopics": Text(3, 50, r"^[A-Za-z0-9-]+$"),
    "Microsoft.EventGrid/systemTopics/eventSubscriptions": Text(3, 64, r"^[A-Za-z0-9-]+$"),
    "Microsoft.HealthcareApis/workspaces": Text(3, 24, r"^[A-Za-z0-9]+$"),
    "Microsoft.HealthcareApis/workspaces/fhirservices": Text(
        3, 24, r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$"
    ),
    "Microsoft.Insights/actionGroups": Text(1, 260, r"^[^:<>+/&%\\?|]*[^:<>+/&%\\?|. ]$"),
    "Microsoft.Insights/components": Text(1, 260, r"^[^%&\\?/]*[^%&\\?/. ]$"),
    "Microsoft.Insights/diagnosticSettings": Text(1, 260, r"^[^*#&+:<>?]+$"),
    "Microsoft.Insights/scheduledQueryRules": Text(1, 260, r"^[^*#<>%&:\\?/{}]*[^*#<>%&:\\?/{}. ]$"),
    "Microsoft.KeyVault/vaults": Text(3, 24, r"^[A-Za-z](?!.*--)[A-Za-z0-9-]*[A-Za-z0-9]$"),
    "Microsoft.KeyVault/vaults/secrets": Text(1, 127, r"^[A-Za-z0-9-]+$"),
    "Microsoft.ManagedIdentity/userAssignedIdentities": Text(3, 128, r"^[A-Za-z0-9][A-Za-z0-9_-]*$"),
    "Microsoft.Network/privateDnsZones": Text(1, 63, None),
    "Microsoft.Network/privateEndpoints": Text(1, 80, r"^[A-Za-z0-9]([\w.-]*\w)?$"),
    "Microsoft.Network/virtualNetworks": Text(2, 64, r"^[A-Za-z0-9][\w.-]*\w$"),
    "Microsoft.OperationalInsights/workspaces": Text(4, 63, _DASHED),
    "Microsoft.Resources/resourceGroups": Text(1, 90, r"^[-\w.()]*[-\w()]$"),
    "Microsoft.ServiceBus/namespaces": Text(6, 50, r"^[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]$"),
    "Microsoft.ServiceBus/namespaces/queues": Text(1, 260, r"^[A-Za-z0-9]([\w./~-]*[A-Za-z0-9])?$"),
    "Microsoft.Storage/storageAccounts": Text(3, 24, r"^[a-z0-9]+$"),
    "Microsoft.Storage/storageAccounts/blobServices/containers": Text(
        3, 63, r"^[a-z0-9](?!.*--)[a-z0-9-]*[a-z0-9]$"
    ),
    "Microsoft.Web/serverfarms": Text(1, 60, r"^[A-Za-z0-9-]+$"),
    "Microsoft.Web/sites": Text(2, 60, _DASHED),
}
