"""How it is said what is wrong with a definition that somebody wants kept."""

import re

Problem = tuple[str, str]
"""A field path, and what is wrong there in words that hold no value."""

NO_DEFINITION_ID = "not up to 40 small letters, digits and hyphens"
_DEFINITION_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def is_definition_id(text: str) -> bool:
    """Say whether people may name a definition so: it stands in addresses, logs and file names."""
    return _DEFINITION_ID.fullmatch(text) is not None
