"""Put change events that came over HTTP where Event Grid would have put them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.kernel import tracing
from shared.kernel.identity import derived
from shared.kernel.queues import OutgoingMessage, Queues
from shared.triggers.change_events import change_event

QUEUE = "fhir-changes"


@dataclass(frozen=True, slots=True)
class ForwardChanges:
    """Checks that each is a change event and queues them all.

    The same event twice is queued twice, harmlessly.
    """

    queues: Queues

    def __call__(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Queue them, or raise `Nonsense` for the first that is none: then none of them is queued."""
        read = [change_event(event) for event in events]
        self.queues.send(
            QUEUE,
            [
                OutgoingMessage(id=derived(QUEUE, known.id), body=spelt(event), properties=tracing.carried())
                for known, event in zip(read, events, strict=True)
            ],
        )


def spelt(event: Mapping[str, Any]) -> bytes:
    return json.dumps(event).encode()
