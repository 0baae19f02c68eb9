metadata name = 'Storage'
metadata description = 'One account for blobs, without shared keys: the deployed package, the lake, files of sources, and events that could not be delivered.'

import { partRoleAssignment, roleAssignment, roleIds } from 'types.bicep'

@description('Required. The name of the account.')
@minLength(3)
@maxLength(24)
param name string

@description('Required. Where it is kept.')
param location string

@description('Optional. Tags of the resource.')
param tags object = {}

@description('Optional. How often, and how far apart, each blob is kept.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param sku string = 'Standard_ZRS'

@description('Required. The containers of the account.')
param containers string[]

@description('Optional. For how many days a deleted blob or container can be had back.')
@minValue(1)
@maxValue(365)
param deletedKeptDays int = 14

@description('Optional. Who may do what with the account.')
param roleAssignments roleAssignment[] = []

@description('Optional. Who may do what with one container.')
param containerRoleAssignments partRoleAssignment[] = []

@description('Optional. The subnet of a private endpoint; empty means the account is reached by its public name.')
param endpointSubnetId string = ''

@description('Required. The Log Analytics workspace that takes its logs.')
param logsId string

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: empty(endpointSubnetId) ? 'Enabled' : 'Disabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: empty(endpointSubnetId) ? 'Allow' : 'Deny'
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: { enabled: true, days: deletedKeptDays }
    containerDeleteRetentionPolicy: { enabled: true, days: deletedKeptDays }
  }
}

resource kept 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = [
  for container in containers: {
    parent: blobs
    name: container
    properties: { publicAccess: 'None' }
  }
]

resource roles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for one in roleAssignments: {
    name: guid(account.id, one.principalId, one.role)
    scope: account
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds[one.role])
      principalId: one.principalId
      principalType: 'ServicePrincipal'
    }
  }
]

resource containerRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for one in containerRoleAssignments: {
    name: guid(account.id, one.part, one.principalId, one.role)
    scope: kept[indexOf(containers, one.part)]
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds[one.role])
      principalId: one.principalId
      principalType: 'ServicePrincipal'
    }
  }
]

resource accountDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: account
  properties: {
    workspaceId: logsId
    metrics: [{ category: 'Transaction', enabled: true }]
  }
}

resource blobDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: blobs
  properties: {
    workspaceId: logsId
    logs: [{ categoryGroup: 'audit', enabled: true }]
    metrics: [{ category: 'Transaction', enabled: true }]
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
    group: 'blob'
    zoneName: 'privatelink.blob.${environment().suffixes.storage}'
  }
}

@description('The resource id of the account.')
output id string = account.id

@description('The name of the account.')
output name string = account.name

@description('The address of its blobs, without the slash at the end.')
output blobEndpoint string = 'https://${account.name}.blob.${environment().suffixes.storage}'
