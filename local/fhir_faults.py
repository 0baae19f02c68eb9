"""Faults that the embedded FHIR server can be told to have, to test what stands around it."""

from collections import deque
from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from local.fhir_answers import outcome_answer
from shared.fhir.operation_outcome import outcome

_CODES = {
    408: "timeout",
    409: "conflict",
    412: "conflict",
    429: "throttled",
    503: "transient",
    504: "timeout",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer instead of the proper one; `after_the_act` does the work first, as when an answer is lost.

    `from_entry` answers a batch with 200, in which that entry and all later ones are throttled.
    """

    status: int = 429
    retry_after: timedelta | None = None
    after_the_act: bool = False
    from_entry: int | None = None

    def answer(self) -> Response:
        response = outcome_answer(
            self.status, outcome(_CODES.get(self.status, "exception"), "A fault that was asked for.")
        )
        if self.retry_after is not None:
            milliseconds = max(int(self.retry_after / timedelta(milliseconds=1)), 20)
            response.headers["Retry-After"] = str(max(-(-milliseconds // 1000), 1))
            response.headers["x-ms-retry-after-ms"] = str(milliseconds)
        return response


class Faults:
    """The faults of the next requests, in order; None lets one through. Safe for many threads."""

    def __init__(self) -> None:
        self._coming: deque[Fault | None] = deque()

    def expect(self, *faults: Fault | None) -> None:
        """Have these next."""
        self._coming.extend(faults)

    def next(self) -> Fault | None:
        try:
            return self._coming.popleft()
        except IndexError:
            return None
