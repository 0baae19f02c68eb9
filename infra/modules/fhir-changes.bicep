metadata name = 'FHIR changes'
metadata description = 'What changes in the FHIR service is put into the intake queue; what cannot be put there is kept as a blob.'

@description('Required. The name of the system topic.')
@minLength(3)
@maxLength(50)
param name string

@description('Required. Where the FHIR workspace is: the topic must be there too.')
param location string

@description('Optional. Tags of the resource.')
param tags object = {}

@description('Required. The resource id of the Health Data Services workspace.')
param workspaceId string

@description('Required. How the subject of the events begins that are wanted.')
param subjectPrefix string

@description('Required. The resource id of the identity that delivers. It must be allowed to, before this module runs.')
param identityId string

@description('Required. The resource id of the queue.')
param queueId string

@description('Required. The resource id of the storage account for events that could not be delivered.')
param storageId string

@description('Required. The container for events that could not be delivered.')
param deadLetterContainer string

@description('Required. The Log Analytics workspace that takes its logs.')
param logsId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    source: workspaceId
    topicType: 'Microsoft.HealthcareApis.Workspaces'
  }
}

resource intake 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'fhir-changes'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    deliveryWithResourceIdentity: {
      identity: { type: 'UserAssigned', userAssignedIdentity: identityId }
      destination: {
        endpointType: 'ServiceBusQueue'
        properties: { resourceId: queueId }
      }
    }
    deadLetterWithResourceIdentity: {
      identity: { type: 'UserAssigned', userAssignedIdentity: identityId }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: { resourceId: storageId, blobContainerName: deadLetterContainer }
      }
    }
    filter: {
      includedEventTypes: [
        'Microsoft.HealthcareApis.FhirResourceCreated'
        'Microsoft.HealthcareApis.FhirResourceUpdated'
        'Microsoft.HealthcareApis.FhirResourceDeleted'
      ]
      subjectBeginsWith: subjectPrefix
    }
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: topic
  properties: {
    workspaceId: logsId
    logs: [{ category: 'DeliveryFailures', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}
