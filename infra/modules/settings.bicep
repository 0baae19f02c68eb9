metadata name = 'Settings'
metadata description = 'Every application setting of the product, with the value it has in Azure. It makes no resource.'

@export()
@description('Who the organisation is.')
type organisationType = {
  @description('Required. Its name, as patients read it.')
  name: string

  @description('Required. Its time zone, as Europe/London.')
  timeZone: string

  @description('Required. Its country, as GB.')
  country: string

  @description('Required. The language used where nobody chose one, as en.')
  language: string
}

@export()
@description('Whose tokens are believed.')
type issuerType = {
  @description('Required. The issuer that a token must name.')
  issuer: string

  @description('Required. The audience that a token must name.')
  audience: string

  @description('Required. Where its public keys are.')
  jwks_uri: string

  @description('Required. Whom it speaks of.')
  who: 'staff' | 'patient'

  @description('Optional. The claim that holds a patient id, where the issuer is trusted to say so.')
  names_patient_in: string?
}

@export()
@description('How text messages leave.')
type smsType = {
  @description('Required. The adapter.')
  provider: 'gateway' | 'local'

  @description('Required. Where the gateway takes messages.')
  gatewayUrl: string

  @description('Required. Whether the gateway sends once what it is given twice under one key.')
  honoursKeys: bool
}

@export()
@description('How e-mail leaves.')
type emailType = {
  @description('Required. The adapter.')
  provider: 'smtp' | 'local'

  @description('Required. The address it comes from.')
  from: string

  @description('Required. The server.')
  host: string

  @description('Required. Its port.')
  port: int
}

@export()
@description('Where the data is.')
type placesType = {
  @description('Required. The address of the Cosmos DB account.')
  cosmosEndpoint: string

  @description('Required. The database.')
  database: string

  @description('Required. The container of documents.')
  documents: string

  @description('Required. The container of leases.')
  leases: string

  @description('Required. The container of the audit.')
  audit: string

  @description('Required. The host of the Service Bus namespace.')
  serviceBusHost: string

  @description('Required. The address of the storage account for blobs.')
  blobEndpoint: string

  @description('Required. The container of the lake.')
  lake: string

  @description('Required. The container in which sources put down their files.')
  sources: string

  @description('Required. The address of the FHIR service, which is also the audience of its tokens.')
  fhirUrl: string
}

@description('Required. Who the organisation is.')
param organisation organisationType

@description('Required. Whose tokens are believed.')
param tokenIssuers issuerType[]

@description('Required. Pages of which origins may call from a browser.')
param corsOrigins string[]

@description('Required. The address that links in messages begin with.')
param publicAddress string

@description('Required. How text messages leave.')
param sms smsType

@description('Required. How e-mail leaves.')
param email emailType

@description('Required. Where the data is.')
param places placesType

@description('Required. The client id of the identity that the app is.')
param identityClientId string

@description('Required. Where telemetry goes.')
param applicationInsights string

@description('Required. The vault that holds the secrets.')
param vaultName string

@description('Required. How many functions one instance runs at once; host.json counts on the same number.')
param threads int

@description('Required. The application setting of each queue, with the name of the queue.')
param queueSettings object

func fromVault(vault string, secret string) string => '@Microsoft.KeyVault(VaultName=${vault};SecretName=${secret})'

var platform = {
  PYTHON_THREADPOOL_THREAD_COUNT: string(threads)
  APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsights
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL: 'true'
  APPLICATIONINSIGHTS_SDKSTATS_DISABLED: 'true'
  APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED: 'true'
  PYTHON_ENABLE_OPENTELEMETRY: 'true'
  AZURE_CLIENT_ID: identityClientId
  COSMOS__accountEndpoint: places.cosmosEndpoint
  COSMOS__credential: 'managedidentity'
  COSMOS__clientId: identityClientId
  SERVICE_BUS__fullyQualifiedNamespace: places.serviceBusHost
  SERVICE_BUS__credential: 'managedidentity'
  SERVICE_BUS__clientId: identityClientId
}

