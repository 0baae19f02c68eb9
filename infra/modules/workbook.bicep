metadata name = 'Workbook'
metadata description = 'The page of Azure Monitor on which an operator sees how the product is doing.'

@description('Required. What the page is called.')
param title string

@description('Required. Where it is kept.')
param location string

@description('Optional. Tags of the resource.')
param tags object = {}

@description('Required. The Log Analytics workspace that it asks.')
param workspaceId string

@description('Required. The page, in which {workspace-resource-id} stands for the workspace.')
param page string

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(workspaceId, title)
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: title
    category: 'workbook'
    sourceId: workspaceId
    serializedData: replace(page, '{workspace-resource-id}', workspaceId)
  }
}
