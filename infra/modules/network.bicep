metadata name = 'Network'
metadata description = 'A virtual network for the app and for private endpoints, and the private zones of their names.'

@description('Required. The name of the network.')
@minLength(2)
@maxLength(64)
param name string

@description('Required. Where it is.')
param location string

@description('Optional. Tags of the resources.')
param tags object = {}

@description('Optional. The addresses of the network; both subnets are cut from its first quarter.')
param addressPrefix string = '10.61.0.0/16'

@description('Required. The private zones that endpoints need.')
param zoneNames string[]

@description('Required. The Log Analytics workspace that takes its logs.')
param logsId string

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 24, 0)
          delegations: [
            {
              name: 'flex-consumption'
              properties: { serviceName: 'Microsoft.App/environments' }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 24, 1)
          privateEndpointNetworkPolicies: 'Disabled'
        }
      }
    ]
  }
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zoneName in zoneNames: {
    name: zoneName
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (zoneName, i) in zoneNames: {
    parent: zones[i]
    name: name
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: network.id }
    }
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-log-analytics'
  scope: network
  properties: {
    workspaceId: logsId
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

@description('The subnet that the app stands in.')
output appSubnetId string = '${network.id}/subnets/app'

@description('The subnet of private endpoints.')
output endpointSubnetId string = '${network.id}/subnets/endpoints'
