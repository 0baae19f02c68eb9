"""What differs between a laptop and a hospital, read once and refused by name when it is missing or wrong."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Annotated, Any, Literal, cast, get_args, get_origin

from shared.kernel.sensitive import Sensitive
from shared.wiring.setting_readings import (
    ADDRESS,
    AUTHORITIES,
    CERTIFICATE,
    COUNTRY,
    FHIR_ADDRESS,
    GATEWAY,
    HOST_NAME,
    PORT,
    TIME_ZONE,
    WEB_ADDRESS,
    or_nothing,
    whole_number_between,
)


class SettingRefused(Exception):
    """A setting is missing or cannot be read; the text names it and never shows its value."""


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """Whose tokens are believed (D13): `iss`, the audience to be named, signing keys, and whom they name.

    `names_patient_in` is the claim that holds a patient's id, where the issuer is trusted to say so; without
    it a login is looked up.
    """

    issuer: str
    audience: str
    jwks_uri: str
    who: Literal["staff", "patient"]
    names_patient_in: str | None = None


@dataclass(frozen=True, slots=True)
class NamedSecret:
    """One signing key (D13): its `kid`, what for, and at least 32 characters of secret (RFC 7518 §3.2)."""

    kid: str
    purpose: Literal["conversation", "survey", "preferences"]
    secret: Sensitive[str]


RECORD_TYPES = (
    "Patient",
    "AllergyIntolerance",
    "Appointment",
    "CarePlan",
    "CareTeam",
    "Condition",
    "Coverage",
    "DiagnosticReport",
    "Encounter",
    "Immunization",
    "MedicationRequest",
    "Observation",
    "Procedure",
    "RelatedPerson",
)
"""What a source of changes tells of where it does not say."""


@dataclass(frozen=True, slots=True)
class FhirSource:
    """Who may tell us that the record has changed (FH-2, FH-4, FH-9), by a secret of 32 characters or more.

    `types` are the resource types we listen to and look for ourselves. `account` is what its events call the
    FHIR server: once any source names one, events of others are passed over. `base` is the address that its
    absolute references begin with; `subscriptions` are the ids of the Subscriptions that may notify us.
    """

    name: str
    secret: Sensitive[str]
    types: tuple[str, ...] = RECORD_TYPES
    account: str = ""
    base: str = ""
    subscriptions: tuple[str, ...] = ()


_APART = whole_number_between(0, 900)
"""By how much the clocks of machines may differ; 0 where there is one machine."""
_PROXIES = whole_number_between(0, 5)
"""How many of our own stand between callers and the app, each adding whom it saw to `X-Forwarded-For`."""
_INCREMENTAL = whole_number_between(0, 1000)
"""With 0 every run compares all records."""
_CLAIM = whole_number_between(1, 600)
"""A longer claim would keep a message whose sender has died from everybody for that long."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One field per application setting, in lower case. No defaults: the example file holds the laptop's.

    In Azure everything is reached as the managed identity `azure_client_id`; empty, it is the one that the
    system assigned. `trusted_ca_file` is a PEM file of a certificate authority to trust for Azure's services
    besides the public ones, where a proxy of the hospital's own inspects what goes out.
    `service_bus_endpoint` is a gateway to go through, if there is one.

    `fhir_audience` is for whom tokens are asked, where that is not the address of the FHIR server;
    `fhir_authority` is a sovereign cloud's. A client proves itself by its secret or by its certificate, which
    is a PEM file with its key.
    """

    store: Literal["sqlite", "cosmos"]
    queues: Literal["sqlite", "servicebus"]
    lake: Literal["folder", "blob"]
    record: Literal["embedded", "fhir"]
    data_folder: str

    azure_client_id: str
    trusted_ca_file: Annotated[str, or_nothing(AUTHORITIES)]
    cosmos_endpoint: Annotated[str, or_nothing(WEB_ADDRESS)]
    cosmos_database: str
    cosmos_container: str
    cosmos_leases: str
    cosmos_audit_container: str
    service_bus_namespace: Annotated[str, or_nothing(HOST_NAME)]
    service_bus_endpoint: Annotated[str, or_nothing(GATEWAY)]
    blob_endpoint: Annotated[str, or_nothing(WEB_ADDRESS)]
    blob_lake_container: str
    blob_sources_container: str

    fhir_base_url: Annotated[str, or_nothing(FHIR_ADDRESS)]
    fhir_auth: Literal["managed_identity", "client_credentials", "token", "none"]
    fhir_audience: Annotated[str, or_nothing(WEB_ADDRESS)]
    fhir_authority: Annotated[str, or_nothing(ADDRESS)]
    fhir_tenant_id: str
    fhir_client_id: str
    fhir_client_secret: Sensitive[str]
    fhir_client_certificate: Annotated[str, or_nothing(CERTIFICATE)]
    fhir_token: Sensitive[str]

    applicationinsights_connection_string: Sensitive[str]
    otel_exporter_otlp_endpoint: Annotated[str, or_nothing(WEB_ADDRESS)]

    organisation_name: str
    organisation_time_zone: Annotated[str, TIME_ZONE]
    organisation_country: Annotated[str, COUNTRY]
    default_language: str

    write_consents_to_record: bool
    write_message_text_to_record: bool
    honour_legacy_flags: bool

    contact_key: Sensitive[str]
    token_issuers: tuple[TokenIssuer, ...]
    cors_origins: tuple[str, ...]
    patients_may_change: tuple[str, ...]
    fhir_webhook_secret: Sensitive[str]
    fhir_sources: tuple[FhirSource, ...]
    delivery_report_secret: Sensitive[str]

    bot_secret: Sensitive[str]
    signing_keys: tuple[NamedSecret, ...]
    public_address: Annotated[str, ADDRESS]
    proxies_in_front: Annotated[int, _PROXIES]

    sms_provider: Literal["local", "gateway"]
    sms_gateway_url: Annotated[str, or_nothing(WEB_ADDRESS)]
    sms_gateway_secret: Sensitive[str]
    sms_gateway_honours_keys: bool
    email_provider: Literal["local", "smtp"]
    email_from: str
    smtp_host: str
    smtp_port: Annotated[int, PORT]
    claim_lasts_seconds: Annotated[int, _CLAIM]
    clocks_apart_seconds: Annotated[int, _APART]
    matching_full_after_runs: Annotated[int, _INCREMENTAL]

    @classmethod
    def read_from(cls, values: Mapping[str, str]) -> "Settings":
        """Read settings from upper-case names and text; raise `SettingRefused` naming all that are wrong."""
        read: dict[str, Any] = {}
        wrong: list[str] = []
        for field in fields(cls):
            name = field.name.upper()
            text = values.get(name)
            if text is None:
                wrong.append(f"{name} is missing")
            elif text.strip().startswith("@Microsoft.KeyVault("):
                wrong.append(f"{name} is a Key Vault reference that was not resolved")
            elif field.name in NEVER_EMPTY and not text.strip():
                wrong.append(f"{name} is empty")
            else:
                try:
                    read[field.name] = _reading_of(field.type)(text)
                except (ValueError, TypeError, KeyError):
                    wrong.append(f"{name} cannot be read as {_described(field.type)}")
        wrong += [
            f"{needed.upper()} is empty, and {choice.upper()}={chosen} needs it"
            for (choice, chosen), all_needed in NEEDED_BY.items()
            for needed in all_needed
            if read.get(choice) == chosen and needed in read and not values[needed.upper()].strip()
        ]
        if read.get("fhir_auth") == "client_credentials" and not any(
            values.get(name, "").strip() for name in _PROOFS
        ):
            wrong.append(f"{' and '.join(_PROOFS)} are empty, and FHIR_AUTH=client_credentials needs one")
        if wrong:
            raise SettingRefused("; ".join(wrong))
        return cls(**read)


_PROOFS = ("FHIR_CLIENT_SECRET", "FHIR_CLIENT_CERTIFICATE")
NEVER_EMPTY = frozenset({"contact_key", "fhir_webhook_secret", "delivery_report_secret", "bot_secret"})
"""An empty secret is one that everybody knows."""
NEEDED_BY: Mapping[tuple[str, str], Sequence[str]] = {
    ("store", "cosmos"): (
        "cosmos_endpoint",
        "cosmos_database",
        "cosmos_container",
        "cosmos_leases",
        "cosmos_audit_container",
    ),
    ("queues", "servicebus"): ("service_bus_namespace",),
    ("lake", "blob"): ("blob_endpoint", "blob_lake_container", "blob_sources_container"),
    ("record", "fhir"): ("fhir_base_url",),
    ("fhir_auth", "client_credentials"): ("fhir_tenant_id", "fhir_client_id"),
    ("fhir_auth", "token"): ("fhir_token",),
    ("sms_provider", "gateway"): ("sms_gateway_url", "sms_gateway_secret"),
    ("email_provider", "smtp"): ("email_from", "smtp_host"),
}
"""Which settings may not be empty where a choice has been made; on a laptop they are."""


def _reading_of(kind: Any) -> Any:
    if get_origin(kind) is Annotated:
        return kind.__metadata__[0].read
    if get_origin(kind) is Literal:
        return partial(_one_of, get_args(kind))
    return _READINGS[kind]


def _one_of(choices: tuple[str, ...], text: str) -> str:
    if text not in choices:
        raise ValueError
    return text


def _truth(text: str) -> bool:
    return _one_of(("true", "false"), text.lower()) == "true"


def _texts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _issuers(text: str) -> tuple[TokenIssuer, ...]:
    listed = json.loads(text)
    if not isinstance(listed, list):
        raise TypeError
    return tuple(map(_issuer, cast("list[dict[str, str]]", listed)))


def _issuer(given: Mapping[str, str]) -> TokenIssuer:
    _one_of(get_args(TokenIssuer.__annotations__["who"]), given["who"])
    return TokenIssuer(**cast("dict[str, Any]", given))


def _signing_keys(text: str) -> tuple[NamedSecret, ...]:
    listed = json.loads(text)
    if not isinstance(listed, list):
        raise TypeError
    keys = tuple(map(_signing_key, cast("list[dict[str, str]]", listed)))
    purposes = get_args(NamedSecret.__annotations__["purpose"])
    if {key.purpose for key in keys} != set(purposes):
        raise ValueError
    return keys


def _signing_key(given: Mapping[str, str]) -> NamedSecret:
    purpose = _one_of(get_args(NamedSecret.__annotations__["purpose"]), given["purpose"])
    if len(given["secret"]) < SHORTEST_SECRET or not given["kid"]:
        raise ValueError
    return NamedSecret(given["kid"], cast("Any", purpose), Sensitive(given["secret"]))


def _fhir_sources(text: str) -> tuple[FhirSource, ...]:
    listed = json.loads(text)
    if not isinstance(listed, list):
        raise TypeError
    sources = tuple(map(_fhir_source, cast("list[dict[str, Any]]", listed)))
    if len({source.name for source in sources}) < len(sources):
        raise ValueError
    return sources


def _fhir_source(given: Mapping[str, Any]) -> FhirSource:
    lists = {name: tuple(given[name]) for name in ("types", "subscriptions") if name in given}
    read: dict[str, Any] = {**given, **lists, "secret": Sensitive(given["secret"])}
    source = FhirSource(**read)
    for pattern, spelt in (
        (r"[a-z0-9-]{1,32}", (source.name,)),
        (r"[A-Z][A-Za-z]{1,63}", source.types),
        (r"[A-Za-z0-9.-]{0,253}", (source.account,)),
        (r"(https?://[^\s?#]+[^\s?#/])?", (source.base,)),
        (r"[A-Za-z0-9.-]{1,64}", source.subscriptions),
    ):
        if not all(re.fullmatch(pattern, one) for one in spelt):
            raise ValueError
    if len(given["secret"]) < SHORTEST_SECRET or not source.types:
        raise ValueError
    return source


SHORTEST_SECRET = 32

_READINGS: dict[Any, Any] = {
    str: str,
    bool: _truth,
    Sensitive[str]: Sensitive,
    tuple[str, ...]: _texts,
    tuple[TokenIssuer, ...]: _issuers,
    tuple[NamedSecret, ...]: _signing_keys,
    tuple[FhirSource, ...]: _fhir_sources,
}


def _described(kind: Any) -> str:
    if get_origin(kind) is Annotated:
        return kind.__metadata__[0].wanted
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(get_args(kind))
    return {
        bool: "true or false",
        tuple[TokenIssuer, ...]: "a JSON list of issuers",
        tuple[
            FhirSource, ...
        ]: "a JSON list of sources, each with a name and a secret of 32 characters or more",
        tuple[
            NamedSecret, ...
        ]: "a JSON list of keys, at least one for each purpose, secrets of 32 characters or more",
    }.get(kind, "text")
