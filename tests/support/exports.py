"""What a person is given of what is held about them, read."""

import io
import json
import zipfile
from typing import Any

from tests.support.product import Answer


def unzipped(answer: Answer) -> dict[str, list[Any]]:
    """Give the documents of each file in an export."""
    assert answer.status == 200
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        return {
            name: [json.loads(line) for line in archive.read(name).splitlines()]
            for name in archive.namelist()
        }
