"""A provider seen from outside: each call is a span and a count, with its outcome, no word of whom (D17)."""

import time

from shared.kernel import tracing
from shared.kernel.refusals import TransientFault
from shared.messaging.model import Channel
from shared.messaging.ports import (
    Accepted,
    CannotSay,
    MessageProvider,
    NotThere,
    OutcomeUnknown,
    Outgoing,
    Rejected,
)


class WatchedProvider(MessageProvider):
    """Hands messages to `provider` and tells how that went: accepted, refused, uncertain, or put off.

    The provider is told nothing of the trace: it could put together by it what we sent to whom.
    """

    def __init__(self, provider: MessageProvider, channel: Channel) -> None:
        self._provider = provider
        self._channel = channel.value

    @property
    def honours_keys(self) -> bool:
        return self._provider.honours_keys

    def send(self, outgoing: Outgoing) -> Accepted | Rejected:
        began = time.perf_counter()
        with tracing.span(
            "messaging.provider", "call", channel=self._channel, request_id=outgoing.request_id
        ) as span:
            try:
                answer = self._provider.send(outgoing)
            except TransientFault:
                self._tell(span, "put_off", began)
                raise
            except OutcomeUnknown:
                self._tell(span, "uncertain", began)
                raise
            self._tell(span, "accepted" if isinstance(answer, Accepted) else "refused", began)
            return answer

    def look_up(self, request_id: str) -> Accepted | NotThere | CannotSay:
        with tracing.span("messaging.provider", "call", channel=self._channel, request_id=request_id) as span:
            answer = self._provider.look_up(request_id)
            span.note(outcome=_FOUND[type(answer)])
            return answer

    def _tell(self, span: tracing.Span, outcome: str, began: float) -> None:
        span.note(outcome=outcome)
        tracing.count("messaging.provider_answers", channel=self._channel, outcome=outcome)
        tracing.measure("messaging.provider_seconds", time.perf_counter() - began, channel=self._channel)


_FOUND = {Accepted: "accepted", NotThere: "not_there", CannotSay: "cannot_say"}
