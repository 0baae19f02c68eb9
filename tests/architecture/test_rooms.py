"""Rooms and layers (D1, D2; decision 0001)."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shared.wiring.queues import BY_TYPE
from tests.support.tree import ROOT, imported_by, parsed, python_files, rooms

ROOMS_OF_D1 = {
    "insights", "events", "campaigns", "journeys", "guidance", "triggers", "exports", "measures", "segments",
    "activities", "surveys", "conversations", "appointments", "routing", "messaging", "consent", "matching",
    "exchange", "patients",
    "tasks", "calendars", "operations", "access", "audit", "fhir", "kernel",
}  # fmt: skip

SHAPELESS = {
    "base",
    "core",
    "service",
    "services",
    "shared",
    "lib",
    "libs",
    "tools",
    "constants",
    "types",
    "exceptions",
}
"""Names that say nothing by themselves."""
SHAPELESS_WORDS = {
    "util",
    "utils",
    "helper",
    "helpers",
    "common",
    "misc",
    "manager",
    "managers",
    "stuff",
    "generic",
}
"""Words that say nothing anywhere in a name."""

PURE_LIBRARIES = {
    "patients": {"phonenumbers"},
    "segments": {"sqlglot"},
    "measures": {"sqlglot"},
    "messaging": {"jinja2", "babel", "markupsafe"},
    "calendars": {"holidays"},
    "fhir": {"fhir"},
    "kernel": {"pydantic_core"},
}
"""Which library a room may use; all others use none."""

REACHES_OUT = {
    "os", "io", "pathlib", "shutil", "tempfile", "glob", "fileinput", "mmap", "socket", "ssl",
    "http", "ftplib", "smtplib", "imaplib", "urllib.request", "urllib.error", "subprocess",
    "multiprocessing", "threading", "concurrent", "asyncio", "selectors", "sqlite3", "dbm",
    "shelve", "pickle", "time", "random", "secrets", "ctypes", "signal", "sched", "platform",
}  # fmt: skip
"""Standard modules that do I/O, ask the machine, or give another answer each time."""

MODULES_IN_ROOMS = [
    pytest.param(room, path, id=str(path.relative_to(ROOT)))
    for room in rooms()
    for path in python_files(f"shared/{room}")
]


def checked_contracts(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    asked = [str(program), "--no-logo", "--no-cache"]
    return subprocess.run(asked, cwd=folder, capture_output=True, text=True, check=False)


class TestContracts:
    def test_are_kept(self) -> None:
        checked = checked_contracts(ROOT)

        assert checked.returncode == 0, checked.stdout + checked.stderr

    @pytest.mark.parametrize(
        ("path", "text", "complaint"),
        [
            ("shared/utils/__init__.py", '"""What is left over?"""\n', "shared.utils"),
            ("shared/stray.py", "STRAY = 1\n", "shared.stray"),
            (
                "shared/consent/stray.py",
                "import shared.journeys\n",
                "shared.consent.stray -> shared.journeys",
            ),
            (
                "shared/patients/stray.py",
                "import shared.adapters.codec\n",
                "shared.patients.stray -> shared.adapters.codec",
            ),
            ("shared/tasks/stray.py", "import pydantic\n", "shared.tasks.stray -> pydantic"),
            ("shared/tasks/stray.py", "import sqlite3\n", "shared.tasks.stray -> sqlite3"),
            ("shared/wiring/stray.py", "import functions\n", "shared.wiring.stray -> functions"),
            ("functions/stray.py", "import shared.messaging\n", "functions.stray -> shared.messaging"),
            ("functions/stray.py", "import local\n", "functions.stray -> local"),
        ],
    )
    def test_are_broken_by(self, tmp_path: Path, path: str, text: str, complaint: str) -> None:
        shutil.copy(ROOT / "pyproject.toml", tmp_path)
        for package in ("shared", "functions", "local"):
            _copy_outline(ROOT / package, tmp_path / package)
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)

        checked = checked_contracts(tmp_path)

        assert checked.returncode == 1, checked.stdout + checked.stderr
        assert complaint in " ".join(checked.stdout.split())


def _copy_outline(package: Path, to: Path) -> None:
    """Copy a package's folders with empty modules: what is broken is then broken by the stray alone."""
    for path in package.rglob("*.py"):
        copy = to / path.relative_to(package)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.touch()


