"""What stands in for Azure, for as long as a test lasts; hosts started meanwhile find their identity."""

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.stand_ins.process import StandIn, a_stand_in


@dataclass(frozen=True, slots=True)
class Azure:
    """Its services: how a host is told of them, and how a test tells them what to do."""

    all_of_it: StandIn

    @property
    def options(self) -> tuple[str, ...]:
        """Give what to say to a host that is to live on it."""
        said = [f"{name}={value}" for name, value in self.all_of_it.addresses["settings"].items()]
        fellows = self.all_of_it.addresses["travels_with"]
        return (
            *(part for one in said for part in ("--set", one)),
            *(part for address in fellows for part in ("--travels-with", address)),
        )

    def tell_cosmos(self, what: str, **wish: Any) -> Any:
        return _answered(httpx.post(self._at("cosmos", what), json=wish, timeout=60, trust_env=False))

    def tell_service_bus(self, what: str, **wish: Any) -> Any:
        return _answered(httpx.post(self._at("service_bus", what), json=wish, timeout=60, trust_env=False))

    def ask_cosmos(self, what: str, **about: Any) -> Any:
        return _answered(httpx.get(self._at("cosmos", what), params=about, timeout=60, trust_env=False))

    def ask_service_bus(self, what: str, **about: Any) -> Any:
        return _answered(httpx.get(self._at("service_bus", what), params=about, timeout=60, trust_env=False))

    def _at(self, service: str, what: str) -> str:
        return f"{self.all_of_it.addresses[service]}/control/{what}"


@contextmanager
def an_azure(folder: Path) -> Generator[Azure]:
    """Start everything, and let this process and its children know who they are to it.

    What a killed host had locked is free again after a quarter of a minute, not after a minute as deployed.
    """
    with (
        a_stand_in("tests.stand_ins.azure", folder, "--locks-last", "PT15S") as all_of_it,
        _environment(all_of_it.addresses["environment"]),
    ):
        yield Azure(all_of_it)


@contextmanager
def _environment(told: Mapping[str, str]) -> Generator[None]:
    before = dict(os.environ)
    os.environ.update(told)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _answered(answer: httpx.Response) -> Any:
    answer.raise_for_status()
    return answer.json() if answer.content else None
