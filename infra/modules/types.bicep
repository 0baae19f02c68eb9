metadata name = 'Types and roles'
metadata description = 'What several modules share: whom a role is given to, and the ids behind the names of roles.'

@export()
@description('The roles of Azure that this deployment gives, by the name they have in the portal.')
type roleName =
  | 'Azure Service Bus Data Receiver'
  | 'Azure Service Bus Data Sender'
  | 'Communication and Email Service Owner'
  | 'FHIR Data Contributor'
  | 'Key Vault Secrets User'
  | 'Monitoring Metrics Publisher'
  | 'Storage Blob Data Contributor'
  | 'Storage Blob Data Owner'

@export()
@description('The only place where a role has its number.')
var roleIds = {
  'Azure Service Bus Data Receiver': '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'
  'Azure Service Bus Data Sender': '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
  'Communication and Email Service Owner': '09976791-48a7-449e-bb21-39d1a415f350'
  'FHIR Data Contributor': '5a1fc7df-4bf1-4951-a576-89034ee01acd'
  'Key Vault Secrets User': '4633458b-17de-408a-b874-0445c86b69e6'
  'Monitoring Metrics Publisher': '3913510d-42f4-4e42-8a64-420c390055eb'
  'Storage Blob Data Contributor': 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  'Storage Blob Data Owner': 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
}

@export()
@description('One role for one managed identity, on the whole resource of the module it is handed to.')
type roleAssignment = {
  @description('Required. The name of the role.')
  role: roleName

  @description('Required. The object id of the managed identity.')
  principalId: string
}

@export()
@description('One role for one managed identity, on one part of the resource only.')
type partRoleAssignment = {
  @description('Required. The name of the role.')
  role: roleName

  @description('Required. The object id of the managed identity.')
  principalId: string

  @description('Required. The name of the part: a container, a queue.')
  part: string
}
