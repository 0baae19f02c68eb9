"""Is there such a time zone?"""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

NO_PLACES = frozenset({"localtime", "posixrules", "Factory"})
"""What lies among the zones of many machines, and means something else on each."""


def is_zone(name: str) -> bool:
    """Say whether it is the name of an IANA time zone."""
    if name in NO_PLACES:
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # no such place, a folder, or unreadable text
        return False
    return True
