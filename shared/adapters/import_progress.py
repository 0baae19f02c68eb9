"""How far the loading of one file has come."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reached:
    """The line that was read last; `digest` names the file's content, `counts` what its lines held."""

    file: str
    digest: str
    line: int
    counts: Mapping[str, int]
