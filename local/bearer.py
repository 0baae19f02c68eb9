"""The token that opens a house's doors: read from where its owner keeps it, never written anywhere."""

import getpass
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from shared.kernel.sensitive import Sensitive

MOST_SECONDS = 60
"""How long a command may take: somebody may have to confirm on a telephone."""


class NoToken(Exception):
    """No token could be had; the text says why, and holds none of it."""


class Bearer:
    """Gives the token, and reads it anew where the house takes it no longer: once, however many ask."""

    def __init__(self, source: Callable[[], str]) -> None:
        self._source = source
        self._lock = Lock()
        self._token: Sensitive[str] | None = None

    def token(self) -> Sensitive[str]:
        """Give the token as last read. Raises `NoToken`."""
        with self._lock:
            if self._token is None:
                self._token = self._read()
            return self._token

    def instead_of(self, refused: Sensitive[str]) -> Sensitive[str]:
        """Give a token read since that one was. Raises `NoToken`."""
        with self._lock:
            if self._token is None or self._token is refused:
                self._token = self._read()
            return self._token

    def _read(self) -> Sensitive[str]:
        token = self._source().strip()
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            message = "What was given is no token."
            raise NoToken(message)
        return Sensitive(token)


def from_file(file: Path) -> Callable[[], str]:
    """Read it from a file, which somebody may write anew."""

    def read() -> str:
        try:
            return file.read_text()
        except (OSError, UnicodeDecodeError):
            message = f"The file {file} cannot be read."
            raise NoToken(message) from None

    return read


def from_command(command: str) -> Callable[[], str]:
    """Read it from what a program prints. What that complains about goes to the terminal, not through us."""

    def read() -> str:
        try:
            ended = subprocess.run(  # noqa: S603  # the operator's own command, without a shell
                shlex.split(command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                timeout=MOST_SECONDS,
                check=False,
            )
        except (OSError, ValueError, subprocess.TimeoutExpired):
            message = "The command for the token cannot be run, or did not end."
            raise NoToken(message) from None
        if ended.returncode != 0:
            message = f"The command for the token ended with status {ended.returncode}."
            raise NoToken(message)
        return ended.stdout.decode(errors="replace")

    return read


class FromStandardInput:
    """Read one line, unseen where somebody types it; there is no second one."""

    def __init__(self) -> None:
        self._was_read = False

    def __call__(self) -> str:
        if self._was_read:
            message = "The token was read once: start again with a fresh one, or with --token-command."
            raise NoToken(message)
        self._was_read = True
        return getpass.getpass("Token: ") if sys.stdin.isatty() else sys.stdin.readline()
