"""The account: its containers, which only the control port makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.stand_ins.cosmos.clock import GatewayClock
from tests.stand_ins.cosmos.container import Container, ranges_of
from tests.stand_ins.cosmos.indexing import EVERYTHING, indexing_of
from tests.stand_ins.cosmos.refusals import NO_SUCH_CONTAINER, Refused

RANGES = 2
ROLES = ("write", "append-only")


@dataclass(slots=True)
class Account:
    """All containers by database and name."""

    clock: GatewayClock = field(default_factory=GatewayClock)
    containers: dict[tuple[str, str], Container] = field(default_factory=dict[Any, Any])
    _made: int = 0

    def make(self, wish: Mapping[str, Any]) -> Container:
        """Make a container as a deployment does; one of the same name goes, with all that was in it."""
        role = wish.get("role", "write")
        if role not in ROLES:
            raise Refused(400, f"A role is one of {ROLES}.")
        self._made += 1
        policy = wish.get("indexing_policy") or EVERYTHING
        made = Container(
            database=wish["database"],
            name=wish["container"],
            rid=f"r{self._made:07d}",
            partition_path=tuple(wish.get("partition_key", "/partition").strip("/").split("/")),
            policy=policy,
            indexing=indexing_of(policy),
            default_ttl=wish.get("default_ttl"),
            append_only=role == "append-only",
            ranges=ranges_of(wish.get("ranges", RANGES)),
            clock=self.clock,
        )
        self.containers[made.database, made.name] = made
        return made

    def container(self, database: str, name: str) -> Container:
        """Give a container by its name or its address. Refuses what is not there."""
        found = self.containers.get((database, name))
        if found is None:
            found = next((each for each in self.containers.values() if each.rid == name), None)
        if found is None:
            raise Refused(404, f"There is no container {name}.", NO_SUCH_CONTAINER)
        return found

    def database(self, name: str) -> dict[str, Any]:
        """Describe a database."""
        if not any(database == name for database, _ in self.containers):
            raise Refused(404, f"There is no database {name}.", NO_SUCH_CONTAINER)
        return {"id": name, "_rid": name, "_self": f"dbs/{name}/", "_colls": "colls/", "_users": "users/"}

    def described(self, host: str) -> dict[str, Any]:
        """Describe the account: one region, at the address it was asked at."""
        here = [{"name": "Stand-in", "databaseAccountEndpoint": f"https://{host}/"}]
        return {
            "id": "stand-in",
            "_self": "",
            "_rid": "stand-in",
            "_dbs": "//dbs/",
            "media": "//media/",
            "addresses": "//addresses/",
            "writableLocations": here,
            "readableLocations": here,
            "enableMultipleWriteLocations": False,
            "userConsistencyPolicy": {"defaultConsistencyLevel": "Session"},
            "queryEngineConfiguration": "{}",
        }
