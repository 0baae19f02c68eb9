metadata name = 'Private endpoint'
metadata description = 'An address inside the network for one resource, and its name in the private zone of this resource group.'

@description('Required. The name of the endpoint.')
@minLength(1)
@maxLength(80)
param name string

@description('Required. Where the network is.')
param location string

@description('Optional. Tags of the resource.')
param tags object = {}

@description('Required. The subnet that gives the address.')
param subnetId string

@description('Required. The resource that is reached.')
param targetId string

@description('Required. Which of its services is reached, as Private Link names it.')
param group string

@description('Required. The private DNS zone that holds the name.')
param zoneName string

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      {
        name: group
        properties: {
          privateLinkServiceId: targetId
          groupIds: [group]
        }
      }
    ]
  }
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' existing = {
  name: zoneName
}

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = {
  parent: endpoint
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: group
        properties: { privateDnsZoneId: zone.id }
      }
    ]
  }
}
