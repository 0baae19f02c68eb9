"""`make definitions`: keep the definitions that come with the product on a host that is running.

What is there already stays as it is. A house that was deployed is asked with `--signed-in`: the access token
of somebody who may keep them is read from standard input, so that it stands in no list of processes.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx

from local.house_api import NotAHouse, address_of, connected

HERE = Path(__file__).parent
FOLDERS = (
    (HERE / "house_definitions", ("templates",)),
    (HERE / "flow_definitions", ("triggers", "templates", "journeys")),
    (
        HERE / "story_definitions",
        ("templates", "queues", "scenarios", "surveys", "workstreams", "journeys"),
    ),
)
"""In this order what speaks of something else comes after it."""
MAKER = {
    "who": "staff",
    "subject": "nina",
    "roles": [
        "marketing_manager",
        "outreach_specialist",
        "omnichannel_administrator",
        "fhir_sync_administrator",
    ],
}
ENTITY_MAPS = HERE / "exchange_definitions"
"""By which codes things of a type are known, and in which columns they pass (FH-5, FH-15)."""
OUTREACH = "segment-outreach"
"""The journey that begins with a segment; the segments must be there before it."""


def definitions() -> Iterator[tuple[str, Path]]:
    """Give every definition's kind and file, each after what it speaks of, but the outreach to a segment."""
    for folder, kinds in FOLDERS:
        for kind in kinds:
            found = sorted((folder / kind).glob("*.json"))
            yield from ((kind, file) for file in found if file.stem != OUTREACH)


def outreach() -> tuple[str, Path]:
    """Give the journey that begins with a segment."""
    return "journeys", HERE / "story_definitions" / "journeys" / f"{OUTREACH}.json"


def main(arguments: list[str] | None = None) -> int:
    """Keep them all; give the exit status."""
    parser = argparse.ArgumentParser(prog="make definitions", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:7071", help="where the local host stands")
    parser.add_argument("--signed-in", action="store_true", help="read an access token from standard input")
    asked = parser.parse_args(arguments)
    try:
        address = address_of(asked.url)
    except NotAHouse as no:
        parser.error(f"--url {no}")
    with connected(address) as http:
        try:
            return _keep_all(http, sys.stdin.readline().strip() if asked.signed_in else _own_token(http))
        except httpx.TransportError:
            print("No house answers there; start a local one with `make run`.", file=sys.stderr)
            return 1


def _own_token(http: httpx.Client) -> str:
    """Ask a local host, which signs its own."""
    token: str = http.post("/local/oidc/token", json=MAKER).raise_for_status().json()["access_token"]
    return token


def _keep_all(http: httpx.Client, token: str) -> int:
    http.headers["Authorization"] = f"Bearer {token}"
    kept = [_put(http, kind, file) for kind, file in definitions()]
    kept += [_installed(http, one["id"]) for one in http.get("/api/shipped-segments").json()["segments"]]
    kept.append(_put(http, *outreach()))
    kept += [_mapped(http, file) for file in sorted(ENTITY_MAPS.glob("*.json"))]
    return 0 if all(kept) else 1


def _put(http: httpx.Client, kind: str, file: Path) -> bool:
    answer = http.put(
        f"/api/{kind}/{file.stem}",
        content=file.read_bytes(),
        headers={"Content-Type": "application/json"},
    )
    return _told(f"{kind}/{file.stem}", answer)


def _mapped(http: httpx.Client, file: Path) -> bool:
    """Set the concepts of a type and then its columns; a map that anybody has set stays as it is."""
    said, path = json.loads(file.read_text()), f"/api/entity-maps/{file.stem}"
    answer = http.put(f"{path}/concepts", json={"concepts": said["concepts"]})
    if answer.is_success:
        seen = {"If-Match": answer.headers["ETag"]}
        answer = http.put(f"{path}/attributes", json={"attributes": said["attributes"]}, headers=seen)
    return _told(f"entity-maps/{file.stem}", answer)


def _installed(http: httpx.Client, segment_id: str) -> bool:
    return _told(f"segments/{segment_id}", http.post(f"/api/shipped-segments/{segment_id}/install"))


def _told(name: str, answer: httpx.Response) -> bool:
    is_there = answer.status_code == 409
    said = "is there already" if is_there else "kept" if answer.is_success else answer.text
    print(f"{name}: {said}")
    return is_there or answer.is_success


if __name__ == "__main__":
    sys.exit(main())
