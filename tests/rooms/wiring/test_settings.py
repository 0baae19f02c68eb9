"""Settings are read once; what is missing or wrong is told by name, all of it, and never by value (D17)."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.wiring.settings import NEEDED_BY, NEVER_EMPTY, SettingRefused, Settings
from tests.stand_ins.certificates import certificates_in
from tests.support.tree import ROOT

EXAMPLE: dict[str, str] = json.loads((ROOT / "local.settings.example.json").read_text())["Values"]
PLANTED = "9434765919"
UNRESOLVED = f"@Microsoft.KeyVault(SecretUri=https://vault.example/secrets/{PLANTED}/)"
A_KEY = {"kid": "k1", "purpose": "conversation", "secret": "0123456789abcdef0123456789abcdef"}
KEYS = "a JSON list of keys, at least one for each purpose, secrets of 32 characters or more"
AN_ADDRESS = "an address without a path, as https://engagement.example.org"
A_WEB_ADDRESS = "an address, as https://hospital.example.org/path, or nothing"
A_HOST = "a whole host name, as hospital.servicebus.windows.net, or nothing"
A_GATEWAY = "an address with its port, as sb://gateway.example.org:5671, or nothing"
A_FHIR_ADDRESS = (
    "an address that begins with https, or is on this machine, "
    "as https://fhir.hospital.example.org, or nothing"
)
A_CERTIFICATE = "a file in PEM of a certificate and its key, or nothing"
A_PEM = "a file of certificates in PEM, or nothing"
AN_ISSUER = {"issuer": "https://i.example", "audience": "us", "jwks_uri": "https://i.example/keys"}


def read(changed: dict[str, str]) -> Settings:
    """Read the example's settings with some of them changed."""
    return Settings.read_from(EXAMPLE | changed)


