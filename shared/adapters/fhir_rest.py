"""The record on any FHIR R4 server: `ClinicalRecord` over its REST interface (D7, decision 0024)."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, cast
from urllib.parse import quote, urlencode, urljoin

import orjson

from shared.adapters.fhir_bodies import body_of
from shared.adapters.fhir_bundle_entries import MOST_ENTRIES, entry_of_write, require_possible
from shared.adapters.fhir_rest_answers import NoFhir
from shared.adapters.fhir_rest_bundles import (
    Outcome,
    batch_of_reads,
    entries_of,
    link_of,
    outcomes,
    relative,
    resources_of,
    transaction,
)
from shared.adapters.fhir_rest_changes import FollowChanges
from shared.adapters.fhir_rest_offers import Offers
from shared.adapters.fhir_rest_server import Ask, FhirServer
from shared.adapters.fhir_validation import known
from shared.fhir.ports import (
    Changes,
    ClinicalRecord,
    Found,
    HistoryIsNotKept,
    Resource,
    SearchPage,
    SearchParameters,
    Write,
)
from shared.fhir.references import ID
from shared.fhir.refusals import ResourceNotFound
from shared.fhir.resource_types import R4_TYPES
from shared.fhir.versions import version_of
from shared.kernel.clock import Clock
from shared.kernel.refusals import Gone, Nonsense, NotFound, Throttled

TOGETHER = 100
"""How many are read in one batch: 500 may be, but a server throttles long ones, and begins them anew."""
ROUNDS = 4
"""How often a batch is asked for what was throttled in it."""

_JSON = {"Content-Type": "application/fhir+json"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Prefer": "handling=strict"}
"""Strict: a server that passes over what it does not know finds more than was asked for."""
_WHOLE = {**_JSON, "Prefer": "return=representation"}


class FhirRestRecord(ClinicalRecord):
    """The record that a FHIR R4 server keeps.

    What it needs of the server beyond reading and searching is a transaction that is all or nothing, and
    versions that are whole numbers, as Azure Health Data Services and HAPI have them. References that begin
    with the server's own address come in relative, so that rooms see `Patient/x`.

    Searches are sent as forms: what stands in an address is written into logs on its way (D17). Pages are
    followed by the server's own links, and none that leads to another server.

    A write whose answer was lost is never sent again from here: it raises `TransientFault`, and whoever
    wrote reads first. That it was done is then seen by what it made.

    For what `changes` can promise here, see `FollowChanges`.
    """

    def __init__(self, server: FhirServer, *, clock: Clock) -> None:
        self._server = server
        self._here = relative(server.base_url)
        self._offers = Offers(self.resource_at, server.base_url)
        self._following = FollowChanges(self, clock, self._offers)

    def close(self) -> None:
        self._server.close()

    @property
    def base_url(self) -> str:
        return self._server.base_url

    def read(self, type: str, id: str) -> Resource:  # noqa: A002  # FHIR's own words
        return self.resource_at(self._address(type, id))

    def read_many(self, references: Sequence[tuple[str, str]]) -> Found:
        wanted = [one for one in dict.fromkeys(references) if _can_be(*one)]
        found: dict[tuple[str, str], Resource] = {}
        gone: set[tuple[str, str]] = set()
        for start in range(0, len(wanted), TOGETHER):
            self._read_together(wanted[start : start + TOGETHER], found, gone)
        return Found(found, frozenset(gone))

    def search(self, type: str, parameters: SearchParameters, *, page: str | None = None) -> SearchPage:  # noqa: A002  # FHIR's own word
        if page is not None:
            bundle = self._server.ask(Ask("GET", page)).resource()
        else:
            form = urlencode(list(parameters.pairs)).encode()
            asked = Ask("POST", f"{self.base_url}/{known(type)}/_search", form, _FORM)
            bundle = self._server.ask(asked).resource()
        found = list(resources_of(bundle, self._here))
        total: Any = bundle.get("total")
        return SearchPage(
            tuple(resource for mode, resource in found if mode == "match"),
            tuple(resource for mode, resource in found if mode == "include"),
            self.next_page(bundle),
            total if isinstance(total, int) else None,
        )

    def transaction(self, writes: Sequence[Write]) -> Sequence[Resource | None]:
        if not writes:
            return []
        if len(writes) > MOST_ENTRIES:
            raise Nonsense(("", f"more than {MOST_ENTRIES} entries"))
        require_possible([entry_of_write(place, write) for place, write in enumerate(writes)])
        asked = Ask("POST", self.base_url, body_of(transaction(writes)), _WHOLE, writes=True)
        answered = outcomes(self._server.ask(asked).resource(), self._here, asked=len(writes))
        for outcome in answered:
            if not outcome.is_done:  # some servers say 200 of a whole of which a part was refused
                raise outcome.refusal()
        return [self._stored(write, outcome) for write, outcome in zip(writes, answered, strict=True)]

    def history(self, type: str, id: str) -> Iterator[Resource]:  # noqa: A002  # FHIR's own words
        try:
            first = self.resource_at(f"{self._address(type, id)}/_history")
        except Nonsense:  # 405 and 501, among others: this server does not know the question
            raise HistoryIsNotKept from None
        if not _is_counted(first) and self._offers.keeps_no_versions(type):
            raise HistoryIsNotKept  # what it shows is the current version alone, and looks like a creation
        return self._versions(first)

    def mark_now(self, types: Collection[str]) -> str:
        return self._following.mark_now(types)

    def changes(self, after: str | None, *, types: Collection[str], limit: int = 1000) -> Changes:
        return self._following(after, types=types, limit=limit)

    # For what stands beside this file

    def resource_at(self, url: str) -> Resource:
        """Read what is at an address of this server."""
        return self._here(self._server.ask(Ask("GET", url)).resource())

    def next_page(self, bundle: Resource) -> str | None:
        """Give where a page goes on; it may be spelt relative to the server."""
        link = link_of(bundle, "next")
        return urljoin(f"{self.base_url}/", link) if link else None

    def _address(self, type_: str, id_: str) -> str:
        if not _can_be(type_, id_):
            raise ResourceNotFound
        return f"{self.base_url}/{type_}/{quote(id_)}"

    def _versions(self, page: Resource) -> Iterator[Resource]:
        while True:
            for entry in entries_of(page):
                resource = entry.get("resource")
                request: dict[str, Any] = entry.get("request") or {}
                if isinstance(resource, dict) and request.get("method") != "DELETE":
                    yield cast("Resource", resource)
            url = self.next_page(page)
            if url is None:
                return
            page = self.resource_at(url)

    def _read_together(
        self,
        some: Sequence[tuple[str, str]],
        found: dict[tuple[str, str], Resource],
        gone: set[tuple[str, str]],
    ) -> None:
        """Read some in a batch, and again what was throttled in it: that entry and all later ones are."""
        left = list(some)
        for _ in range(ROUNDS):
            left = self._read_batch(left, found, gone)
            if not left:
                return
        raise Throttled

    def _read_batch(
        self,
        some: Sequence[tuple[str, str]],
        found: dict[tuple[str, str], Resource],
        gone: set[tuple[str, str]],
    ) -> list[tuple[str, str]]:
        asked = Ask("POST", self.base_url, orjson.dumps(batch_of_reads(some)), _JSON)
        answered = outcomes(self._server.ask(asked).resource(), self._here, asked=len(some))
        again: list[tuple[str, str]] = []
        for reference, outcome in zip(some, answered, strict=True):
            if outcome.is_done and outcome.resource is not None:
                found[reference] = outcome.resource
                continue
            refusal = outcome.refusal()
            if isinstance(refusal, Throttled):
                again.append(reference)
            elif isinstance(refusal, Gone):
                gone.add(reference)
            elif not isinstance(refusal, NotFound):
                raise refusal
        return again

    def _stored(self, write: Write, outcome: Outcome) -> Resource | None:
        """Give a resource as it was stored; a server that gives none is asked for it."""
        if write.method == "DELETE":
            return None
        if outcome.resource is not None:
            return outcome.resource
        id_ = write.id or (outcome.place.id if outcome.place else None)
        if id_ is None:
            raise NoFhir
        version = outcome.version or (outcome.place.version if outcome.place else None)
        address = self._address(write.type, id_)
        return self.resource_at(f"{address}/_history/{version}" if version else address)


def _is_counted(history: Resource) -> bool:
    """Say whether versions are numbers, by which the first is known as such; so are those of none."""
    versions = [cast("Resource", one) for entry in entries_of(history) if (one := entry.get("resource"))]
    return not versions or version_of(versions[0]) > 0


def _can_be(type_: str, id_: str) -> bool:
    """Say whether there can be such a resource; an id of dots alone would be another address."""
    return type_ in R4_TYPES and bool(ID.fullmatch(id_)) and bool(id_.strip("."))
