metadata name = 'Patient engagement'
metadata description = 'Everything one organisation needs, in one resource group: a parts list, whose parts lie in modules/.'

targetScope = 'subscription'

import { scaleType } from 'modules/function-app.bicep'
import { emailType, issuerType, organisationType, smsType } from 'modules/settings.bicep'

@description('A FHIR service that is there already.')
type existingFhirType = {
  @description('Required. The resource group it is in.')
  resourceGroupName: string

  @description('Required. The name of its workspace.')
  workspaceName: string

  @description('Required. The name of the service.')
  serviceName: string

  @description('Required. The region of its workspace.')
  location: string
}

@description('Required. What this deployment is called; a part of every name.')
@minLength(2)
@maxLength(16)
param environmentName string

@description('Required. The region of everything new.')
param location string

@description('Required. Who the organisation is.')
param organisation organisationType

@description('Required. Whose tokens are believed.')
param tokenIssuers issuerType[]

@description('Optional. Pages of which origins may call from a browser.')
param corsOrigins string[] = []

@description('Optional. The address that links in messages begin with; empty takes the address of the app.')
param publicAddress string = ''

@description('Required. How text messages leave.')
param sms smsType

@description('Required. How e-mail leaves.')
param email emailType

@description('Optional. Secrets by their names in the vault. Those that are not named keep the value they have.')
@secure()
param secrets object = {}

@description('Optional. A FHIR service that is there already; without it a new one is made.')
param existingFhir existingFhirType?

@description('Optional. How the app grows.')
param scale scaleType = {
  instanceMemory: 2048
  maximumInstances: 40
  requestsAtOnce: 16
  readyForRequests: 1
  readyForRelay: 1
}

@description('Optional. The Cosmos DB account by name; empty makes the usual one. Named only after a restore into another account.')
@maxLength(44)
param storeName string = ''

@description('Optional. The most request units a second for documents.')
@minValue(1000)
param documentsThroughput int = 4000

@description('Optional. Whether data lies in several zones of the region.')
param zoneRedundant bool = true

@description('Optional. Whether everything but the app itself is reached inside a network only. Service Bus is then Premium.')
param privateNetwork bool = false

@description('Optional. Whether Communication Services are made.')
param communicationServices bool = false

@description('Optional. Where Communication Services keep what they send.')
param communicationDataLocation string = 'Europe'

@description('Optional. For how many days logs are kept.')
@minValue(30)
@maxValue(730)
param logsKeptDays int = 90

@description('Optional. The addresses that hear of alerts, and of a month that costs too much.')
param operatorEmails string[] = []

@description('Optional. What a month may cost; 0 is without a budget.')
@minValue(0)
param monthlyBudget int = 0

@description('Optional. The first day of the month the budget begins with. Fix it after the first deployment: it cannot be moved.')
param budgetStartDate string = utcNow('yyyy-MM-01')

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var groupName = 'rg-${environmentName}'
var appName = 'func-${environmentName}-${token}'
var database = 'engagement'
var containers = { documents: 'documents', leases: 'leases', audit: 'audit' }
var blobs = { package: 'package', lake: 'lake', sources: 'sources', undelivered: 'undelivered-changes' }
var intakeQueue = 'fhir-changes'
var threads = 16
var queues = loadJsonContent('queues.json')
var alerts = loadJsonContent('observability/alerts.json')
var fhirExists = existingFhir != null
var fhirGroupName = existingFhir.?resourceGroupName ?? groupName
var fhirLocation = existingFhir.?location ?? location
var zoneNames = [
  'privatelink.blob.${environment().suffixes.storage}'
  'privatelink.documents.azure.com'
  'privatelink.fhir.azurehealthcareapis.com'
  'privatelink.servicebus.windows.net'
  'privatelink.vaultcore.azure.net'
]

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: groupName
  location: location
  tags: tags
}

module appIdentity 'modules/identity.bicep' = {
  name: 'app-identity'
  scope: group
  params: { name: 'id-app-${token}', location: location, tags: tags }
}

module intakeIdentity 'modules/identity.bicep' = {
  name: 'intake-identity'
  scope: group
  params: { name: 'id-intake-${token}', location: location, tags: tags }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: 'log-${token}'
    componentName: 'appi-${token}'
    location: location
    tags: tags
    retentionInDays: logsKeptDays
    roleAssignments: [
      { role: 'Monitoring Metrics Publisher', principalId: appIdentity.outputs.principalId }
    ]
  }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  name: 'network'
  scope: group
  params: {
    name: 'vnet-${token}'
    location: location
    tags: tags
    zoneNames: zoneNames
    logsId: monitoring.outputs.workspaceId
  }
}

module keyVault 'modules/key-vault.bicep' = {
  name: 'key-vault'
  scope: group
  params: {
    name: 'kv-${token}'
    location: location
    tags: tags
    secrets: secrets
    roleAssignments: [
      { role: 'Key Vault Secrets User', principalId: appIdentity.outputs.principalId }
    ]
    endpointSubnetId: privateNetwork ? network.outputs.endpointSubnetId : ''
    logsId: monitoring.outputs.workspaceId
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    name: 'st${token}'
    location: location
    tags: tags
    sku: zoneRedundant ? 'Standard_ZRS' : 'Standard_LRS'
    containers: [blobs.package, blobs.lake, blobs.sources, blobs.undelivered]
    roleAssignments: [
      { role: 'Storage Blob Data Owner', principalId: appIdentity.outputs.principalId }
    ]
    containerRoleAssignments: [
      {
        role: 'Storage Blob Data Contributor'
        principalId: intakeIdentity.outputs.principalId
        part: blobs.undelivered
      }
    ]
    endpointSubnetId: privateNetwork ? network.outputs.endpointSubnetId : ''
    logsId: monitoring.outputs.workspaceId
  }
}

