"""So much of a contact point as confirms that it is the right one, and not enough to copy it."""

from dataclasses import dataclass

from shared.kernel.sensitive import Sensitive
from shared.patients.model import ContactPoint, PointSystem

LEFT_READABLE = 3
"""Digits at the end of a number by which a patient can confirm it."""
_MASK = "•"


@dataclass(frozen=True, slots=True)
class MaskedPoint:
    """A number or address, of which only so much can be read as confirms that it is the right one."""

    system: PointSystem
    use: str | None
    value: Sensitive[str]


def masked(point: ContactPoint) -> MaskedPoint:
    """Give what of a contact point may be read by those who need not write to it."""
    hide = masked_mailbox if point.system is PointSystem.EMAIL else masked_number
    return MaskedPoint(point.system, point.use, Sensitive(hide(point.value.value)))


def masked_text(text: str) -> str:
    """Mask what somebody has written down as a number or an address, whichever it is."""
    return masked_mailbox(text) if "@" in text else masked_number(text)


def masked_number(number: str) -> str:
    """Leave the last digits; of a number so short that they would give it away, none."""
    readable = number[-LEFT_READABLE:] if len(number) > 2 * LEFT_READABLE else ""
    return _MASK * (len(number) - len(readable)) + readable


def masked_mailbox(address: str) -> str:
    """Leave the first letter and the domain; how long the name is, is not shown."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}{_MASK * 3}@{domain}"
