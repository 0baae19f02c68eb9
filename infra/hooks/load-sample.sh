#!/bin/sh
# After provisioning, when LOAD_SAMPLE_DATA is true: put made-up patients, with the codes of their records, into FHIR.
# Once: the wish is forgotten when they are there, or else each provisioning would undo what was tried on them.
# Whoever deploys needs the role FHIR Data Contributor on the service. Never into a service that holds real people.
set -eu

[ "${LOAD_SAMPLE_DATA:-false}" = "true" ] || exit 0

make sample N="${SAMPLE_PATIENTS:-100}" OUT=.sample
az account get-access-token --resource "$FHIR_URL" --query accessToken --output tsv |
  .venv/bin/python -m local.seed .sample --url "$FHIR_URL"
azd env set LOAD_SAMPLE_DATA false