module serviceBus 'modules/service-bus.bicep' = {
  name: 'service-bus'
  scope: group
  params: {
    name: 'sb-${token}'
    location: location
    tags: tags
    queues: queues
    sku: privateNetwork ? 'Premium' : 'Standard'
    roleAssignments: [
      { role: 'Azure Service Bus Data Receiver', principalId: appIdentity.outputs.principalId }
      { role: 'Azure Service Bus Data Sender', principalId: appIdentity.outputs.principalId }
    ]
    queueRoleAssignments: [
      {
        role: 'Azure Service Bus Data Sender'
        principalId: intakeIdentity.outputs.principalId
        part: intakeQueue
      }
    ]
    endpointSubnetId: privateNetwork ? network.outputs.endpointSubnetId : ''
    logsId: monitoring.outputs.workspaceId
  }
}

module cosmos 'modules/cosmos.bicep' = {
  name: 'cosmos'
  scope: group
  params: {
    name: empty(storeName) ? 'cosmos-${token}' : storeName
    location: location
    tags: tags
    databaseName: database
    documentsName: containers.documents
    leasesName: containers.leases
    auditName: containers.audit
    indexingPolicy: loadJsonContent('cosmos-indexing.json')
    documentsThroughput: documentsThroughput
    zoneRedundant: zoneRedundant
    appPrincipalId: appIdentity.outputs.principalId
    endpointSubnetId: privateNetwork ? network.outputs.endpointSubnetId : ''
    logsId: monitoring.outputs.workspaceId
  }
}

module fhir 'modules/fhir.bicep' = {
  name: 'fhir'
  scope: resourceGroup(fhirGroupName)
  params: {
    workspaceName: existingFhir.?workspaceName ?? 'hw${token}'
    serviceName: existingFhir.?serviceName ?? 'fhir'
    exists: fhirExists
    location: location
    tags: tags
    roleAssignments: [
      { role: 'FHIR Data Contributor', principalId: appIdentity.outputs.principalId }
    ]
    endpointSubnetId: privateNetwork ? network.outputs.endpointSubnetId : ''
    logsId: monitoring.outputs.workspaceId
  }
  dependsOn: [group]
}

module fhirChanges 'modules/fhir-changes.bicep' = {
  name: 'fhir-changes'
  scope: group
  params: {
    name: 'evgt-${token}'
    location: fhirLocation
    tags: tags
    workspaceId: fhir.outputs.workspaceId
    subjectPrefix: fhir.outputs.subjectPrefix
    identityId: intakeIdentity.outputs.id
    queueId: '${serviceBus.outputs.id}/queues/${intakeQueue}'
    storageId: storage.outputs.id
    deadLetterContainer: blobs.undelivered
    logsId: monitoring.outputs.workspaceId
  }
}

module communication 'modules/communication.bicep' = if (communicationServices) {
  name: 'communication'
  scope: group
  params: {
    name: 'acs-${token}'
    dataLocation: communicationDataLocation
    tags: tags
    roleAssignments: [
      { role: 'Communication and Email Service Owner', principalId: appIdentity.outputs.principalId }
    ]
    logsId: monitoring.outputs.workspaceId
  }
}

module settings 'modules/settings.bicep' = {
  name: 'settings'
  scope: group
  params: {
    organisation: organisation
    tokenIssuers: tokenIssuers
    corsOrigins: corsOrigins
    publicAddress: empty(publicAddress) ? 'https://${appName}.azurewebsites.net' : publicAddress
    sms: sms
    email: email
    places: {
      cosmosEndpoint: cosmos.outputs.endpoint
      database: database
      documents: containers.documents
      leases: containers.leases
      audit: containers.audit
      serviceBusHost: serviceBus.outputs.host
      blobEndpoint: storage.outputs.blobEndpoint
      lake: blobs.lake
      sources: blobs.sources
      fhirUrl: fhir.outputs.url
    }
    identityClientId: appIdentity.outputs.clientId
    applicationInsights: monitoring.outputs.connectionString
    vaultName: keyVault.outputs.name
    threads: threads
    queueSettings: toObject(queues, queue => queue.setting, queue => queue.name)
  }
}

module functionApp 'modules/function-app.bicep' = {
  name: 'function-app'
  scope: group
  params: {
    name: appName
    location: location
    tags: tags
    scale: scale
    identityId: appIdentity.outputs.id
    identityClientId: appIdentity.outputs.clientId
    storageName: storage.outputs.name
    blobEndpoint: storage.outputs.blobEndpoint
    packageContainer: blobs.package
    settings: settings.outputs.values
    subnetId: privateNetwork ? network.outputs.appSubnetId : ''
    logsId: monitoring.outputs.workspaceId
  }
}

module alerting 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    groupName: 'ag-${token}'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    alerts: alerts
    emails: operatorEmails
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  scope: group
  params: {
    title: 'Patient engagement ${environmentName}'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    page: loadTextContent('observability/workbook.json')
  }
}

module budget 'modules/budget.bicep' = if (monthlyBudget > 0 && !empty(operatorEmails)) {
  name: 'budget'
  scope: group
  params: {
    name: 'budget-${environmentName}'
    amount: monthlyBudget
    startDate: budgetStartDate
    emails: operatorEmails
  }
}

@description('The resource group of it all.')
output AZURE_RESOURCE_GROUP string = group.name

@description('The app.')
output FUNCTION_APP_NAME string = functionApp.outputs.name

@description('Where the app answers.')
output FUNCTION_APP_URL string = functionApp.outputs.url

@description('The FHIR service.')
output FHIR_URL string = fhir.outputs.url
