"""Files at an address of this machine, as a bulk export leaves them."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Served(dict[str, bytes]):
    """Files at an address, and the tokens that were shown for them."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = set[str]()
        served = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                served.tokens.add(self.headers.get("Authorization") or "")
                held = served.get(self.path)
                self.send_response(200 if held is not None else 404)
                self.send_header("Content-Length", str(len(held or b"")))
                self.end_headers()
                self.wfile.write(held or b"")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its own word
                del format, args

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@contextmanager
def serving() -> Generator[Served]:
    """Serve while the block lasts."""
    served = Served()
    thread = threading.Thread(target=served.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield served
    finally:
        served.server.shutdown()
        thread.join()
        served.server.server_close()
