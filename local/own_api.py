"""Asks the app over its own HTTP routes, as an operator would: the pages go through the same doors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from local.oidc import LocalIssuer

_OPERATOR = "local-host"
_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the app said: a status, and its JSON if there was any."""

    status: int
    said: Any

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300


class Api(Protocol):
    """A house's routes, asked as an operator."""

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer: ...

    def post(self, path: str, body: Mapping[str, Any]) -> Answer: ...


@dataclass(frozen=True, slots=True)
class OwnApi:
    """The app at the host's own address."""

    address: str
    issuer: LocalIssuer

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        return self._ask("GET", path, params=params)

    def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        return self._ask("POST", path, json=body)

    def _ask(self, method: str, path: str, **asked: Any) -> Answer:
        import httpx  # noqa: PLC0415  # heavy: loaded with the first page that asks

        token = self.issuer.staff_token(_OPERATOR, ["operator"])
        answer = httpx.request(
            method,
            self.address + path,
            headers={"Authorization": f"Bearer {token}"},
            timeout=_PATIENCE_SECONDS,
            trust_env=False,
            **asked,
        )
        is_json = "json" in answer.headers.get("content-type", "")
        return Answer(answer.status_code, answer.json() if is_json else None)