var adapters = {
  STORE: 'cosmos'
  QUEUES: 'servicebus'
  LAKE: 'blob'
  RECORD: 'fhir'
  DATA_FOLDER: '/tmp'
  COSMOS_ENDPOINT: places.cosmosEndpoint
  COSMOS_DATABASE: places.database
  COSMOS_CONTAINER: places.documents
  COSMOS_LEASES: places.leases
  COSMOS_AUDIT_CONTAINER: places.audit
  SERVICE_BUS_NAMESPACE: places.serviceBusHost
  SERVICE_BUS_ENDPOINT: ''
  BLOB_ENDPOINT: places.blobEndpoint
  BLOB_LAKE_CONTAINER: places.lake
  BLOB_SOURCES_CONTAINER: places.sources
  FHIR_BASE_URL: places.fhirUrl
  FHIR_AUTH: 'managed_identity'
  FHIR_AUDIENCE: ''
  FHIR_AUTHORITY: ''
  FHIR_TENANT_ID: ''
  FHIR_CLIENT_ID: ''
  FHIR_CLIENT_SECRET: ''
  FHIR_CLIENT_CERTIFICATE: ''
  FHIR_TOKEN: ''
  TRUSTED_CA_FILE: ''
  OTEL_EXPORTER_OTLP_ENDPOINT: ''
}

var house = {
  ORGANISATION_NAME: organisation.name
  ORGANISATION_TIME_ZONE: organisation.timeZone
  ORGANISATION_COUNTRY: organisation.country
  DEFAULT_LANGUAGE: organisation.language
  TOKEN_ISSUERS: string(tokenIssuers)
  CORS_ORIGINS: join(corsOrigins, ',')
  PATIENTS_MAY_CHANGE: 'contact_points,addresses,languages,emergency_contacts'
  PUBLIC_ADDRESS: publicAddress
  PROXIES_IN_FRONT: '1'
  SMS_PROVIDER: sms.provider
  SMS_GATEWAY_URL: sms.gatewayUrl
  SMS_GATEWAY_HONOURS_KEYS: sms.honoursKeys ? 'true' : 'false'
  EMAIL_PROVIDER: email.provider
  EMAIL_FROM: email.from
  SMTP_HOST: email.host
  SMTP_PORT: string(email.port)
  WRITE_CONSENTS_TO_RECORD: 'true'
  WRITE_MESSAGE_TEXT_TO_RECORD: 'false'
  HONOUR_LEGACY_FLAGS: 'false'
  CLAIM_LASTS_SECONDS: '60'
  CLOCKS_APART_SECONDS: '300'
  MATCHING_FULL_AFTER_RUNS: '30'
}

var secrets = {
  CONTACT_KEY: fromVault(vaultName, 'contact-key')
  SIGNING_KEYS: fromVault(vaultName, 'signing-keys')
  FHIR_WEBHOOK_SECRET: fromVault(vaultName, 'fhir-webhook-secret')
  FHIR_SOURCES: fromVault(vaultName, 'fhir-sources')
  DELIVERY_REPORT_SECRET: fromVault(vaultName, 'delivery-report-secret')
  BOT_SECRET: fromVault(vaultName, 'bot-secret')
  SMS_GATEWAY_SECRET: fromVault(vaultName, 'sms-gateway-secret')
}

var schedules = {
  RELAY_SWEEP_SCHEDULE: '0 * * * * *'
  FILL_INDEXES_SCHEDULE: '0 7 * * * *'
  BACKLOG_SCHEDULE: '10 * * * * *'
  CHANGE_POLL_SCHEDULE: '25 * * * * *'
  ENROLMENT_SWEEP_SCHEDULE: '20 * * * * *'
  HELD_MESSAGES_SWEEP_SCHEDULE: '30 * * * * *'
  CLAIM_SWEEP_SCHEDULE: '*/10 * * * * *'
  WORK_SWEEP_SCHEDULE: '*/15 * * * * *'
  OFFER_SWEEP_SCHEDULE: '5/15 * * * * *'
  CONVERSATION_SWEEP_SCHEDULE: '45 * * * * *'
  BOOKING_SWEEP_SCHEDULE: '40 * * * * *'
  SEGMENT_REFRESH_SCHEDULE: '0 */5 * * * *'
  MEASURE_REFRESH_SCHEDULE: '25 */5 * * * *'
  REFRESH_SCHEDULE: '35 */5 * * * *'
  MEMBERSHIP_SWEEP_SCHEDULE: '50 * * * * *'
}

@description('All settings by name.')
output values object = union(platform, adapters, house, secrets, schedules, queueSettings)
