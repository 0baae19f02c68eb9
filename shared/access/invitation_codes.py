"""The codes of invitations: how they are made, typed and kept (PA-1)."""

import hashlib
import hmac
from dataclasses import dataclass

from shared.kernel.refusals import Nonsense
from shared.kernel.sensitive import Sensitive

SYMBOLS = "234679ACDEFHJKMNPRTVWXY"
"""No two that look alike, read aloud or in print. A prime number of them lets one more symbol find a slip."""
RANDOM_SYMBOLS = 19
"""Nearly 86 bits: nobody tries that many."""
GROUP = 4
LONGEST_TYPED = 64


@dataclass(frozen=True, slots=True)
class InvitationCodes:
    """Spells codes, reads what people type, and names an invitation by a keyed hash of its code.

    Only that name is kept anywhere. The key is the one under which contact points are named; what is hashed
    begins otherwise, so that no name of the one can be a name of the other.
    """

    key: Sensitive[bytes]

    def made_of(self, seed: str) -> Sensitive[str]:
        """Give the code that comes of a seed nobody else knows, with its check symbol, in groups of four."""
        number = int(hashlib.sha256(seed.encode()).hexdigest(), 16)
        digits: list[int] = []
        for _ in range(RANDOM_SYMBOLS):
            number, digit = divmod(number, len(SYMBOLS))
            digits.append(digit)
        spelt = "".join(SYMBOLS[digit] for digit in (*digits, _check(digits)))
        return Sensitive("-".join(spelt[at : at + GROUP] for at in range(0, len(spelt), GROUP)))

    def sent_by(self, seed: Sensitive[str]) -> Sensitive[str]:
        """Give the code of an invitation that is sent: whoever has the seed and not the key learns nothing.

        So the code itself is kept nowhere; it is spelt for the provider alone, who hands it over.
        """
        return self.made_of(self._keyed(f"sent invitation\x1f{seed.value}"))

    def name_of(self, typed: Sensitive[str]) -> str:
        """Give the name of the invitation that the code opens, 40 hex digits.

        Blanks, hyphens and case do not matter. Raises `Nonsense` for what cannot be a code: a single wrong
        symbol, or two that have changed places, are always found, so that a slip is not taken for a guess.
        """
        bare = "".join(typed.value[:LONGEST_TYPED].split()).replace("-", "").upper()
        digits = [SYMBOLS.find(symbol) for symbol in bare]
        if len(digits) != RANDOM_SYMBOLS + 1 or -1 in digits or _check(digits[:-1]) != digits[-1]:
            raise Nonsense(("code", "mistyped"))
        return self._keyed(f"invitation\x1f{bare}")

    def counter_of(self, kind: str, who: str) -> str:
        """Give the name under which the guesses of a login or an address are counted; it shows neither."""
        return self._keyed(f"guesses\x1f{kind}\x1f{who}")

    def _keyed(self, spelt: str) -> str:
        return hmac.new(self.key.value, spelt.encode(), hashlib.sha256).hexdigest()[:40]


def _check(digits: list[int]) -> int:
    """Weigh every place differently, modulo a prime: any slip in one place, or any swap, changes the sum."""
    return sum((place + 1) * digit for place, digit in enumerate(digits)) % len(SYMBOLS)
