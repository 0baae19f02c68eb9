"""How a contact point is named where its number or address must not be seen (D4, D17)."""

import hashlib
import hmac
from dataclasses import dataclass

from shared.kernel.sensitive import Sensitive
from shared.patients.model import Channel


@dataclass(frozen=True, slots=True)
class ContactKeys:
    """Names contact points by a keyed HMAC: a bare hash of a telephone number is guessed in seconds.

    The key can never be changed without naming every contact partition anew.
    """

    key: Sensitive[bytes]

    def contact(self, channel: Channel, address: str) -> str:
        """Name a contact point, `{channel}~{40 hex digits}`; `address` is spelt as in a `ContactPoint`.

        A mailbox has one name in whatever case it is spelt: hosts that tell them apart are hardly known, and
        an opt-out must hold for the same mailbox spelt otherwise. It is written to as it is spelt.
        """
        one_way = address.casefold() if channel is Channel.EMAIL else address
        spelt = f"{channel}\x1f{one_way}".encode()
        return f"{channel}~{self._keyed(spelt)}"

    def handle(self, kind: str, text: str) -> str:
        """Name what a person is found by, 40 hex digits; it is no contact point's name."""
        return self._keyed(f"handle\x1f{kind}\x1f{text}".encode())

    def fingerprint(self) -> str:
        """Give what this key is known again by, 40 hex digits; it is no contact point's name."""
        return self._keyed(b"fingerprint of the contact key")

    def _keyed(self, spelt: bytes) -> str:
        return hmac.new(self.key.value, spelt, hashlib.sha256).hexdigest()[:40]


def contact_partition(contact: str) -> str:
    """Give the partition in which everything about one contact point is kept."""
    channel, _, keyed = contact.partition("~")
    return f"contact/{channel}/{keyed}"


def channel_of(contact: str) -> Channel:
    """Give the channel of a contact point's name."""
    return Channel(contact.partition("~")[0])
