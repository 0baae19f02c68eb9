metadata name = 'Identity'
metadata description = 'A user-assigned managed identity: it exists, and has its roles, before what uses it starts.'

@description('Required. The name of the identity.')
@minLength(3)
@maxLength(128)
param name string

@description('Required. Where it is kept.')
param location string

@description('Optional. Tags of the resource.')
param tags object = {}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: name
  location: location
  tags: tags
}

@description('The resource id: what an app is told to be.')
output id string = identity.id

@description('The client id: what a library asks tokens for.')
output clientId string = identity.properties.clientId

@description('The object id: what roles are given to.')
output principalId string = identity.properties.principalId
