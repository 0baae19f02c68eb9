metadata name = 'Cosmos DB'
metadata description = 'The store: documents, the leases of their change feed, and an audit that can be added to and read, never changed.'

@description('Required. The name of the account.')
@minLength(3)
@maxLength(44)
param name string

@description('Required. Where it is kept.')
param location string

@description('Optional. Tags of the resource.')
param tags object = {}

@description('Required. The name of the database.')
param databaseName string

@description('Required. The container of documents.')
param documentsName string

@description('Required. The container in which readers of the change feed remember how far they are.')
param leasesName string

@description('Required. The container of the audit.')
param auditName string

@description('Required. The indexing policy of documents and audit, as the code computes it.')
param indexingPolicy object

@description('Optional. The most request units a second for documents; it scales down to a tenth.')
@minValue(1000)
param documentsThroughput int = 4000

@description('Optional. The most request units a second for leases, and for the audit; each scales down to a tenth.')
@minValue(1000)
param sideThroughput int = 1000

@description('Optional. How far back the account can be restored to any second.')
@allowed(['Continuous7Days', 'Continuous30Days'])
param backupTier string = 'Continuous30Days'

@description('Optional. Whether the account lies in several zones of its region.')
param zoneRedundant bool = false

@description('Required. The object id of the identity that the app is.')
param appPrincipalId string

@description('Optional. The subnet of a private endpoint; empty means the account is reached by its public name.')
param endpointSubnetId string = ''

@description('Required. The Log Analytics workspace that takes its logs.')
param logsId string

var containers = [
  { name: documentsName, key: '/partition', throughput: documentsThroughput, indexed: true }
  { name: auditName, key: '/partition', throughput: sideThroughput, indexed: true }
  { name: leasesName, key: '/id', throughput: sideThroughput, indexed: false }
]
var indexEverything = {
  automatic: true
  indexingMode: 'consistent'
  includedPaths: [{ path: '/*' }]
}

resource account 'Microsoft.DocumentDB/databaseAccounts@2025-04-15' = {
  name: name
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    consistencyPolicy: { defaultConsistencyLevel: 'Strong' }
    locations: [{ locationName: location, failoverPriority: 0, isZoneRedundant: zoneRedundant }]
    backupPolicy: {
      type: 'Continuous'
      continuousModeProperties: { tier: backupTier }
    }
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: empty(endpointSubnetId) ? 'Enabled' : 'Disabled'
  }
}

resource database 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2025-04-15' = {
  parent: account
  name: databaseName
  properties: {
    resource: { id: databaseName }
  }
}

@batchSize(1)
resource made 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2025-04-15' = [
  for container in containers: {
    parent: database
    name: container.name
    properties: {
      resource: {
        id: container.name
        partitionKey: { paths: [container.key], kind: 'Hash', version: 2 }
        defaultTtl: -1
        indexingPolicy: container.indexed ? indexingPolicy : indexEverything
      }
      options: {
        autoscaleSettings: { maxThroughput: container.throughput }
      }
    }
  }
]

// Cosmos DB changes roles one at a time and refuses a second change meanwhile: each waits for the one before it.
resource looksAround 'Microsoft.DocumentDB/databaseAccounts/sqlRoleDefinitions@2025-04-15' = {
  parent: account
  name: guid(account.id, 'looks around')
  properties: {
    roleName: 'Looks around'
    type: 'CustomRole'
    assignableScopes: [account.id]
    permissions: [
      {
        dataActions: ['Microsoft.DocumentDB/databaseAccounts/readMetadata']
      }
    ]
  }
  dependsOn: [made]
}

resource keepsDocuments 'Microsoft.DocumentDB/databaseAccounts/sqlRoleDefinitions@2025-04-15' = {
  parent: account
  name: guid(account.id, 'keeps documents')
  properties: {
    roleName: 'Keeps documents'
    type: 'CustomRole'
    assignableScopes: [account.id]
    permissions: [
      {
        dataActions: [
          'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/executeQuery'
          'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/readChangeFeed'
          'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/items/create'
          'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/items/read'
          'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/items/replace'
          'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/items/upsert'
          'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/items/delete'
        ]
      }
    ]
  }
  dependsOn: [looksAround]
}

resource addsToAudit 'Microsoft.DocumentDB/databaseAccounts/sqlRoleDefinitions@2025-04-15' = {
  parent: account
  name: guid(account.id, 'adds to the audit')
  properties: {
    roleName: 'Adds to the audit'
    type: 'CustomRole'
    assignableScopes: [account.id]
    permissions: [
      {
        dataActions: [
          'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/executeQuery'
          'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/items/create'
          'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/items/read'
        ]
      }
    ]
  }
  dependsOn: [keepsDocuments]
}

resource appLooksAround 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2025-04-15' = {
  parent: account
  name: guid(account.id, appPrincipalId, 'looks around')
  properties: {
    principalId: appPrincipalId
    roleDefinitionId: looksAround.id
    scope: account.id
  }
  dependsOn: [addsToAudit]
}

resource appKeepsDocuments 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2025-04-15' = {
  parent: account
  name: guid(account.id, appPrincipalId, 'keeps documents')
  properties: {
    principalId: appPrincipalId
    roleDefinitionId: keepsDocuments.id
    scope: '${account.id}/dbs/${databaseName}/colls/${documentsName}'
  }
  dependsOn: [appLooksAround]
}

resource appKeepsLeases 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2025-04-15' = {
  parent: account
  name: guid(account.id, appPrincipalId, 'keeps leases')
  properties: {
    principalId: appPrincipalId
    roleDefinitionId: keepsDocuments.id
    scope: '${account.id}/dbs/${databaseName}/colls/${leasesName}'
  }
  dependsOn: [appKeepsDocuments]
}

resource appAddsToAudit 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2025-04-15' = {
  parent: account
  name: guid(account.id, appPrincipalId, 'adds to the audit')
  properties: {
    principalId: appPrincipalId
    roleDefinitionId: addsToAudit.id
    scope: '${account.id}/dbs/${databaseName}/colls/${auditName}'
  }
  dependsOn: [appKeepsLeases]
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: account
  properties: {
    workspaceId: logsId
    logAnalyticsDestinationType: 'Dedicated'
    logs: [{ category: 'ControlPlaneRequests', enabled: true }]
    metrics: [{ category: 'Requests', enabled: true }]
  }
}

module endpoint 'private-endpoint.bicep' = if (!empty(endpointSubnetId)) {
  name: '${name}-endpoint'
  params: {
    name: 'pe-${name}'
    location: location
    tags: tags
    subnetId: endpointSubnetId
    targetId: account.id
    group: 'Sql'
    zoneName: 'privatelink.documents.azure.com'
  }
}

@description('The address of the account.')
output endpoint string = account.properties.documentEndpoint
