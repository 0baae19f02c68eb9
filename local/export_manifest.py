"""Fetch what the manifest of a FHIR bulk export names, into a folder of NDJSON (fhir.md §2.3).

A file that is here already is not fetched again, so a fetch that was cut off goes on. Nothing is sent over a
line that anybody could listen to, but to this machine itself.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import httpx

from local.progress import Progress

ACCEPTED = 202
TIMEOUT = httpx.Timeout(60, connect=10)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class NotFetched(Exception):
    """The export is not complete here; the text says why, and holds nothing of its content."""


def fetched(source: str, into: Path, *, token: str | None, progress: Progress) -> Path:
    """Fetch every file that the manifest names, and a manifest of our own to count by; give the folder.

    `source` is the manifest's address, or a file that holds it. Raises `NotFetched`.
    """
    folder = into / hashlib.sha256(source.encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with httpx.Client(timeout=TIMEOUT, trust_env=False) as http:
        manifest = _manifest(http, source, token)
        _complain_of(manifest, progress)
        outputs = [_output(one) for one in _listed(manifest.get("output"))]
        counts: dict[str, dict[str, int]] = {}
        for number, (kind, url, count) in enumerate(outputs, start=1):
            _fetch(http, url, folder / f"{number:05}-{kind}.ndjson", token)
            if count is not None:
                counts.setdefault(kind, {"count": 0})["count"] += count
            progress.at(number, number / len(outputs))
    (folder / "MANIFEST.json").write_text(json.dumps({"resources": counts}))
    return folder


def _manifest(http: httpx.Client, source: str, token: str | None) -> Mapping[str, Any]:
    try:
        if not source.startswith(("http://", "https://")):
            read: Any = json.loads(Path(source).read_text())
        else:
            answer = http.get(_safe(source), headers=_bearer(token) | {"Accept": "application/json"})
            if answer.status_code == ACCEPTED:
                msg = "the export is still being made"
                raise NotFetched(msg)
            read = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        msg = f"the manifest cannot be read ({type(error).__name__})"
        raise NotFetched(msg) from None
    if not isinstance(read, dict):
        msg = "the manifest is no JSON object"
        raise NotFetched(msg)
    return cast("Mapping[str, Any]", read)


def _complain_of(manifest: Mapping[str, Any], progress: Progress) -> None:
    """Tell of what an export says beside its files; neither is loaded."""
    for name in ("error", "deleted"):
        listed = _listed(manifest.get(name))
        if listed:
            progress.say(f"the manifest names {len(listed)} files under '{name}', which are not loaded")


def _output(one: Mapping[str, Any]) -> tuple[str, str, int | None]:
    kind, url, count = one.get("type"), one.get("url"), one.get("count")
    if not isinstance(kind, str) or not kind.isalpha() or not isinstance(url, str):
        msg = "an output of the manifest has no type or no address"
        raise NotFetched(msg)
    return kind, url, count if isinstance(count, int) and not isinstance(count, bool) else None


def _fetch(http: httpx.Client, url: str, file: Path, token: str | None) -> None:
    if file.exists():
        return
    part = file.with_suffix(".part")
    try:
        with http.stream("GET", _safe(url), headers=_bearer(token)) as answer, part.open("wb") as to:
            answer.raise_for_status()
            for chunk in answer.iter_bytes():
                to.write(chunk)
    except httpx.HTTPError as error:
        msg = f"{file.name} could not be fetched ({type(error).__name__})"
        raise NotFetched(msg) from None
    part.rename(file)


def _safe(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return url
    msg = "an address is not https"
    raise NotFetched(msg)


def _bearer(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def _listed(value: Any) -> list[Mapping[str, Any]]:
    return list(_mappings(value))


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    for one in cast("list[Any]", value) if isinstance(value, list) else ():
        if isinstance(one, dict):
            yield cast("Mapping[str, Any]", one)
