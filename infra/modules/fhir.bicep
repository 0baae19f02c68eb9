metadata name = 'FHIR service'
metadata description = 'A FHIR R4 service of Azure Health Data Services: a new one, or one that is there already and only lets the app in.'

import { roleAssignment, roleIds } from 'types.bicep'

@description('Required. The name of the workspace.')
@minLength(3)
@maxLength(24)
param workspaceName string

@description('Required. The name of the FHIR service in it.')
@minLength(3)
@maxLength(24)
param serviceName string

@description('Optional. Whether both are there already and stay as they are.')
param exists bool = false

@description('Required. Where a new one is kept.')
param location string

@description('Optional. Tags of new resources.')
param tags object = {}

@description('Optional. Who may do what with the service.')
param roleAssignments roleAssignment[] = []

@description('Optional. The subnet of a private endpoint; empty means a new service is reached by its public name.')
param endpointSubnetId string = ''

@description('Required. The Log Analytics workspace that takes the logs of a new service.')
param logsId string

var audience = 'https://${workspaceName}-${serviceName}.fhir.azurehealthcareapis.com'
var access = empty(endpointSubnetId) ? 'Enabled' : 'Disabled'

resource newWorkspace 'Microsoft.HealthcareApis/workspaces@2024-03-31' = if (!exists) {
  name: workspaceName
  location: location
  tags: tags
  properties: { publicNetworkAccess: access }
}

resource newService 'Microsoft.HealthcareApis/workspaces/fhirservices@2024-03-31' = if (!exists) {
  parent: newWorkspace
  name: serviceName
  location: location
  tags: tags
  kind: 'fhir-R4'
  identity: { type: 'SystemAssigned' }
  properties: {
    authenticationConfiguration: {
      authority: '${environment().authentication.loginEndpoint}${tenant().tenantId}'
      audience: audience
      smartProxyEnabled: false
    }
    publicNetworkAccess: access
    resourceVersionPolicyConfiguration: { default: 'versioned' }
  }
}

resource workspace 'Microsoft.HealthcareApis/workspaces@2024-03-31' existing = {
  name: workspaceName
}

resource service 'Microsoft.HealthcareApis/workspaces/fhirservices@2024-03-31' existing = {
  parent: workspace
  name: serviceName
}

resource roles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for one in roleAssignments: {
    name: guid(service.id, one.principalId, one.role)
    scope: service
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds[one.role])
      principalId: one.principalId
      principalType: 'ServicePrincipal'
    }
    dependsOn: [newService]
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!exists) {
  name: 'to-log-analytics'
  scope: newService
  properties: {
    workspaceId: logsId
    logs: [{ category: 'AuditLogs', enabled: true }]
  }
}

module endpoint 'private-endpoint.bicep' = if (!exists && !empty(endpointSubnetId)) {
  name: '${workspaceName}-endpoint'
  params: {
    name: 'pe-${workspaceName}'
    location: location
    tags: tags
    subnetId: endpointSubnetId
    targetId: newWorkspace.id
    group: 'healthcareworkspace'
    zoneName: 'privatelink.fhir.azurehealthcareapis.com'
  }
  dependsOn: [newService]
}

@description('The resource id of the workspace: the source of change events.')
output workspaceId string = workspace.id

@description('How the subject of each change event of this service begins.')
output subjectPrefix string = '${workspaceName}-${serviceName}.fhir.azurehealthcareapis.com'

@description('The address of the service.')
output url string = audience
