"""The tree as a reader finds it: its folders, its modules and what they import."""

import ast
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOT_ROOMS = frozenset({"adapters", "wiring"})


@cache
def rooms() -> tuple[str, ...]:
    """Give the names of the rooms that stand."""
    packages = (path.parent.name for path in (ROOT / "shared").glob("*/__init__.py"))
    return tuple(sorted(set(packages) - NOT_ROOMS))


def python_files(*folders: str) -> list[Path]:
    """Give the modules below these folders."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


@cache
def parsed(path: Path) -> ast.Module:
    """Give a module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported_by(path: Path) -> Iterator[str]:
    """Give the dotted names that a module imports, wherever in it."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def kept_files() -> tuple[Path, ...]:
    """Give the files that belong to the project: what git tracks or would track."""
    git = shutil.which("git")
    assert git, "git says which files belong to the project"
    asked = [git, "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(asked, capture_output=True, check=True, text=True).stdout.split("\0")
    return tuple(path for name in sorted(set(listed)) if name and (path := ROOT / name).is_file())


def kept_texts() -> Iterator[tuple[Path, str]]:
    """Give the project's files that are text, each with its text."""
    for path in kept_files():
        content = path.read_bytes()
        if b"\0" not in content:
            yield path, content.decode("utf-8", errors="replace")
