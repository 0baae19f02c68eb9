"""What goes wrong on demand."""

from dataclasses import dataclass, fields

from tests.stand_ins.service_bus.refusals import WrongWish


@dataclass(slots=True)
class Faults:
    """Whole numbers are how many times it happens; seconds last until they are set to 0 again."""

    reject_sends: int = 0
    """Sends answered with server-busy, nothing kept."""
    lose_send_answers: int = 0
    """Sends kept, and then the connection drops instead of an answer."""
    swallow_sends: int = 0
    """Sends neither kept nor answered."""
    refuse_tokens: int = 0
    """Tokens answered with 401."""
    deliver_twice: int = 0
    """Messages that come again after they were completed, as when a lock ends just before."""
    delay_dispositions: float = 0.0
    """Seconds from a receiver's decision to its effect and answer."""
    slow_by: float = 0.0
    """Seconds by which everything that comes in is read later."""

    def spend(self, fault: str) -> bool:
        """Say whether it happens now, and count it down."""
        left: int = getattr(self, fault)
        if left > 0:
            setattr(self, fault, left - 1)
        return left > 0

    def set(self, wish: dict[str, float]) -> None:
        """Take some of them. Raises `WrongWish` for a name that is none."""
        unknown = wish.keys() - {one.name for one in fields(self)}
        if unknown:
            raise WrongWish(*sorted(unknown))
        for fault, value in wish.items():
            setattr(self, fault, value)