class TestRooms:
    def test_are_those_of_the_architecture(self) -> None:
        assert set(rooms()) == ROOMS_OF_D1

    @pytest.mark.parametrize("room", rooms())
    def test_say_in_one_sentence_what_they_answer(self, room: str) -> None:
        module = parsed(ROOT / "shared" / room / "__init__.py")

        question = ast.get_docstring(module)

        assert question, f"shared/{room} does not say what it answers"
        assert "?" in question
        assert "\n" not in question
        assert len(module.body) == 1, "a room's __init__ re-exports nothing: it would load with every import"

    @pytest.mark.parametrize(("room", "path"), MODULES_IN_ROOMS)
    def test_use_only_the_libraries_they_were_given(self, room: str, path: Path) -> None:
        allowed = PURE_LIBRARIES.get(room, set[str]()) | sys.stdlib_module_names | {"shared"}
        if room == "kernel" and path.name != "sensitive.py":
            allowed -= {"pydantic_core"}

        strangers = {name.partition(".")[0] for name in imported_by(path)} - allowed

        assert not strangers

    @pytest.mark.parametrize(("room", "path"), MODULES_IN_ROOMS)
    def test_reach_nothing_outside_themselves(self, room: str, path: Path) -> None:
        del room
        named = set(imported_by(path))

        if "threading.Lock" in named:  # guards what is remembered, and reaches nothing
            named -= {"threading", "threading.Lock"}

        reached = {name for name in named if name in REACHES_OUT or name.partition(".")[0] in REACHES_OUT}
        opened = [ast.unparse(node) for node in ast.walk(parsed(path)) if _opens_a_file(node)]

        assert not reached
        assert not opened

    def test_load_fhir_validation_late(self) -> None:
        at_once = {
            name
            for path in python_files("shared/fhir")
            for node in parsed(path).body
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in _names(node)
        }

        assert not {name for name in at_once if name.partition(".")[0] == "fhir"}


def _opens_a_file(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open"


def _names(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]


class TestNames:
    def test_have_a_shape(self) -> None:
        files = python_files("shared", "functions", "local", "bench", "tests")

        shapeless = {str(path.relative_to(ROOT)) for path in files if _is_shapeless(path.relative_to(ROOT))}

        assert not shapeless

    def test_of_use_cases_are_their_files(self) -> None:
        acts = {
            path: [
                node.name for node in parsed(path).body if isinstance(node, ast.ClassDef) and _is_an_act(node)
            ]
            for path in python_files(*(f"shared/{room}" for room in rooms()))
        }

        misnamed = {
            str(path.relative_to(ROOT)): names
            for path, names in acts.items()
            if names and names != [_class_name(path.stem)] and _class_name(path.stem) not in BY_TYPE
        }

        assert not misnamed, "one use case, one file, one name; only an announcement may have taken it first"


def _is_shapeless(path: Path) -> bool:
    names = set(path.with_suffix("").parts[1:])
    words = {word for name in names for word in name.split("_")}
    return bool(names & SHAPELESS or words & SHAPELESS_WORDS)


def _is_an_act(node: ast.ClassDef) -> bool:
    return any(
        isinstance(member, ast.FunctionDef) and member.name == "__call__" for member in node.body
    ) and not any("Protocol" in ast.unparse(parent) for parent in node.bases)


def _class_name(stem: str) -> str:
    return "".join(word.capitalize() for word in stem.split("_"))


def test_every_room_stands_in_the_forbidden_contracts() -> None:
    contracts = (ROOT / "pyproject.toml").read_text()

    missing = [room for room in rooms() if f'"shared.{room}"' not in contracts]

    assert not missing
