metadata name = 'Key Vault'
metadata description = 'Secrets that the app reads by reference. Access by role alone; what is deleted can be had back.'

import { roleAssignment, roleIds } from 'types.bicep'

@description('Required. The name of the vault.')
@minLength(3)
@maxLength(24)
param name string

@description('Required. Where it is kept.')
param location string

@description('Optional. Tags of the resource.')
param tags object = {}

@description('Optional. Secrets by name. Those that are not named keep the value they have.')
@secure()
param secrets object = {}

@description('Optional. Who may do what with the vault.')
param roleAssignments roleAssignment[] = []

@description('Optional. The subnet of a private endpoint; empty means the vault is reached by its public name.')
param endpointSubnetId string = ''

@description('Required. The Log Analytics workspace that takes its logs.')
param logsId string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: empty(endpointSubnetId) ? 'Enabled' : 'Disabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: empty(endpointSubnetId) ? 'Allow' : 'Deny'
    }
  }
}

resource kept 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = [
  for secret in items(secrets): {
    parent: vault
    name: secret.key
    properties: { value: secret.value }
  }
]

resource roles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for one in roleAssignments: {
    name: guid(vault.id, one.principalId, one.role)
    scope: vault
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds[one.role])
      principalId: one.principalId
      principalType: 'ServicePrincipal'
    }
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: vault
  properties: {
    workspaceId: logsId
    logs: [{ categoryGroup: 'audit', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

module endpoint 'private-endpoint.bicep' = if (!empty(endpointSubnetId)) {
  name: '${name}-endpoint'
  params: {
    name: 'pe-${name}'
    location: location
    tags: tags
    subnetId: endpointSubnetId
    targetId: vault.id
    group: 'vault'
    zoneName: 'privatelink.vaultcore.azure.net'
  }
}

@description('The name of the vault, as references to secrets name it.')
output name string = vault.name
