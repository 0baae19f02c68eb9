"""Bulk `$export` of any FHIR server over HTTP (fhir.md §2.3)."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any, cast
from urllib.parse import quote, urlencode, urlsplit

import orjson

from shared.adapters.fhir_bodies import resource_in
from shared.adapters.fhir_rest_answers import NoFhir, retry_after
from shared.adapters.fhir_rest_bundles import objects_in, relative
from shared.adapters.fhir_rest_server import Ask, FhirServer, LeadsAway
from shared.adapters.fhir_rest_tokens import Tokens
from shared.adapters.fhir_validation import known, require_id
from shared.fhir.bulk_export import BulkExport, ExportFile, Manifest, Running
from shared.fhir.ports import Resource
from shared.kernel.refusals import Nonsense, NotFound

LONGEST_LINE = 64 * 1024 * 1024

_ASYNC = {"Prefer": "respond-async"}
_BLOBS = {"x-ms-version": "2023-11-03"}


class FhirRestExport(BulkExport):
    """Exports from the server that the record is on.

    A kick-off whose answer was lost is not sent again: it may be running. Azure's service puts the files into
    a storage account: `stores` names each host that files may be read from, with whom we are there. No other
    host is asked, and none is told the record's own token.
    """

    def __init__(self, server: FhirServer, *, stores: Mapping[str, Tokens] | None = None) -> None:
        self._server = server
        self._here = relative(server.base_url)
        self._stores = stores or {}

    def begin(
        self,
        *,
        types: Collection[str] = (),
        since: str | None = None,
        group: str | None = None,
        filters: Collection[str] = (),
    ) -> str:
        pairs = [("_type", ",".join(map(known, types)))] if types else []
        pairs += [("_since", since)] if since else []
        pairs += [("_typeFilter", one) for one in filters]
        if group is not None:
            require_id(group)
        of = f"Group/{quote(group)}/" if group is not None else ""
        query = f"?{urlencode(pairs)}" if pairs else ""
        url = f"{self._server.base_url}/{of}$export{query}"
        place = self._server.ask(Ask("GET", url, headers=_ASYNC, writes=True)).headers.get("content-location")
        if not place:
            raise NoFhir
        return place

    def look(self, export: str) -> Manifest | Running:
        answer = self._server.ask(Ask("GET", export))
        if answer.status == 202:
            return Running(retry_after(answer.headers))
        return _manifest(answer.body)

    def resources(self, manifest: Manifest, file: ExportFile) -> Iterator[Resource]:
        at_home = self._server.is_home(file.url)
        store = self._stores.get(urlsplit(file.url).hostname or "")
        if not at_home and (store is None or not file.url.startswith("https://")):
            raise LeadsAway
        tokens = self._server.tokens if at_home and manifest.needs_token else None if at_home else store
        with self._server.stream(file.url, tokens, {} if at_home else _BLOBS) as response:
            for line in _lines(response.iter_bytes()):
                yield self._here(_resource(line))

    def cancel(self, export: str) -> None:
        with suppress(NotFound):
            self._server.ask(Ask("DELETE", export))


def _manifest(body: bytes) -> Manifest:
    try:
        read: Any = orjson.loads(body)
    except ValueError:
        raise NoFhir from None
    said = cast("Resource", read) if isinstance(read, dict) else {}
    if not isinstance(said.get("transactionTime"), str):
        raise NoFhir
    return Manifest(
        said["transactionTime"],
        bool(said.get("requiresAccessToken")),
        tuple(_files(said, "output")),
        tuple(_files(said, "deleted")),
        tuple(_files(said, "error")),
    )


def _files(said: Resource, name: str) -> Iterator[ExportFile]:
    for each in objects_in(said, name):
        if not isinstance(each.get("url"), str):
            raise NoFhir
        count = each.get("count")
        yield ExportFile(str(each.get("type", "")), each["url"], count if isinstance(count, int) else None)


def _lines(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Cut what comes into lines; one without end is none."""
    rest = b""
    for part in parts:
        *whole, rest = (rest + part).split(b"\n")
        yield from (line for line in whole if line.strip())
        if len(rest) > LONGEST_LINE:
            raise NoFhir
    if rest.strip():
        yield rest


def _resource(line: bytes) -> Resource:
    """Read a line exactly: what is kept must not say 1.5 where it was 1.50."""
    try:
        read = resource_in(line)
    except Nonsense:
        raise NoFhir from None
    if "resourceType" not in read:
        raise NoFhir
    return read
