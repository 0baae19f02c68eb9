"""`make definitions`: keep the definitions that come with the product on a host that is running.

What is there already stays as it is.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx

HERE = Path(__file__).parent
FOLDERS = (
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
    "roles": ["marketing_manager", "outreach_specialist", "omnichannel_administrator"],
}
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
    with httpx.Client(base_url=parser.parse_args(arguments).url, timeout=30, trust_env=False) as http:
        try:
            return _keep_all(http)
        except httpx.TransportError:
            print("No local host answers there: start one with `make run`.", file=sys.stderr)
            return 1


def _keep_all(http: httpx.Client) -> int:
    token = http.post("/local/oidc/token", json=MAKER).raise_for_status().json()["access_token"]
    http.headers["Authorization"] = f"Bearer {token}"
    kept = [_put(http, kind, file) for kind, file in definitions()]
    kept += [_installed(http, one["id"]) for one in http.get("/api/shipped-segments").json()["segments"]]
    kept.append(_put(http, *outreach()))
    return 0 if all(kept) else 1


def _put(http: httpx.Client, kind: str, file: Path) -> bool:
    answer = http.put(
        f"/api/{kind}/{file.stem}",
        content=file.read_bytes(),
        headers={"Content-Type": "application/json"},
    )
    return _told(f"{kind}/{file.stem}", answer)


def _installed(http: httpx.Client, segment_id: str) -> bool:
    return _told(f"segments/{segment_id}", http.post(f"/api/shipped-segments/{segment_id}/install"))


def _told(name: str, answer: httpx.Response) -> bool:
    is_there = answer.status_code == 409
    said = "is there already" if is_there else "kept" if answer.is_success else answer.text
    print(f"{name}: {said}")
    return is_there or answer.is_success


if __name__ == "__main__":
    sys.exit(main())
