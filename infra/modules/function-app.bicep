metadata name = 'Function app'
metadata description = 'One Flex Consumption app in Python: what it is told, what it is allowed by its identity, and how it grows.'

@export()
@description('How the app grows, and what stands ready when nobody has called yet.')
type scaleType = {
  @description('Required. Memory of an instance, in megabytes.')
  instanceMemory: 512 | 2048 | 4096

  @description('Required. The most instances for each group of functions.')
  maximumInstances: int

  @description('Required. How many requests one instance answers at once.')
  requestsAtOnce: int

  @description('Required. Instances that always wait for requests.')
  readyForRequests: int

  @description('Required. Instances that always follow the change feed.')
  readyForRelay: int
}

@description('Required. The name of the app.')
@minLength(2)
@maxLength(55)
param name string

@description('Required. Where it runs.')
param location string

@description('Optional. Tags of the resources.')
param tags object = {}

@description('Optional. The version of Python.')
@allowed(['3.12', '3.13'])
param pythonVersion string = '3.13'

@description('Required. How it grows.')
param scale scaleType

@description('Required. The resource id of the identity it is.')
param identityId string

@description('Required. The client id of that identity.')
param identityClientId string

@description('Required. The storage account of the package and of the host.')
param storageName string

@description('Required. The address of that account for blobs.')
param blobEndpoint string

@description('Required. The container of the deployed package.')
param packageContainer string

@description('Required. What the app is told, by name. What the platform is told is added here.')
param settings object

@description('Optional. The subnet it stands in; empty means it reaches everything by public names.')
param subnetId string = ''

@description('Required. The Log Analytics workspace that takes its logs.')
param logsId string

var platformSettings = {
  AzureWebJobsStorage__accountName: storageName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
}

var ready = [
  { name: 'http', instanceCount: scale.readyForRequests }
  { name: 'function:relay', instanceCount: scale.readyForRelay }
]

resource plan 'Microsoft.Web/serverfarms@2025-05-01' = {
  name: 'plan-${name}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2025-05-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${blobEndpoint}/${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: { name: 'python', version: pythonVersion }
      scaleAndConcurrency: {
        instanceMemoryMB: scale.instanceMemory
        maximumInstanceCount: scale.maximumInstances
        alwaysReady: filter(ready, group => group.instanceCount > 0)
        triggers: {
          http: { perInstanceConcurrency: scale.requestsAtOnce }
        }
      }
      siteUpdateStrategy: { type: 'RollingUpdate' }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
    }
  }
}

resource told 'Microsoft.Web/sites/config@2025-05-01' = {
  parent: app
  name: 'appsettings'
  properties: union(settings, platformSettings)
}

resource publishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-05-01' = [
  for door in ['ftp', 'scm']: {
    parent: app
    name: door
    properties: { allow: false }
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: app
  properties: {
    workspaceId: logsId
    logs: [{ category: 'FunctionAppLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

@description('The name of the app.')
output name string = app.name

@description('Where it answers.')
output url string = 'https://${app.properties.defaultHostName}'
