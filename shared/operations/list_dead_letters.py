"""Show operators what a queue gave up on."""

from dataclasses import dataclass

from shared.kernel.queues import DeadLetter, QueueReceiver
from shared.kernel.refusals import Nonsense
from shared.operations.model import DeadLetterQuery, NoSuchMessage
from shared.operations.shown import DeadLetterShown, dead_letter_shown

MOST = 500


@dataclass(frozen=True, slots=True)
class DeadLetterPage:
    """Some dead letters of a queue, oldest first."""

    letters: tuple[DeadLetterShown, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListDeadLetters:
    """List a queue's dead letters: with reason and structure, their values withheld."""

    receiver: QueueReceiver

    def __call__(self, query: DeadLetterQuery, *, queue: str) -> DeadLetterPage:
        if not 1 <= query.limit <= MOST:
            raise Nonsense(("limit", f"must be 1 to {MOST}"))
        page = self.receiver.dead_letters(queue, limit=query.limit, after=query.after)
        return DeadLetterPage(tuple(map(dead_letter_shown, page.items)), page.next)


def dead_letter(receiver: QueueReceiver, queue: str, sequence_number: int) -> DeadLetter:
    """Find one dead letter, leaving it where it is."""
    after = None
    while True:
        page = receiver.dead_letters(queue, limit=MOST, after=after)
        found = next((letter for letter in page.items if letter.sequence_number == sequence_number), None)
        if found is not None:
            return found
        if page.next is None:
            raise NoSuchMessage
        after = page.next
