"""What the linter says, and where."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One fault: the file, the line that shows it, and what is wrong in words."""

    file: str
    line: int
    says: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.says}"


class Findings:
    """What was found so far; the same thing is said once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._said: dict[Finding, None] = {}

    def say(self, path: Path, line: int, says: str) -> None:
        name = str(path.relative_to(self._folder)) if path.is_relative_to(self._folder) else str(path)
        self._said[Finding(name, line, says)] = None

    def all(self) -> list[Finding]:
        return sorted(self._said)
