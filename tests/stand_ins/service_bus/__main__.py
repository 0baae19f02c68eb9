"""A stand-in for Service Bus: AMQP 1.0 over TLS, tokens of a managed identity, everything in memory.

    python -m tests.stand_ins.service_bus --folder RUN_FOLDER --queues infra/queues.json [--port 0]

The folder holds the certificates and the identity's public key. One line of JSON tells the addresses.
"""

import argparse
import asyncio
import gc
import json
import os
import signal
import sys
from pathlib import Path

from tests.stand_ins.certificates import certificates_in
from tests.stand_ins.identity import ENDINGS, Tokens
from tests.stand_ins.service_bus.broker import Broker
from tests.stand_ins.service_bus.connection import ClientConnection
from tests.stand_ins.service_bus.control import Control
from tests.stand_ins.service_bus.settings import settings_in


async def serve(folder: Path, port: int, queues: Path) -> None:
    """Serve until told to end."""
    loop = asyncio.get_running_loop()
    ending = asyncio.Event()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)  # whoever started us may have blocked them
    for signalled in ENDINGS:
        loop.add_signal_handler(signalled, ending.set)
    certificates = certificates_in(folder)
    broker = Broker(Tokens(folder))
    broker.create(settings_in(queues))
    tls = certificates.for_a_server()
    server = await loop.create_server(
        lambda: ClientConnection(broker), "127.0.0.1", port, ssl=tls, backlog=500
    )
    control = Control(broker, loop)
    bound = server.sockets[0].getsockname()[1]
    where = {"control": control.url, "endpoint": f"sb://localhost:{bound}", "port": bound}
    _tell({**where, "ca": str(certificates.ca), "pid": os.getpid()})
    await ending.wait()
    server.close()
    broker.drop_connections()


def _tell(addresses: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(addresses) + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--queues", type=Path, default=Path("infra/queues.json"))
    asked = parser.parse_args()
    gc.freeze()
    asyncio.run(serve(asked.folder, asked.port, asked.queues))


if __name__ == "__main__":
    main()
