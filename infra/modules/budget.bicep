metadata name = 'Budget'
metadata description = 'Says so when a month of this resource group costs more than was meant. It stops nothing.'

@description('Required. The name of the budget.')
@minLength(1)
@maxLength(63)
param name string

@description('Required. What a month may cost, in the currency of the account.')
@minValue(1)
param amount int

@description('Required. The first day of the month it begins with, as 2026-12-01.')
param startDate string

@description('Required. The addresses that hear of it; without any there is nobody to tell.')
@minLength(1)
param emails string[]

resource budget 'Microsoft.Consumption/budgets@2024-08-01' = {
  name: name
  properties: {
    category: 'Cost'
    amount: amount
    timeGrain: 'Monthly'
    timePeriod: { startDate: startDate }
    notifications: {
      nearlySpent: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 80
        thresholdType: 'Actual'
        contactEmails: emails
      }
      willBeOverspent: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 100
        thresholdType: 'Forecasted'
        contactEmails: emails
      }
    }
  }
}
