// A deployment for patients: in zones and in a network, with somebody who hears of trouble. Names and addresses are examples.
using './main.bicep'

param environmentName = 'prod'
param location = 'uksouth'
param organisation = {
  name: 'Riverside Hospital'
  timeZone: 'Europe/London'
  country: 'GB'
  language: 'en'
}
param tokenIssuers = json(readEnvironmentVariable('TOKEN_ISSUERS'))
param corsOrigins = [
  'https://portal.example.org'
  'https://desk.example.org'
]
param publicAddress = 'https://engagement.example.org'
param sms = {
  provider: 'gateway'
  gatewayUrl: 'https://sms.example.org/messages'
  honoursKeys: true
}
param email = {
  provider: 'smtp'
  from: 'no-reply@example.org'
  host: 'smtp.example.org'
  port: 587
}
param secrets = json(readEnvironmentVariable('SECRETS', '{}'))
param existingFhir = {
  resourceGroupName: 'rg-health-data'
  workspaceName: 'riversidehealth'
  serviceName: 'records'
  location: 'uksouth'
}
param scale = {
  instanceMemory: 2048
  maximumInstances: 100
  requestsAtOnce: 16
  readyForRequests: 2
  readyForRelay: 1
}
param documentsThroughput = 20000
param zoneRedundant = true
param privateNetwork = true
param communicationServices = true
param communicationDataLocation = 'UK'
param logsKeptDays = 365
param operatorEmails = ['operators@example.org']
param monthlyBudget = 3000
param budgetStartDate = '2026-12-01'
