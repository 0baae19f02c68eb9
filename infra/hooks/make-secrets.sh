#!/bin/sh
# Before provisioning: make the secrets that the vault does not hold yet; never one that it does (docs/deploy.md).
# They stay in azd's environment only until they are in the vault: `azd env set SECRETS '{}'` forgets them there.
# Whatever cannot be asked stops the deployment. The vault is asked by way of its resource, which who deploys may
# always read and a private network does not hide; that gives names, and never a value.
set -eu

[ "${MAKE_SECRETS:-true}" = "true" ] || exit 0
case "${SECRETS:-}" in
  "" | "{}") ;;
  *) exit 0 ;;
esac

subscription="${AZURE_SUBSCRIPTION_ID:?say which: azd env set AZURE_SUBSCRIPTION_ID (or else another may be asked)}"
group="rg-${AZURE_ENV_NAME:?}"

held=""
there=$(az group exists --subscription "$subscription" --name "$group")
case "$there" in
  true)
    vaults=$(az keyvault list --subscription "$subscription" --resource-group "$group" --query "[].id" --output tsv)
    for vault in $vaults; do
      named=$(az rest --method get --url "$vault/secrets?api-version=2024-11-01" --query "value[].name" --output tsv)
      held="$held $named"
    done
    ;;
  false) ;;
  *)
    echo "whether $group exists could not be told: no secret was made" >&2
    exit 1
    ;;
esac

is_held() {
  for one in $held; do
    [ "$one" != "$1" ] || return 0
  done
  return 1
}

made() { openssl rand -hex 32; }

signing_key() {
  secret=$(made)
  printf '{\\"kid\\":\\"first\\",\\"purpose\\":\\"%s\\",\\"secret\\":\\"%s\\"}' "$1" "$secret"
}

signing_keys() {
  conversation=$(signing_key conversation)
  survey=$(signing_key survey)
  preferences=$(signing_key preferences)
  printf '[%s,%s,%s]' "$conversation" "$survey" "$preferences"
}

fhir_sources() {
  secret=$(made)
  printf '[{\\"name\\":\\"record\\",\\"secret\\":\\"%s\\"}]' "$secret"
}

value_of() {
  case "$1" in
    signing-keys) signing_keys ;;
    fhir-sources) fhir_sources ;;
    sms-gateway-secret) if [ -n "${SMS_GATEWAY_SECRET:-}" ]; then printf '%s' "$SMS_GATEWAY_SECRET"; else made; fi ;;
    *) made ;;
  esac
}

missing=""
for name in contact-key fhir-webhook-secret fhir-sources delivery-report-secret bot-secret sms-gateway-secret signing-keys; do
  if ! is_held "$name"; then
    value=$(value_of "$name")
    missing="$missing${missing:+,}\"$name\":\"$value\""
  fi
done
if [ -n "$missing" ]; then
  azd env set SECRETS "{$missing}"
fi
