"""What has changed on a FHIR server, found by asking (FH-9): no R4 server numbers its commits."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

from shared.adapters.fhir_rest_bundles import entries_of
from shared.adapters.fhir_rest_marks import (
    MOST_REMEMBERED,
    Mark,
    Newest,
    Place,
    moment_in,
    name_of,
    read,
    still_met,
    written,
)
from shared.adapters.fhir_rest_offers import Offers
from shared.fhir.ports import Changes, Resource, SearchPage, SearchParameters
from shared.kernel.clock import Clock

_LARGEST_PAGE = 500
_DAWN = "1900-01-01T00:00:00Z"


class Asks(Protocol):
    """The server, as far as following it goes."""

    @property
    def base_url(self) -> str: ...

    def search(self, type: str, parameters: SearchParameters, *, page: str | None = None) -> SearchPage: ...  # noqa: A002  # FHIR's own word

    def resource_at(self, url: str) -> Resource: ...

    def next_page(self, bundle: Resource) -> str | None: ...


@dataclass(slots=True)
class FollowChanges:
    """Follows `meta.lastUpdated`, each type by itself, from the oldest on.

    It finds whatever the server gives a later `lastUpdated` than what was seen, and what becomes visible up
    to two minutes after the time it bears: so far each reading looks back, until nothing can be late any
    more. It cannot find what a server writes with an older `lastUpdated` than that, as an import that keeps
    times or a clock that is set back does; nor that a server was emptied and made anew under its address.
    Deletions are found where the server's CapabilityStatement offers `history-type`, and not elsewhere. A
    change may come again; those of one answer come in the order of their times.
    """

    server: Asks
    clock: Clock
    offers: Offers

    def __call__(self, after: str | None, *, types: Collection[str], limit: int) -> Changes:
        mark = read(after, self.server.base_url)
        places = dict(mark.places)
        given: dict[tuple[str, str], Resource] = {}
        gone: list[tuple[str, str]] = []
        for type_ in _beginning_with(mark.begin_with, self._there(types)):
            reading = self._reading(type_, places.get(type_))
            is_all = reading.read(limit - len(given))
            if is_all:
                gone += [(type_, id_) for id_ in reading.read_deletions()]
            given |= {(type_, id_): resource for id_, resource in reading.found.items()}
            places[type_] = reading.place()
            if not is_all:
                return self._told(given, gone, Mark(places, type_), is_all=False)
        return self._told(given, gone, Mark(places), is_all=True)

    def mark_now(self, types: Collection[str]) -> str:
        """Give the place of each type's newest change; what may still appear before it comes later."""
        return written(
            Mark({type_: self._place_now(type_) for type_ in self._there(types)}), self.server.base_url
        )

    def _there(self, types: Collection[str]) -> list[str]:
        """Leave out what the server says it does not have: asked for that, some say 404 and others 400."""
        return [type_ for type_ in types if not self.offers.denies(type_)]

    def _place_now(self, type_: str) -> Place:
        now = self.clock.real().timestamp()
        pairs = [("_sort", "-_lastUpdated"), ("_count", "1")]
        page = self.server.search(type_, SearchParameters(pairs))
        newest: str | None = page.matches[0]["meta"]["lastUpdated"] if page.matches else None
        reading = Reading(self.server, type_, Place(Newest(newest, now)), now)
        if self.offers.history_of_type(type_):
            reading.begin_deletions()
        reading.read(MOST_REMEMBERED)  # what is met again from here on has been given, as it were
        return reading.place()

    def _reading(self, type_: str, place: Place | None) -> "Reading":
        now = self.clock.real().timestamp()
        if place is not None:
            return Reading(self.server, type_, place, now)
        reading = Reading(self.server, type_, Place(), now)
        if self.offers.history_of_type(type_):
            reading.begin_deletions()
        return reading

    def _told(
        self,
        given: dict[tuple[str, str], Resource],
        gone: Sequence[tuple[str, str]],
        mark: Mark,
        *,
        is_all: bool,
    ) -> Changes:
        resources = sorted(given.values(), key=_moment)
        return Changes(tuple(resources), tuple(gone), written(mark, self.server.base_url), is_all)


