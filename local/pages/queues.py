"""What lies in the queues, and is everything done?"""

from dataclasses import asdict, dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.engine import Engine
from local.pages.rendering import Rendering


@dataclass(frozen=True, slots=True)
class QueuePages:
    """`/local/queues` for people; `/local/idle` and `/local/depths` for programs that wait for something."""

    rendering: Rendering
    engine: Engine

    def routes(self) -> list[Route]:
        return [
            Route("/local/queues", self.show),
            Route("/local/idle", self.idle),
            Route("/local/depths", self.depths),
        ]

    def show(self, request: Request) -> Response:
        depths = sorted(self.engine.stores.receiver.depths(), key=lambda depth: depth.queue)
        return self.rendering.page(request, "queues.html", queues=depths)

    def idle(self, _: Request) -> Response:
        """Say whether anything is due, announced, waiting or running."""
        return JSONResponse({"idle": self.engine.is_idle(), "running": self.engine.is_busy_with()})

    def depths(self, _: Request) -> Response:
        """Count what lies in each queue, which takes a broker some time."""
        depths = [
            {
                **asdict(depth),
                "oldest_waiting_since": depth.oldest_waiting_since and depth.oldest_waiting_since.isoformat(),
            }
            for depth in self.engine.stores.receiver.depths()
        ]
        return JSONResponse({"queues": depths})
