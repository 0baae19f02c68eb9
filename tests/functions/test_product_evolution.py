"""Versions beside each other: what one sends and writes, the other handles and keeps (docs/evolution.md)."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_origin

import pytest

from shared.adapters.store_edition import KNOWN, StoreIsNewer
from shared.kernel.documents import Create, WrittenAhead, replacing
from shared.kernel.queues import OutgoingMessage, Queues
from shared.messaging.decision import Decision
from shared.wiring.edition import DOCUMENT, PARTITION, CheckEdition, StoreEdition
from tests.support.evolution import DOCUMENTS, STRANGER, announced, samples, with_strangers
from tests.support.evolution_notes import Written, noting
from tests.support.evolution_play import play
from tests.support.issuer import Issuer
from tests.support.product import Product, a_product
from tests.support.product_chat import sam
from tests.support.product_story import audited, parked, sent

OF_THE_EDGE = {"attempt", "copy_of", "not_visible_since", "claim", "claim_ends"}
"""What a copy or a claim is known by: whoever writes it reads it."""


@dataclass(frozen=True, slots=True)
class OtherSenders(Queues):
    """Queues into which another version sends."""

    queues: Queues
    sending: Callable[[OutgoingMessage], OutgoingMessage]

    def send(self, queue: str, messages: Sequence[OutgoingMessage]) -> None:
        self.queues.send(queue, [self.sending(message) for message in messages])


def as_before(message: OutgoingMessage) -> OutgoingMessage:
    """Send the body, and nothing about it."""
    kept = {name: told for name, told in message.properties.items() if name in OF_THE_EDGE}
    return replace(message, properties=kept)


def as_afterwards(message: OutgoingMessage) -> OutgoingMessage:
    """Send more than anybody here knows."""
    name = message.properties.get("type")
    if name is None or "claim" in message.properties:
        return message
    body = with_strangers(json.loads(message.body), announced(name))
    return replace(
        message, body=json.dumps(body).encode(), properties={**message.properties, "of_a_newer_version": "1"}
    )


@dataclass(frozen=True, slots=True)
class Played:
    """What came of it with messages as this version sends them, and notes of them."""

    outcome: Mapping[str, Any]
    written: Written


def outcome(product: Product) -> Mapping[str, Any]:
    """Give what people would notice."""
    return {
        "failures": product.failures,
        "parked": sorted((one["queue"], one["reason"], one["state"]) for one in parked(product)),
        "sent": sorted((one.channel, one.recipient.value) for one in sent(product)),
        "audited": sorted({one["what"] for one in audited(product, patient_id="maria")}),
    }


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> Played:
    with a_product(tmp_path_factory.mktemp("as ever"), issuer) as product:
        written = noting(product)
        play(product)
        return Played(outcome(product), written)


class TestAMessage:
    @pytest.mark.parametrize("sending", [as_before, as_afterwards])
    def test_of_another_version_has_its_effect(
        self, product: Product, played: Played, sending: Callable[[OutgoingMessage], Any]
    ) -> None:
        product.app.queues = OtherSenders(product.app.queues, sending)

        play(product)

        assert outcome(product) == played.outcome
        assert played.outcome["failures"] == []
        assert len(played.outcome["sent"]) >= 5


class TestThePlayedProduct:
    def test_reads_every_document_as_the_samples_are_read(self, played: Played) -> None:
        typed = ((kind, of) for kind, of in played.written.read_as if get_origin(of) is not dict)

        assert {(kind, of) for kind, of in typed if DOCUMENTS.get(kind) is not of} == set()

    def test_writes_no_document_and_sends_no_message_without_a_sample(self, played: Played) -> None:
        assert played.written.documents.keys() == samples("documents").keys()
        assert played.written.messages.keys() == samples("messages").keys()


class TestAnOlderVersionThatWritesBack:
    """What it does not know it does not keep: so the edition is raised where such a field must last."""

    def test_forgets_what_it_does_not_know(self, product: Product) -> None:
        set_presence(product, "available")
        partition, name = place_of(product, "representative")
        documents = product.app.documents
        newer = documents.read(partition, name, dict[str, Any])
        documents.commit(partition, changes=[replacing(newer, newer.body | STRANGER)])

        set_presence(product, "busy")

        after = documents.read(partition, name, dict[str, Any]).body
        assert after["presence"]["base"] == "busy"
        assert STRANGER.keys().isdisjoint(after)

    def test_is_kept_from_it_by_the_edition(self, product: Product) -> None:
        documents = product.app.documents
        documents.commit(PARTITION, changes=[Create(DOCUMENT, StoreEdition(KNOWN + 1))])

        with pytest.raises(StoreIsNewer):
            CheckEdition(documents, product.app.contact_keys)()
        CheckEdition(documents, product.app.contact_keys, known=KNOWN + 1)()

    def test_leaves_alone_what_it_cannot_read(self, product: Product) -> None:
        body = samples("documents")["contact.decision"][0] | {"state": "postponed"}
        documents = product.app.documents
        documents.commit("contact/sms/0c1d", changes=[Create("decision~m", body)])
        before = documents.read("contact/sms/0c1d", "decision~m", dict[str, Any])

        with pytest.raises(WrittenAhead):
            documents.read("contact/sms/0c1d", "decision~m", Decision)
        product.tick("queue_lapsed_claims")

        assert documents.read("contact/sms/0c1d", "decision~m", dict[str, Any]) == before


def set_presence(product: Product, presence: str) -> None:
    body = {"presence": presence, "display_name": "Sam"}
    assert product.ask("PUT", "/api/me/presence", body=body, token=sam(product)).status == 200


def place_of(product: Product, kind: str) -> tuple[str, str]:
    """Find the one document of a kind."""
    changes, _ = product.app.change_feed.read("onlooker", limit=1_000)
    (one,) = (change for change in changes if change["kind"] == kind)
    return one["partition"], one["id"]
