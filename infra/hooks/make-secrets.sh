#!/bin/sh
# Before provisioning: make secrets for a first deployment. Later ones leave what is in the vault (docs/deploy.md).
# They stay in azd's environment only until they are in the vault: `azd env set SECRETS '{}'` forgets them there.
set -eu

[ "${MAKE_SECRETS:-true}" = "true" ] || exit 0
if [ -n "${SECRETS:-}" ]; then
  exit 0
fi

made() { openssl rand -hex 32; }

azd env set SECRETS "$(cat <<JSON
{"contact-key":"$(made)","fhir-webhook-secret":"$(made)","delivery-report-secret":"$(made)","bot-secret":"$(made)","sms-gateway-secret":"${SMS_GATEWAY_SECRET:-$(made)}","signing-keys":"[{\"kid\":\"first\",\"purpose\":\"conversation\",\"secret\":\"$(made)\"},{\"kid\":\"first\",\"purpose\":\"survey\",\"secret\":\"$(made)\"}]"}
JSON
)"
