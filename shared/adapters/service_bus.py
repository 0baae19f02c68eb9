"""Where a Service Bus is and how to reach it, and what its errors mean to a port (D4, D15)."""

import ssl
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from socket import socket
from typing import Any, Self

import certifi
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError
from azure.servicebus import ServiceBusClient, TransportType
from azure.servicebus.exceptions import (
    MessageAlreadySettled,
    MessageLockLostError,
    MessageNotFoundError,
    MessageSizeExceededError,
    ServiceBusServerBusyError,
    SessionLockLostError,
)

from shared.kernel.queues import LockLost
from shared.kernel.refusals import TransientFault

BUSY_FOR = timedelta(seconds=10)
"""How long to stay away from a service that says it is busy: it names no time itself."""
LOST = (MessageLockLostError, SessionLockLostError, MessageNotFoundError, MessageAlreadySettled)
SECURE_WITHIN = 20.0
"""Seconds in which a connection is made secure; the library itself would wait for ever."""
_EMULATOR = "UseDevelopmentEmulator=true"


@dataclass(frozen=True, slots=True)
class ServiceBusPlace:
    """A namespace and who we are there.

    `endpoint` is where to knock if not at the namespace's own name (`host:port`), and `trusted_ca` whom to
    trust there if not the authorities everybody trusts.
    """

    namespace: str
    credential: TokenCredential
    trusted_ca: Path | None = None
    endpoint: str | None = None
    secure_within: float = SECURE_WITHIN

    def connect(self) -> ServiceBusClient:
        """Give a client, which opens nothing before it is used and repeats nothing by itself."""
        return ServiceBusClient(
            self.namespace,
            self.credential,
            retry_total=0,
            transport_type=TransportType.Amqp,
            ssl_context=_Impatient.trusting(self.trusted_ca, self.secure_within),
            custom_endpoint_address=self.endpoint,
        )


@dataclass(frozen=True, slots=True)
class EmulatorPlace:
    """The official emulator, which knows no tokens: the only place that is named by a connection string."""

    connection_string: str

    def __post_init__(self) -> None:
        if _EMULATOR not in self.connection_string.split(";"):
            message = f"only an emulator has a connection string: {_EMULATOR} is missing"
            raise ValueError(message)

    def connect(self) -> ServiceBusClient:
        """Give a client, which opens nothing before it is used and repeats nothing by itself."""
        return ServiceBusClient.from_connection_string(self.connection_string, retry_total=0)


class _Impatient(ssl.SSLContext):
    """Gives up when the other side accepts a connection and then says nothing."""

    _within = SECURE_WITHIN

    @classmethod
    def trusting(cls, ca: Path | None, within: float) -> Self:
        """Trust whom the library would trust."""
        context = cls(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(ca or certifi.where())
        context._within = within
        return context

    def wrap_socket(self, sock: socket, *args: Any, **named: Any) -> ssl.SSLSocket:
        sock.settimeout(self._within)
        return super().wrap_socket(sock, *args, **named)


Place = ServiceBusPlace | EmulatorPlace


@contextmanager
def faults_told() -> Generator[None]:
    """Let errors of the service come out as the ports have them; none keeps a word of what it was about."""
    try:
        yield
    except LOST:
        raise LockLost from None
    except MessageSizeExceededError:
        message = "a message with its properties is larger than the queue takes"
        raise ValueError(message) from None
    except ServiceBusServerBusyError as busy:
        raise TransientFault(type(busy).__name__, retry_after=BUSY_FOR) from None
    except (AzureError, OSError) as error:
        raise TransientFault(type(error).__name__) from None
