"""How much lies in each queue of a house, asked of it by its own route."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.own_api import Api
from local.pages.parked import NOT_GIVEN, trouble_of
from local.pages.rendering import Rendering


@dataclass(frozen=True, slots=True)
class MessageQueuesPage:
    """`/local/message-queues`, for a house whose queues cannot be looked into from here."""

    rendering: Rendering
    api: Api

    def routes(self) -> list[Route]:
        return [Route("/local/message-queues", self.show)]

    def show(self, request: Request) -> Response:
        asked = self.api.get("/api/message-queues")
        return self.rendering.page(
            request,
            "message_queues.html",
            status=200 if asked.is_good else NOT_GIVEN,
            queues=asked.said["queues"] if asked.is_good else [],
            trouble=None if asked.is_good else trouble_of(asked),
        )
