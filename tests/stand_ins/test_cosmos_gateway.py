"""The stand-in for Cosmos DB, asked by the real SDK over TLS with a managed identity's tokens."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from azure.core import MatchConditions
from azure.core.credentials import AccessToken, AccessTokenInfo, TokenCredential
from azure.core.exceptions import ServiceRequestError
from azure.cosmos import ContainerProxy, CosmosClient, PartitionKey
from azure.cosmos.documents import SSLConfiguration
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosBatchOperationError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)
from cryptography.hazmat.primitives.asymmetric import rsa

from shared.kernel.clock import SystemClock
from tests.stand_ins.certificates import certificates_in
from tests.stand_ins.cosmos.asking import ASTRID, BENTO, DATABASE, FOR_COSMOS, Cosmos, Json, a_client, refused

STALE = '"00000000-0000-0000-0000-000000000000"'
_SET: Json = {"op": "set", "path": "/note", "value": "new"}


class TheSameToken(TokenCredential):
    """Shows one token, whatever it is asked for."""

    def __init__(self, token: str) -> None:
        self.token = token

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken(self.token, 4_000_000_000)

    def get_token_info(self, *_scopes: str, **_options: Any) -> AccessTokenInfo:
        return AccessTokenInfo(self.token, 4_000_000_000)


def enrolment(name: str, partition: str = ASTRID, **rest: Any) -> Json:
    return {"id": f"enrolment~{name}", "partition": partition, "kind": "enrolment", **rest}


class TestTheDoor:
    def test_opens_to_the_managed_identity(self, cosmos: Cosmos, container: ContainerProxy) -> None:
        container.create_item(enrolment("flu"))

        assert "https://127.0.0.1" in cosmos.identity.asked

    @pytest.mark.parametrize(
        ("audience", "claims", "status"),
        [
            ("https://servicebus.azure.net/", {}, 401),
            ("https://another.documents.azure.com", {}, 401),
            (FOR_COSMOS, {"exp": SystemClock().real() - timedelta(seconds=1)}, 401),
            (FOR_COSMOS, {"iss": "https://sts.windows.net/another/"}, 401),
            (FOR_COSMOS, {"oid": "a-principal-without-a-role"}, 403),
        ],
    )
    def test_stays_shut_to_other_tokens(
        self, cosmos: Cosmos, container: ContainerProxy, audience: str, claims: Json, status: int
    ) -> None:
        token = cosmos.identity.token(audience, **claims)

        assert cosmos.raw(container, "GET", "pkranges", token=token).status_code == status

    def test_stays_shut_to_tokens_of_another_signer(self, cosmos: Cosmos, container: ContainerProxy) -> None:
        claims = jwt.decode(cosmos.identity.token(FOR_COSMOS), options={"verify_signature": False})
        forged = jwt.encode(claims, rsa.generate_private_key(65537, 2048), algorithm="RS256")

        assert cosmos.raw(container, "GET", "pkranges", token=forged).status_code == 401

    def test_stays_shut_to_keys(self, cosmos: Cosmos) -> None:
        key = "dGhlIGtleSB0aGF0IG5vYm9keSBoYXMgYW55IG1vcmU="

        def come_in() -> None:
            with a_client(cosmos.gateway, cosmos.folder, key):
                """Signing in is enough."""

        assert refused(come_in)[0] == 401


class TestTheCertificate:
    def test_is_checked_where_an_ssl_config_says_whom_to_trust(self, cosmos: Cosmos, tmp_path: Path) -> None:
        another = certificates_in(tmp_path / "another").ca

        with pytest.raises(ServiceRequestError, match="CERTIFICATE_VERIFY_FAILED"):
            self.come_in(cosmos, another, ssl_config=SSLConfiguration())

    def test_is_not_checked_where_only_connection_verify_names_a_file(
        self, cosmos: Cosmos, tmp_path: Path
    ) -> None:
        """Version 4.17 drops the file, and on loopback the check with it: what the adapter must know."""
        another = certificates_in(tmp_path / "another").ca

        with pytest.warns(match="Unverified HTTPS request"):
            self.come_in(cosmos, another)

    def come_in(self, cosmos: Cosmos, trusted: Path, **options: Any) -> None:
        token = TheSameToken(cosmos.identity.token(FOR_COSMOS))
        endpoint = cosmos.gateway.addresses["endpoint"]
        with CosmosClient(endpoint, token, connection_verify=str(trusted), **options):
            """Signing in is enough."""


class TestManagement:
    def test_is_refused_to_tokens(self, cosmos: Cosmos, container: ContainerProxy) -> None:
        database = cosmos.client.get_database_client(DATABASE)
        place = PartitionKey("/partition")

        assert [
            refused(lambda: cosmos.client.create_database("another")),
            refused(lambda: database.create_container("another", place)),
            refused(lambda: database.replace_container(container, place)),
            refused(lambda: database.delete_container(container)),
            refused(lambda: list(database.list_containers())),
        ] == [(403, 5300)] * 5

    def test_leaves_properties_to_be_read(self, container: ContainerProxy) -> None:
        properties = container.read()

        assert properties["partitionKey"]["paths"] == ["/partition"]
        assert properties["defaultTtl"] == -1
        assert len(properties["indexingPolicy"]["compositeIndexes"]) == 2

    def test_of_containers_that_are_not_there_is_refused(self, cosmos: Cosmos) -> None:
        missing = cosmos.client.get_database_client(DATABASE).get_container_client("missing")

        with pytest.raises(CosmosResourceNotFoundError):
            missing.read_item("enrolment~flu", ASTRID)


class TestTheAuditContainer:
    def test_takes_new_items_and_shows_them(self, cosmos: Cosmos) -> None:
        audit = cosmos.container(role="append-only")

        audit.create_item(enrolment("flu"))
        audit.execute_item_batch([("create", (enrolment("hba1c"),))], ASTRID)

        assert audit.read_item("enrolment~flu", ASTRID)["kind"] == "enrolment"
        assert len(list(audit.query_items("SELECT * FROM c", partition_key=ASTRID))) == 2

    def test_lets_nobody_change_what_was_written(self, cosmos: Cosmos) -> None:
        audit = cosmos.container(role="append-only")
        flu = enrolment("flu")
        audit.create_item(flu)
        change = [{"op": "set", "path": "/kind", "value": "another"}]

        assert [
            refused(lambda: audit.upsert_item(flu)),
            refused(lambda: audit.replace_item("enrolment~flu", flu)),
            refused(lambda: audit.patch_item("enrolment~flu", ASTRID, change)),
            refused(lambda: audit.delete_item("enrolment~flu", ASTRID)),
        ] == [(403, 5301)] * 4
        with pytest.raises(CosmosBatchOperationError, match="403"):
            audit.execute_item_batch([("delete", ("enrolment~flu",))], ASTRID)


class TestItems:
    def test_are_read_as_they_were_written(self, container: ContainerProxy) -> None:
        written = enrolment("flu", note="Ring vård­centralen", step={"counter": 3, "at": None})

        container.create_item(written)

        read = container.read_item("enrolment~flu", ASTRID)
        assert {name: read[name] for name in written} == written
        assert {"_rid", "_self", "_etag", "_ts"} < read.keys()

    def test_are_kept_apart_by_partition(self, container: ContainerProxy) -> None:
        container.create_item(enrolment("flu", ASTRID, whose="hers"))
        container.create_item(enrolment("flu", BENTO, whose="his"))

        container.delete_item("enrolment~flu", BENTO)

        assert container.read_item("enrolment~flu", ASTRID)["whose"] == "hers"
        assert refused(lambda: container.read_item("enrolment~flu", BENTO))[0] == 404
        assert refused(lambda: container.patch_item("enrolment~flu", BENTO, [_SET]))[0] == 404

    def test_are_created_once(self, container: ContainerProxy) -> None:
        container.create_item(enrolment("flu", note="first"))

        with pytest.raises(CosmosResourceExistsError):
            container.create_item(enrolment("flu", note="second"))
        assert container.read_item("enrolment~flu", ASTRID)["note"] == "first"

    def test_are_upserted_over_and_over(self, container: ContainerProxy) -> None:
        first = container.upsert_item(enrolment("flu", note="first"))
        second = container.upsert_item(enrolment("flu", note="second"))

        assert (first["_rid"], first["note"]) == (second["_rid"], "first")
        assert first["_etag"] != second["_etag"]

    def test_change_only_in_the_state_that_was_named(self, container: ContainerProxy) -> None:
        etag = container.create_item(enrolment("flu"))["_etag"]
        guard: Json = {"etag": STALE, "match_condition": MatchConditions.IfNotModified}

        for act in (
            lambda: container.replace_item("enrolment~flu", enrolment("flu"), **guard),
            lambda: container.upsert_item(enrolment("flu"), **guard),
            lambda: container.patch_item("enrolment~flu", ASTRID, [_SET], **guard),
            lambda: container.delete_item("enrolment~flu", ASTRID, **guard),
        ):
            with pytest.raises(CosmosAccessConditionFailedError):
                act()
        container.delete_item("enrolment~flu", ASTRID, **guard | {"etag": etag})

    def test_are_not_sent_again_to_whom_has_them(self, cosmos: Cosmos, container: ContainerProxy) -> None:
        etag = container.create_item(enrolment("flu"))["_etag"]

        container.read_item("enrolment~flu", ASTRID, etag=etag, match_condition=MatchConditions.IfModified)

        assert cosmos.asked(container)["read"]["statuses"] == {"304": 1}

    def test_must_lie_where_the_header_says(self, cosmos: Cosmos, container: ContainerProxy) -> None:
        header = {"x-ms-documentdb-partitionkey": '["patient/carmen"]'}

        answer = cosmos.raw(container, "POST", "docs", headers=header, json=enrolment("flu"))

        assert (answer.status_code, answer.headers["x-ms-substatus"]) == (400, "1001")

    @pytest.mark.parametrize("name", ["", "a/b", "a\\b", "a?b", "a#b", "a" * 256, "ends in a blank "])
    def test_have_no_odd_ids(self, cosmos: Cosmos, container: ContainerProxy, name: str) -> None:
        header = {"x-ms-documentdb-partitionkey": '["p"]'}
        item = {"id": name, "partition": "p"}

        assert cosmos.raw(container, "POST", "docs", headers=header, json=item).status_code == 400

    def test_have_two_megabytes_at_most(self, container: ContainerProxy) -> None:
        empty = len('{"id":"a","partition":"p","note":""}')
        most = 2 * 1024 * 1024 - empty

        container.create_item({"id": "a", "partition": "p", "note": "x" * most})
        too_much = {"id": "b", "partition": "p", "note": "x" * (most + 1)}

        assert refused(lambda: container.create_item(too_much))[0] == 413

    def test_end_when_their_time_is_over(self, cosmos: Cosmos, container: ContainerProxy) -> None:
        container.create_item(enrolment("flu", ttl=60))
        container.create_item(enrolment("hba1c"))

        cosmos.gateway.tell("clock", ahead_by_seconds=61)

        assert refused(lambda: container.read_item("enrolment~flu", ASTRID))[0] == 404
        left = container.query_items("SELECT c.id FROM c", partition_key=ASTRID)
        assert list(left) == [{"id": "enrolment~hba1c"}]
        container.create_item(enrolment("flu"))

    @pytest.mark.parametrize("ttl", [0, -2, 1.5, "60", True])
    def test_have_no_odd_time_to_live(self, container: ContainerProxy, ttl: object) -> None:
        assert refused(lambda: container.create_item(enrolment("flu", ttl=ttl)))[0] == 400

    def test_live_on_where_the_container_has_no_time_to_live(self, cosmos: Cosmos) -> None:
        container = cosmos.container(default_ttl=None)
        container.create_item(enrolment("flu", ttl=60))

        cosmos.gateway.tell("clock", ahead_by_seconds=61)

        assert container.read_item("enrolment~flu", ASTRID)["ttl"] == 60
