"""What the resources of a bundle point at, and where it stands there."""

import re
from collections.abc import Iterator
from typing import Any, cast

_WORD = re.compile(r"[A-Za-z_]{1,40}")


def references_in(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Give each reference's path and text; the reader has made sure that nothing is nested beyond sense."""
    if isinstance(value, list):
        for place, part in enumerate(cast("list[Any]", value)):
            yield from references_in(part, f"{path}[{place}]")
    elif isinstance(value, dict):
        for name, part in cast("dict[str, Any]", value).items():
            step = f"{path}.{name if _WORD.fullmatch(name) else '?'}"  # it could itself be a value (D17)
            if name == "reference" and isinstance(part, str):
                yield step, part
            else:
                yield from references_in(part, step)
