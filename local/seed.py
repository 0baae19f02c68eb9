"""`python -m local.seed DIR --url URL`: put a folder of FHIR NDJSON (`make sample`) into a FHIR server.

For a house that was just deployed and is to show something. The server tells of each resource as a change, as
of any other write; a house that has no definitions yet starts nothing by it. The access token is read from
standard input, so that it stands in no list of processes. The same folder again makes new versions, no more.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import httpx

from local.load import load_folder
from local.progress import Progress
from shared.fhir.ports import Found, Resource

TOGETHER = 100
MOST_TRIES = 8
"""Each waits as long as the server asks, so a throttled server has minutes to come back."""
_BUSY = {429, 503}


class ResourcesRefused(Exception):
    """The server did not take them; the text has types and numbers, and nothing of their content."""

    def __str__(self) -> str:
        return " ".join(map(str, self.args))


@dataclass(frozen=True, slots=True)
class FhirServer:
    """Takes resources as they are, by their own ids, a hundred at a time."""

    http: httpx.Client
    wait: Callable[[float], None] = time.sleep

    def load(self, resources: Iterable[Resource]) -> int:
        """Put them all; give how many the server took."""
        rest, taken = iter(resources), 0
        while some := list(islice(rest, TOGETHER)):
            taken += self._put(some)
        return taken

    def read_many(self, references: Sequence[tuple[str, str]]) -> Found:
        raise NotImplementedError  # asked of a record that gets the overlay, which this one does not

    def _put(self, waiting: list[Resource]) -> int:
        taken = 0
        for _ in range(MOST_TRIES):
            answer = self.http.post("", json=_batch(waiting))
            if answer.status_code not in _BUSY:
                statuses = [_status(one) for one in answer.raise_for_status().json()["entry"]]
                _refuse_what_cannot_be(waiting, statuses)
                taken += sum(status not in _BUSY for status in statuses)
                waiting = [one for one, status in zip(waiting, statuses, strict=True) if status in _BUSY]
            if not waiting:
                return taken
            self.wait(float(answer.headers.get("Retry-After", "2")))
        raise ResourcesRefused(len(waiting), "resources: the server stays too busy")


def _batch(resources: Sequence[Resource]) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [
            {
                "resource": one,
                "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"},
            }
            for one in resources
        ],
    }


def _status(entry: dict[str, Any]) -> int:
    return int(str(entry["response"]["status"])[:3])


def _refuse_what_cannot_be(resources: Sequence[Resource], statuses: Sequence[int]) -> None:
    for one, status in zip(resources, statuses, strict=True):
        if status >= httpx.codes.BAD_REQUEST and status not in _BUSY:
            raise ResourcesRefused(one["resourceType"], "was answered with", status)


def main(arguments: list[str] | None = None) -> int:
    """Put the folder; give the exit status."""
    asked = _parser().parse_args(arguments)
    token = sys.stdin.readline().strip()
    if not asked.folder.is_dir() or not token:
        print("A folder is needed, and an access token on standard input.", file=sys.stderr)
        return 2
    with httpx.Client(base_url=asked.url, timeout=60, headers={"Authorization": f"Bearer {token}"}) as http:
        progress = Progress("resources")
        try:
            counts = load_folder(asked.folder, FhirServer(http), overlay=False, progress=progress)
        except (ResourcesRefused, httpx.HTTPError) as refused:
            print(f"Not all was put: {refused}", file=sys.stderr)
            return 1
    progress.finish(counts.total)
    return 1 if counts.bad else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.seed", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR", help="holds .ndjson and .ndjson.gz")
    parser.add_argument("--url", required=True, help="the FHIR server's address")
    return parser


if __name__ == "__main__":
    sys.exit(main())
