metadata name = 'Monitoring'
metadata description = 'One workspace for all logs, and Application Insights that writes into it, by identity alone.'

import { roleAssignment, roleIds } from 'types.bicep'

@description('Required. The name of the Log Analytics workspace.')
@minLength(4)
@maxLength(63)
param workspaceName string

@description('Required. The name of the Application Insights component.')
@minLength(1)
@maxLength(260)
param componentName string

@description('Required. Where both are kept.')
param location string

@description('Optional. Tags of the resources.')
param tags object = {}

@description('Optional. How many days logs are kept.')
@minValue(30)
@maxValue(730)
param retentionInDays int = 90

@description('Optional. How many gigabytes a day may come in; -1 is without limit. What comes after is lost.')
param dailyQuotaGb int = -1

@description('Optional. Who may do what with the component.')
param roleAssignments roleAssignment[] = []

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionInDays
    workspaceCapping: { dailyQuotaGb: dailyQuotaGb }
    features: {
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: componentName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
    DisableIpMasking: false
  }
}

resource roles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for one in roleAssignments: {
    name: guid(component.id, one.principalId, one.role)
    scope: component
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds[one.role])
      principalId: one.principalId
      principalType: 'ServicePrincipal'
    }
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-itself'
  scope: workspace
  properties: {
    workspaceId: workspace.id
    logs: [{ categoryGroup: 'audit', enabled: true }]
  }
}

@description('The resource id of the workspace: where diagnostic settings send their logs.')
output workspaceId string = workspace.id

@description('Where telemetry goes. It names the component and opens nothing: local authentication is off.')
output connectionString string = component.properties.ConnectionString
