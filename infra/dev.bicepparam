// A deployment to try things on: cheap, alone, nothing stands ready. No patients of the real world.
using './main.bicep'

param environmentName = 'dev'
param location = 'uksouth'
param organisation = {
  name: 'Riverside Hospital'
  timeZone: 'Europe/London'
  country: 'GB'
  language: 'en'
}
param tokenIssuers = json(readEnvironmentVariable('TOKEN_ISSUERS'))
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
param scale = {
  instanceMemory: 2048
  maximumInstances: 40
  requestsAtOnce: 16
  readyForRequests: 0
  readyForRelay: 0
}
param documentsThroughput = 1000
param zoneRedundant = false
param logsKeptDays = 30
