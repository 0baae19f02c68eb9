// For azd: what differs between deployments stands in azd's environment (`azd env set NAME value`).
using './main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')
param organisation = {
  name: readEnvironmentVariable('ORGANISATION_NAME')
  timeZone: readEnvironmentVariable('ORGANISATION_TIME_ZONE', 'Europe/London')
  country: readEnvironmentVariable('ORGANISATION_COUNTRY', 'GB')
  language: readEnvironmentVariable('DEFAULT_LANGUAGE', 'en')
}
param tokenIssuers = json(readEnvironmentVariable('TOKEN_ISSUERS'))
param corsOrigins = json(readEnvironmentVariable('CORS_ORIGINS', '[]'))
param sms = {
  provider: 'gateway'
  gatewayUrl: readEnvironmentVariable('SMS_GATEWAY_URL')
  honoursKeys: true
}
param email = {
  provider: 'smtp'
  from: readEnvironmentVariable('EMAIL_FROM')
  host: readEnvironmentVariable('SMTP_HOST')
  port: 587
}
param secrets = json(readEnvironmentVariable('SECRETS', '{}'))
param operatorEmails = json(readEnvironmentVariable('OPERATOR_EMAILS', '[]'))
param monthlyBudget = int(readEnvironmentVariable('MONTHLY_BUDGET', '0'))
