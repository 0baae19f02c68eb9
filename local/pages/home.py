"""What is running here, and where to go from here."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.engine import Engine
from local.pages.rendering import Rendering, stylesheet


@dataclass(frozen=True, slots=True)
class HomePage:
    """`/local`."""

    rendering: Rendering
    engine: Engine
    address: str
    folder: Path
    settings: Mapping[str, str]

    def routes(self) -> list[Route]:
        return [Route("/local", self.show), Route("/local/page.css", stylesheet)]

    def show(self, request: Request) -> Response:
        index = self.engine.index
        counts = (
            f"{len(index.http)} for requests, {len(index.queues)} for queues, "
            f"{len(index.timers)} timers, {len(index.feeds)} on the change feed"
        )
        return self.rendering.page(
            request,
            "home.html",
            idle=self.engine.is_idle(),
            address=self.address,
            folder=self.folder,
            counts=counts,
            sms=_goes_to(self.settings, "SMS_PROVIDER", "SMS_GATEWAY_URL"),
            email=_goes_to(self.settings, "EMAIL_PROVIDER", "SMTP_HOST", "SMTP_PORT"),
        )


def _goes_to(settings: Mapping[str, str], provider: str, *where: str) -> str:
    if settings.get(provider, "local") == "local":
        return "kept here, under Sent messages"
    return f"sent to {':'.join(settings[name] for name in where)}"
