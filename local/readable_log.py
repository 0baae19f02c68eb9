"""Log lines that a person can read and a program can split: time, level, name, then `key=value` pairs."""

import logging
import sys
import threading
import time
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import TextIO

_OF_EVERY_RECORD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

_LINES_AT_ONCE = 500
_LINGERS = 0.02
"""Seconds in which further lines come together: a thread that wakes for each holds up those who work."""


class ReadableLines(logging.Formatter):
    """Spells a record as `20:15:03.120 INFO    edge.message.parked  queue=deliveries reason=Nonsense`."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        extra = " ".join(
            f"{name}={value}" for name, value in vars(record).items() if name not in _OF_EVERY_RECORD
        )
        line = f"{at:%H:%M:%S}.{at.microsecond // 1000:03} {record.levelname:<7} {record.getMessage()}"
        told = f"{line}  {extra}" if extra else line
        return f"{told}\n{self.formatException(record.exc_info)}" if record.exc_info else told


class WrittenBeside(logging.Handler):
    """Writes lines in a thread of its own, many at once: nobody who works waits for the screen.

    The cost: whoever is killed with SIGKILL takes the last few lines along.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self.lock = None  # nothing here needs one: a line is formatted by its thread, and put into a queue
        self._stream = stream
        self._lines: SimpleQueue[str | None] = SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="log", daemon=True)
        self._writer.start()

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.put(self.format(record))

    def close(self) -> None:
        """Write what is left; called by `logging` at exit."""
        if self._writer.is_alive():
            self._lines.put(None)
            self._writer.join()
        super().close()

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            lines = [line]
            while len(lines) < _LINES_AT_ONCE and not self._lines.empty():
                following = self._lines.get()
                if following is None:
                    self._lines.put(None)
                    break
                lines.append(following)
            self._stream.write("\n".join(lines) + "\n")
            self._stream.flush()
            time.sleep(_LINGERS)


def log_to_stderr(level: str = "INFO") -> None:
    """Send every logger's lines to stderr; libraries that narrate are asked to say only what matters.

    Azure's say nothing: their warnings quote the service, whose words may hold a patient's (D17).
    """
    handler = WrittenBeside(sys.stderr)
    handler.setFormatter(ReadableLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for narrator in ("httpx", "httpcore", "uvicorn", "asyncio"):
        logging.getLogger(narrator).setLevel(logging.WARNING)
    logging.getLogger("azure").setLevel(logging.CRITICAL)
