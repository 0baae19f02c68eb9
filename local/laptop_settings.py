"""The settings of a laptop: the example file's, this start's port and folder, the command line's."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "local.settings.example.json"


def laptop_settings(example: Path, *, port: int, data: Path, said: Mapping[str, str]) -> dict[str, str]:
    """Give every setting: the example file's, moved to `port` and `data`, then what was said."""
    written = json.loads(example.read_text())
    usual = f"127.0.0.1:{written['Host']['LocalHttpPort']}"
    moved = {name: _moved(text, usual, f"127.0.0.1:{port}") for name, text in written["Values"].items()}
    return {**moved, "DATA_FOLDER": str(data), **said}


def _moved(text: str, usual: str, here: str) -> str:
    return text.replace(f"http://{usual}", f"http://{here}")


def put_into_environment(settings: Mapping[str, str]) -> None:
    """Let the app find its settings where it would find them on the platform."""
    os.environ.update(settings)  # noqa: TID251  # the host hands settings to the app; only the composition reads them