class TestSettings:
    def test_are_read_as_what_they_are(self) -> None:
        values = {
            "CORS_ORIGINS": "https://portal.example, https://desk.example,",
            "SMTP_PORT": "25",
            "SMS_GATEWAY_HONOURS_KEYS": "False",
            "TOKEN_ISSUERS": json.dumps([AN_ISSUER | {"who": "patient"}]),
            "CONTACT_KEY": PLANTED,
        }

        settings = read(values)

        assert settings.cors_origins == ("https://portal.example", "https://desk.example")
        assert (settings.smtp_port, settings.sms_gateway_honours_keys) == (25, False)
        assert [(one.who, one.names_patient_in) for one in settings.token_issuers] == [("patient", None)]
        assert settings.contact_key.value == PLANTED

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("CLAIM_LASTS_SECONDS", "1"),
            ("CLAIM_LASTS_SECONDS", "600"),
            ("CLOCKS_APART_SECONDS", "0"),
            ("CLOCKS_APART_SECONDS", "900"),
            ("SMTP_PORT", "65535"),
            ("ORGANISATION_TIME_ZONE", "Asia/Kolkata"),
            ("ORGANISATION_COUNTRY", "IN"),
            ("PUBLIC_ADDRESS", "http://127.0.0.1:7071"),
            ("COSMOS_ENDPOINT", "https://house.documents.azure.com:443/"),
            ("BLOB_ENDPOINT", "http://127.0.0.1:10000/an-account"),
            ("SERVICE_BUS_NAMESPACE", "house.servicebus.windows.net"),
            ("SERVICE_BUS_ENDPOINT", "amqps://10.0.0.4:5671"),
            ("SERVICE_BUS_ENDPOINT", "sb://[::1]:5671"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318"),
            ("SMS_GATEWAY_URL", "https://gateway.example/messages"),
            ("FHIR_BASE_URL", "https://hospital-fhir.fhir.azurehealthcareapis.com"),
            ("FHIR_BASE_URL", "http://127.0.0.1:8080/fhir"),
            ("FHIR_BASE_URL", "http://[::1]:8080/fhir"),
            ("FHIR_AUTHORITY", "https://login.microsoftonline.us"),
        ],
    )
    def test_are_believed_to_their_bounds(self, name: str, value: str) -> None:
        assert str(getattr(read({name: value}), name.lower())) == value

    def test_may_name_no_issuer_and_no_origin(self) -> None:
        settings = read({"TOKEN_ISSUERS": "[]", "CORS_ORIGINS": ""})

        assert (settings.token_issuers, settings.cors_origins) == ((), ())

    def test_do_not_mind_those_of_others(self) -> None:
        assert read({"FUNCTIONS_EXTENSION_VERSION": "~4"}) == read({})

    def test_are_refused_all_at_once_by_name(self) -> None:
        wrong = {"STORE": "paper", "CONTACT_KEY": UNRESOLVED, "SMTP_PORT": "twenty-five"}
        values = {name: value for name, value in (EXAMPLE | wrong).items() if name != "SMTP_HOST"}

        with pytest.raises(SettingRefused) as refused:
            Settings.read_from(values)

        assert str(refused.value).split("; ") == [
            "STORE cannot be read as one of sqlite, cosmos",
            "CONTACT_KEY is a Key Vault reference that was not resolved",
            "SMTP_HOST is missing",
            "SMTP_PORT cannot be read as a whole number from 1 to 65535",
        ]

    @pytest.mark.parametrize(
        ("name", "value", "wanted"),
        [
            ("SMS_GATEWAY_HONOURS_KEYS", "perhaps", "true or false"),
            ("SMS_PROVIDER", "pigeon", "one of local, gateway"),
            ("CLAIM_LASTS_SECONDS", "0", "a whole number from 1 to 600"),
            ("CLAIM_LASTS_SECONDS", "601", "a whole number from 1 to 600"),
            ("CLAIM_LASTS_SECONDS", "1.5", "a whole number from 1 to 600"),
            ("CLOCKS_APART_SECONDS", "901", "a whole number from 0 to 900"),
            ("SMTP_PORT", "0", "a whole number from 1 to 65535"),
            ("SMTP_PORT", "65536", "a whole number from 1 to 65535"),
            ("ORGANISATION_TIME_ZONE", "Europe/Lundon", "the name of a time zone, as Europe/London"),
            ("ORGANISATION_TIME_ZONE", "Europe", "the name of a time zone, as Europe/London"),
            ("ORGANISATION_TIME_ZONE", "../etc/passwd", "the name of a time zone, as Europe/London"),
            ("ORGANISATION_TIME_ZONE", "", "the name of a time zone, as Europe/London"),
            ("ORGANISATION_COUNTRY", "GBR", "a country's two capital letters, as GB"),
            ("ORGANISATION_COUNTRY", "gb", "a country's two capital letters, as GB"),
            ("ORGANISATION_COUNTRY", "", "a country's two capital letters, as GB"),
            ("PUBLIC_ADDRESS", "engagement.example", AN_ADDRESS),
            ("PUBLIC_ADDRESS", "https://engagement.example/path", AN_ADDRESS),
            ("PUBLIC_ADDRESS", "https://engagement.example:70000", AN_ADDRESS),
            ("COSMOS_ENDPOINT", "house.documents.azure.com", A_WEB_ADDRESS),
            ("COSMOS_ENDPOINT", "AccountEndpoint=https://house.documents.azure.com/;", A_WEB_ADDRESS),
            ("COSMOS_ENDPOINT", "https://house.documents.azure.com:0/", A_WEB_ADDRESS),
            ("COSMOS_ENDPOINT", " ", A_WEB_ADDRESS),
            ("BLOB_ENDPOINT", "https://", A_WEB_ADDRESS),
            ("BLOB_ENDPOINT", "https://house.blob.core.windows.net/?sv=signature", A_WEB_ADDRESS),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "127.0.0.1:4318", A_WEB_ADDRESS),
            ("SMS_GATEWAY_URL", "ftp://gateway.example", A_WEB_ADDRESS),
            ("SMS_GATEWAY_URL", "https://user:secret@gateway.example", A_WEB_ADDRESS),
            ("RECORD", "paper", "one of embedded, fhir"),
            ("FHIR_AUTH", "password", "one of managed_identity, client_credentials, token, none"),
            ("FHIR_BASE_URL", "http://hospital.example/fhir", A_FHIR_ADDRESS),
            ("FHIR_BASE_URL", "http://127.0.0.1.example/fhir", A_FHIR_ADDRESS),
            ("FHIR_BASE_URL", "https://user:secret@hospital.example/fhir", A_FHIR_ADDRESS),
            ("FHIR_BASE_URL", "https://hospital.example/fhir?tenant=1", A_FHIR_ADDRESS),
            ("FHIR_AUTHORITY", "login.microsoftonline.us", f"{AN_ADDRESS}, or nothing"),
            ("FHIR_CLIENT_CERTIFICATE", "no-such-file.pem", A_CERTIFICATE),
            ("FHIR_CLIENT_CERTIFICATE", str(ROOT / "host.json"), A_CERTIFICATE),
            ("SERVICE_BUS_NAMESPACE", "house", A_HOST),
            ("SERVICE_BUS_NAMESPACE", "sb://house.servicebus.windows.net/", A_HOST),
            ("SERVICE_BUS_NAMESPACE", "house.servicebus.windows.net:5671", A_HOST),
            ("SERVICE_BUS_ENDPOINT", "gateway.example:5671", A_GATEWAY),
            ("SERVICE_BUS_ENDPOINT", "sb://gateway.example", A_GATEWAY),
            ("SERVICE_BUS_ENDPOINT", "sb://gateway.example:99999", A_GATEWAY),
            ("TRUSTED_CA_FILE", "no-such-file.pem", A_PEM),
            ("TRUSTED_CA_FILE", "/", A_PEM),
            ("TRUSTED_CA_FILE", str(ROOT / "host.json"), A_PEM),
            ("SIGNING_KEYS", "not JSON", KEYS),
            ("SIGNING_KEYS", json.dumps([A_KEY]), KEYS),
            ("SIGNING_KEYS", json.dumps([A_KEY, A_KEY | {"purpose": "survey", "secret": "short"}]), KEYS),
            ("SIGNING_KEYS", json.dumps([A_KEY, A_KEY | {"purpose": "anything"}]), KEYS),
            ("TOKEN_ISSUERS", "not JSON", "a JSON list of issuers"),
            ("TOKEN_ISSUERS", "{}", "a JSON list of issuers"),
            ("TOKEN_ISSUERS", '["https://i.example"]', "a JSON list of issuers"),
            ("TOKEN_ISSUERS", json.dumps([AN_ISSUER]), "a JSON list of issuers"),
            ("TOKEN_ISSUERS", json.dumps([AN_ISSUER | {"who": "nurse"}]), "a JSON list of issuers"),
            ("TOKEN_ISSUERS", json.dumps([{"who": "staff"}]), "a JSON list of issuers"),
            ("TOKEN_ISSUERS", json.dumps([AN_ISSUER | {"who": "staff", "x": ""}]), "a JSON list of issuers"),
        ],
    )
    def test_are_refused_with_what_would_do(self, name: str, value: str, wanted: str) -> None:
        with pytest.raises(SettingRefused) as refused:
            read({name: value})

        assert str(refused.value) == f"{name} cannot be read as {wanted}"

    @pytest.mark.parametrize("choice", NEEDED_BY)
    def test_of_azure_are_needed_where_it_was_chosen(self, choice: tuple[str, str]) -> None:
        name, chosen = choice
        needed = {one.upper() for one in NEEDED_BY[choice]}

        with pytest.raises(SettingRefused) as refused:
            read({"FHIR_CLIENT_SECRET": "x"} | dict.fromkeys(needed, "") | {name.upper(): chosen})

        assert str(refused.value).split("; ") == [
            f"{one.upper()} is empty, and {name.upper()}={chosen} needs it" for one in NEEDED_BY[choice]
        ]

    def test_of_a_client_are_a_secret_or_a_certificate(self, tmp_path: Path) -> None:
        chosen = {"FHIR_AUTH": "client_credentials", "FHIR_TENANT_ID": "t", "FHIR_CLIENT_ID": "c"}
        certificates = certificates_in(tmp_path)
        both = tmp_path / "client.pem"
        both.write_bytes(certificates.server.read_bytes() + certificates.key.read_bytes())

        with pytest.raises(SettingRefused) as refused:
            read(chosen)

        assert str(refused.value) == (
            "FHIR_CLIENT_SECRET and FHIR_CLIENT_CERTIFICATE are empty, "
            "and FHIR_AUTH=client_credentials needs one"
        )
        assert read(chosen | {"FHIR_CLIENT_SECRET": PLANTED}).fhir_client_secret.value == PLANTED
        assert read(chosen | {"FHIR_CLIENT_CERTIFICATE": str(both)}).fhir_client_certificate == str(both)

    @pytest.mark.parametrize("empty", ["", " "])
    def test_of_secrets_are_never_empty(self, empty: str) -> None:
        with pytest.raises(SettingRefused) as refused:
            read(dict.fromkeys(map(str.upper, NEVER_EMPTY), empty))

        told = str(refused.value).split("; ")
        assert sorted(told) == sorted(f"{name.upper()} is empty" for name in NEVER_EMPTY)

    def test_may_be_left_empty_where_nothing_needs_them(self) -> None:
        needed = {one.upper() for all_needed in NEEDED_BY.values() for one in all_needed}
        free = ("SERVICE_BUS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT", "TRUSTED_CA_FILE", *needed)

        settings = read(dict.fromkeys(free, ""))

        assert {str(getattr(settings, name.lower())) for name in free} == {"", "<sensitive>"}

    def test_see_through_a_blank_before_a_reference(self) -> None:
        with pytest.raises(SettingRefused, match=r"^CONTACT_KEY is a Key Vault reference that was not"):
            read({"CONTACT_KEY": f" {UNRESOLVED}"})

    def test_name_authorities_in_a_file_that_holds_some(self, tmp_path: Path) -> None:
        certificates = certificates_in(tmp_path)

        assert read({"TRUSTED_CA_FILE": str(certificates.ca)}).trusted_ca_file == str(certificates.ca)
        with pytest.raises(SettingRefused, match=f"^TRUSTED_CA_FILE cannot be read as {A_PEM}$"):
            read({"TRUSTED_CA_FILE": str(certificates.key)})

    def test_are_refused_without_their_values(self) -> None:
        values = dict.fromkeys(EXAMPLE, f"{PLANTED}!") | {"CONTACT_KEY": UNRESOLVED}

        with pytest.raises(SettingRefused) as refused:
            Settings.read_from(values)

        assert "SMTP_PORT" in str(refused.value)
        assert PLANTED not in str(refused.value)
        assert refused.value.__context__ is None, "what lies behind it would show the value in a traceback"

    def test_do_not_show_secrets_when_printed(self) -> None:
        secrets = (
            "CONTACT_KEY",
            "FHIR_WEBHOOK_SECRET",
            "DELIVERY_REPORT_SECRET",
            "SMS_GATEWAY_SECRET",
            "BOT_SECRET",
            "FHIR_CLIENT_SECRET",
            "FHIR_TOKEN",
            "APPLICATIONINSIGHTS_CONNECTION_STRING",
        )
        purposes = ("conversation", "survey", "preferences")
        keys = [A_KEY | {"purpose": purpose, "secret": PLANTED * 4} for purpose in purposes]
        source = {"name": "hospital", "secret": PLANTED * 4}
        lists = {"SIGNING_KEYS": json.dumps(keys), "FHIR_SOURCES": json.dumps([source])}

        printed = repr(read(dict.fromkeys(secrets, PLANTED) | lists))

        assert PLANTED not in printed
        assert printed.count("<sensitive>") == len(secrets) + len(keys) + 1

    @pytest.mark.parametrize(
        "wrong",
        [
            {"name": "North Wing"},
            {"secret": "short"},
            {"types": []},
            {"types": ["patient"]},
            {"account": "https://hospital.example"},
            {"base": "https://hospital.example/fhir/"},
            {"subscriptions": ["Subscription/one"]},
            {"secrets": "a misspelt field"},
        ],
    )
    def test_name_no_source_that_cannot_be_one(self, wrong: dict[str, Any]) -> None:
        good = {"name": "hospital", "secret": "s" * 32, "base": "https://hospital.example/fhir"}
        assert read({"FHIR_SOURCES": json.dumps([good])}).fhir_sources[0].base == good["base"]

        for listed in ([good | wrong], [good, good]):
            with pytest.raises(
                SettingRefused, match=r"^FHIR_SOURCES cannot be read as a JSON list of sources"
            ):
                read({"FHIR_SOURCES": json.dumps(listed)})
