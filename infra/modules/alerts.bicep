metadata name = 'Alerts'
metadata description = 'One rule for each entry of observability/alerts.json, and the people who hear of them.'

@export()
@description('One alert, as alerts.json has it.')
type alertType = {
  @description('Required. The name of the rule.')
  name: string

  @description('Required. What people read first.')
  title: string

  @description('Required. What it means.')
  description: string

  @description('Required. 0 is critical, 4 is only said.')
  severity: int

  @description('Required. The question, in KQL, over the tables of the workspace.')
  query: string

  @description('Required. The column with the number to compare; empty counts the rows.')
  measure: string

  @description('Required. How the rows of a window become one number.')
  aggregation: string

  @description('Required. How the number is compared.')
  operator: string

  @description('Required. With what.')
  threshold: int

  @description('Required. How far back it looks.')
  windowSize: string

  @description('Required. How often it looks.')
  evaluationFrequency: string

  @description('Required. The heading in docs/runbook.md that says what to do.')
  runbook: string

  @description('Required. The names of the catalogue that the question uses.')
  uses: string[]
}

@description('Required. The name of the action group.')
@minLength(1)
@maxLength(260)
param groupName string

@description('Required. Where the rules are kept.')
param location string

@description('Optional. Tags of the resources.')
param tags object = {}

@description('Required. The Log Analytics workspace that is asked.')
param workspaceId string

@description('Required. The alerts.')
param alerts alertType[]

@description('Optional. The addresses that hear of them.')
param emails string[] = []

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: groupName
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'engagement'
    enabled: true
    emailReceivers: [
      for email in emails: {
        name: email
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in alerts: {
    name: 'alert-${alert.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: alert.title
      description: '${alert.description} See docs/runbook.md#${alert.runbook}.'
      severity: alert.severity
      enabled: true
      autoMitigate: true
      skipQueryValidation: true
      scopes: [workspaceId]
      windowSize: alert.windowSize
      evaluationFrequency: alert.evaluationFrequency
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: alert.aggregation
            metricMeasureColumn: empty(alert.measure) ? null : alert.measure
            operator: alert.operator
            threshold: alert.threshold
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [people.id] }
    }
  }
]
