"""What a FHIR client asked over HTTP, read and held to the limits before any of it is acted on."""

from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

from shared.adapters.fhir_bodies import Resource, json_in, resource_in
from shared.adapters.fhir_bundle_entries import Pairs, pairs_of, version_in
from shared.adapters.fhir_validation import known
from shared.kernel.refusals import Nonsense

LARGEST_BODY = 16 * 1024 * 1024
_JSON = frozenset({"", "application/fhir+json", "application/json"})
_PATCH = frozenset({"application/json-patch+json"})
_FORM = frozenset({"", "application/x-www-form-urlencoded"})


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, its body read whole."""

    http: Request
    body: bytes
    refused_from: int | None = None
    """From which entry on a batch is throttled, as a test may wish."""

    @property
    def type(self) -> str:
        """The resource type of the path. Raises `ResourceTypeUnknown`."""
        return known(self.http.path_params["type"])

    @property
    def id(self) -> str:
        return self.http.path_params["id"]

    @property
    def pairs(self) -> Pairs:
        return pairs_of(self.http.url.query)

    @property
    def if_match(self) -> int | None:
        etag = self.http.headers.get("if-match")
        return version_in(etag) if etag is not None else None

    @property
    def none_match(self) -> str | None:
        return self.http.headers.get("if-none-match")

    @property
    def if_none_exist(self) -> Pairs | None:
        condition = self.http.headers.get("if-none-exist")
        return pairs_of(condition) if condition is not None else None

    @property
    def minimal(self) -> bool:
        return "return=minimal" in self._preferred

    @property
    def lenient(self) -> bool:
        return "handling=lenient" in self._preferred

    @property
    def asynchronous(self) -> bool:
        return "respond-async" in self._preferred

    @property
    def strict(self) -> bool:
        return "handling=strict" in self._preferred

    def resource(self) -> Resource:
        self._require_type(_JSON)
        return resource_in(self.body)

    def operations(self) -> Any:
        """Read a JSON Patch."""
        self._require_type(_PATCH)
        return json_in(self.body)

    def form(self) -> Pairs:
        self._require_type(_FORM)
        try:
            return (*self.pairs, *pairs_of(self.body.decode()))
        except UnicodeDecodeError:
            raise Nonsense(("", "not UTF-8")) from None

    def require_json_wanted(self) -> None:
        """Raise 406 when only something else than JSON would do."""
        wanted = dict(self.pairs).get("_format") or self.http.headers.get("accept", "")
        if wanted and "json" not in wanted and "*" not in wanted:
            raise HTTPException(406)

    @property
    def _preferred(self) -> str:
        return ",".join(self.http.headers.getlist("prefer")).replace(" ", "")

    def _require_type(self, allowed: frozenset[str]) -> None:
        sent = self.http.headers.get("content-type", "").partition(";")[0].strip().lower()
        if sent not in allowed:
            raise HTTPException(415)


async def whole_body(request: Request) -> bytes:
    """Read the body, but not more than the limit: 413."""
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > LARGEST_BODY:
        raise HTTPException(413)
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > LARGEST_BODY:
            raise HTTPException(413)
    return bytes(read)