class Reading:
    """One look at one type, from its place on."""

    def __init__(self, server: Asks, type_: str, place: Place, now: float) -> None:
        self.found: dict[str, Resource] = {}
        self._server = server
        self._type = type_
        self._now = now
        self._before = place
        self._change = place.change
        self._given = dict(place.given)
        self._deletion = place.deletion
        self._gone = dict(place.gone)

    def begin_deletions(self) -> None:
        """Begin with the newest change there is, before anything is read: what went earlier is not missed."""
        newest = self._server.resource_at(self._history([("_count", "1")]))
        self._deletion = Newest(next((at for _, _, at, _ in _past(newest)), _DAWN), self._now)

    def read(self, most: int) -> bool:
        """Read up to so many that were not given before; say whether there are no more."""
        if most <= 0:
            return False
        since = self._before.change.since
        page = self._page(since, most)
        while True:
            for resource in page.matches:
                name = name_of(self._type, resource["id"], str(resource["meta"]["versionId"]))
                if name in self._given:
                    continue
                if len(self.found) >= most:
                    return False
                self._give(resource, name)
            if page.next is None:
                self._change = self._change.read_to_the_end(self._before.change, self._now)
                return True
            since, page = self._next(since, page, most)

    def read_deletions(self) -> list[str]:
        """Give what has been deleted since this was last asked, and is not there again."""
        if self._deletion is None:
            return []
        latest = self._latest(self._deletion.since or _DAWN)
        before = self._deletion
        for _, at, _ in latest.values():
            self._deletion = self._deletion.reached(at, self._now)
        self._deletion = self._deletion.read_to_the_end(before, self._now)
        deleted = {
            id_: (name_of(self._type, id_, version), moment_in(at))
            for id_, (version, at, is_deleted) in latest.items()
            if is_deleted
        }
        news = [id_ for id_, (name, _) in deleted.items() if name not in self._gone]
        self._gone |= dict(deleted.values())
        for id_ in deleted:
            self.found.pop(id_, None)
        return news

    def place(self) -> Place:
        """Give where the next reading begins, remembering only what it may meet again."""
        gone = still_met(self._gone, self._deletion) if self._deletion else {}
        return Place(self._change, still_met(self._given, self._change), self._deletion, gone)

    def _give(self, resource: Resource, name: str) -> None:
        self.found[resource["id"]] = resource
        self._given[name] = _moment(resource)
        self._change = self._change.reached(resource["meta"]["lastUpdated"], self._now)

    def _next(self, since: str | None, page: SearchPage, most: int) -> tuple[str | None, SearchPage]:
        """Go on by time, not by place: pages shift where something is written meanwhile."""
        last: str | None = page.matches[-1]["meta"]["lastUpdated"] if page.matches else None
        if last is not None and (since is None or moment_in(last) > moment_in(since)):
            return last, self._page(last, most)
        return since, self._server.search(self._type, SearchParameters(), page=page.next)

    def _page(self, since: str | None, most: int) -> SearchPage:
        pairs = [("_sort", "_lastUpdated"), ("_count", str(min(most, _LARGEST_PAGE)))]
        if since is not None:
            pairs.append(("_lastUpdated", f"ge{since}"))
        return self._server.search(self._type, SearchParameters(pairs))

    def _latest(self, since: str) -> dict[str, tuple[str, str, bool]]:
        """Give version, instant and whether it is a deletion, of the newest there is of each id."""
        latest: dict[str, tuple[str, str, bool]] = {}
        url: str | None = self._history([("_since", since), ("_count", str(_LARGEST_PAGE))])
        while url is not None:
            page = self._server.resource_at(url)
            for id_, version, at, is_deleted in _past(page):
                if id_ not in latest or _is_newer(version, latest[id_][0]):
                    latest[id_] = (version, at, is_deleted)
            url = self._server.next_page(page)
        return latest

    def _history(self, pairs: list[tuple[str, str]]) -> str:
        return f"{self._server.base_url}/{self._type}/_history?{urlencode(pairs)}"


def _past(bundle: Resource) -> Iterator[tuple[str, str, str, bool]]:
    """Give id, version and instant of each entry of a history, and whether it is a deletion."""
    for entry in entries_of(bundle):
        request: Any = entry.get("request") or {}
        response: Any = entry.get("response") or {}
        resource: Any = entry.get("resource") or {}
        meta: Any = resource.get("meta") or {}
        id_ = resource.get("id") or str(request.get("url", "")).partition("?")[0].rstrip("/").split("/")[-1]
        version = meta.get("versionId") or str(response.get("etag") or "").removeprefix("W/").strip('"')
        at = response.get("lastModified") or meta.get("lastUpdated")
        if id_ and isinstance(at, str):
            yield id_, str(version), at, request.get("method") == "DELETE"


def _is_newer(version: str, than: str) -> bool:
    """Compare whole numbers; where they are none, the first met is the newest, as histories are told."""
    return version.isdecimal() and than.isdecimal() and int(version) > int(than)


def _beginning_with(first: str | None, types: list[str]) -> list[str]:
    """Give all types, the one where the last reading was broken off first, so that none is starved."""
    start = types.index(first) if first in types else 0
    return types[start:] + types[:start]


def _moment(resource: Resource) -> int:
    return moment_in(resource["meta"]["lastUpdated"])
