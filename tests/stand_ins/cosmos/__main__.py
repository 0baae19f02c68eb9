"""A stand-in Cosmos DB gateway in a process of its own: `python -m tests.stand_ins.cosmos --folder FOLDER`.

It keeps everything in memory, so it outlives the application that is killed, not itself. It shows the
certificate of the run folder and believes tokens of the folder's identity; see `certificates`, `identity`.
"""

import argparse
import asyncio
import gc
import json
import signal
import sys
from pathlib import Path

from tests.stand_ins.certificates import certificates_in
from tests.stand_ins.cosmos.account import Account
from tests.stand_ins.cosmos.control import Control
from tests.stand_ins.cosmos.gateway import Gateway
from tests.stand_ins.cosmos.wire import port_of, serve
from tests.stand_ins.identity import ENDINGS, Tokens


async def stand_in(folder: Path, port: int, control_port: int) -> None:
    """Serve until told to end."""
    certificates = certificates_in(folder)
    gateway = Gateway(Account(), Tokens(folder))
    data = await serve(gateway.answer, port, certificates.for_a_server())
    control = await serve(Control(gateway).answer, control_port)
    ready = {
        "endpoint": f"https://127.0.0.1:{port_of(data)}/",
        "control": f"http://127.0.0.1:{port_of(control)}",
        "ca": str(certificates.ca),
    }
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    ended = asyncio.Event()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)  # whoever started us may have blocked them
    for ending in ENDINGS:
        asyncio.get_running_loop().add_signal_handler(ending, ended.set)
    await ended.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.stand_ins.cosmos")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--control-port", type=int, default=0)
    asked = parser.parse_args()
    gc.freeze()
    asyncio.run(stand_in(asked.folder, asked.port, asked.control_port))


if __name__ == "__main__":
    main()
