metadata name = 'Communication Services'
metadata description = 'E-mail from an address that Azure manages, and a place for SMS numbers, which are bought by hand.'

import { roleAssignment, roleIds } from 'types.bicep'

@description('Required. The name of the service.')
@minLength(1)
@maxLength(57)
param name string

@description('Required. Where what is sent is kept at rest, as Europe, UK or United States.')
param dataLocation string

@description('Optional. Tags of the resources.')
param tags object = {}

@description('Optional. Who may do what with the service.')
param roleAssignments roleAssignment[] = []

@description('Required. The Log Analytics workspace that takes its logs.')
param logsId string

resource email 'Microsoft.Communication/emailServices@2025-09-01' = {
  name: '${name}-email'
  location: 'global'
  tags: tags
  properties: { dataLocation: dataLocation }
}

resource domain 'Microsoft.Communication/emailServices/domains@2025-09-01' = {
  parent: email
  name: 'AzureManagedDomain'
  location: 'global'
  tags: tags
  properties: {
    domainManagement: 'AzureManaged'
    userEngagementTracking: 'Disabled'
  }
}

resource service 'Microsoft.Communication/communicationServices@2025-09-01' = {
  name: name
  location: 'global'
  tags: tags
  properties: {
    dataLocation: dataLocation
    disableLocalAuth: true
    linkedDomains: [domain.id]
  }
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
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: service
  properties: {
    workspaceId: logsId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

@description('The address of the service.')
output endpoint string = 'https://${service.properties.hostName}'

@description('The domain that e-mail comes from.')
output emailDomain string = domain.properties.fromSenderDomain
