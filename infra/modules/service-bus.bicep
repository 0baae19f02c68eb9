metadata name = 'Service Bus'
metadata description = 'A namespace with the queues it is given, reached by identity alone.'

import { partRoleAssignment, roleAssignment, roleIds } from 'types.bicep'

@export()
@description('One queue, as queues.json has it.')
type queueType = {
  @description('Required. The name of the queue.')
  name: string

  @description('Required. The application setting that holds the name.')
  setting: string

  @description('Required. Whether messages of one session are handled in order.')
  requiresSession: bool

  @description('Required. How long a message is held for the one who handles it; five minutes at most.')
  lockDuration: string

  @description('Required. After so many deliveries a message is dead-lettered.')
  maxDeliveryCount: int

  @description('Required. Whether a message id is taken once only.')
  requiresDuplicateDetection: bool

  @description('Required. For how long ids are remembered.')
  duplicateDetectionHistoryTimeWindow: string
}

@description('Required. The name of the namespace.')
@minLength(6)
@maxLength(50)
param name string

@description('Required. Where it is kept.')
param location string

@description('Optional. Tags of the resource.')
param tags object = {}

@description('Required. The queues.')
param queues queueType[]

@description('Optional. The tier. Private endpoints, and zones of their own, want Premium.')
@allowed(['Standard', 'Premium'])
param sku string = 'Standard'

@description('Optional. Messaging units of the Premium tier.')
@allowed([1, 2, 4, 8, 16])
param capacity int = 1

@description('Optional. Who may do what with the namespace.')
param roleAssignments roleAssignment[] = []

@description('Optional. Who may do what with one queue.')
param queueRoleAssignments partRoleAssignment[] = []

@description('Optional. The subnet of a private endpoint; empty means the namespace is reached by its public name.')
param endpointSubnetId string = ''

@description('Required. The Log Analytics workspace that takes its logs.')
param logsId string

var queueNames = map(queues, queue => queue.name)

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: sku == 'Premium' ? { name: 'Premium', tier: 'Premium', capacity: capacity } : { name: 'Standard', tier: 'Standard' }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: empty(endpointSubnetId) ? 'Enabled' : 'Disabled'
  }
}

resource rules 'Microsoft.ServiceBus/namespaces/networkRuleSets@2024-01-01' = if (!empty(endpointSubnetId)) {
  parent: namespace
  name: 'default'
  properties: {
    defaultAction: 'Deny'
    publicNetworkAccess: 'Disabled'
    trustedServiceAccessEnabled: true
  }
}

@batchSize(8)
resource made 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = [
  for queue in queues: {
    parent: namespace
    name: queue.name
    properties: {
      requiresSession: queue.requiresSession
      lockDuration: queue.lockDuration
      maxDeliveryCount: queue.maxDeliveryCount
      requiresDuplicateDetection: queue.requiresDuplicateDetection
      duplicateDetectionHistoryTimeWindow: queue.duplicateDetectionHistoryTimeWindow
      deadLetteringOnMessageExpiration: true
      enablePartitioning: false
    }
  }
]

resource roles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for one in roleAssignments: {
    name: guid(namespace.id, one.principalId, one.role)
    scope: namespace
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds[one.role])
      principalId: one.principalId
      principalType: 'ServicePrincipal'
    }
  }
]

resource queueRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for one in queueRoleAssignments: {
    name: guid(namespace.id, one.part, one.principalId, one.role)
    scope: made[indexOf(queueNames, one.part)]
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleIds[one.role])
      principalId: one.principalId
      principalType: 'ServicePrincipal'
    }
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: namespace
  properties: {
    workspaceId: logsId
    logs: [{ category: 'OperationalLogs', enabled: true }]
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
    targetId: namespace.id
    group: 'namespace'
    zoneName: 'privatelink.servicebus.windows.net'
  }
}

@description('The resource id of the namespace.')
output id string = namespace.id

@description('The name of the namespace.')
output name string = namespace.name

@description('The host that clients connect to.')
output host string = '${namespace.name}.servicebus.windows.net'
