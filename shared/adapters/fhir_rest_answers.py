"""What a FHIR server's answers mean to us: refusals and faults, with paths and never values (D17)."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any, cast

import httpx
import orjson

from shared.fhir.ports import Resource, VersionMismatch
from shared.fhir.refusals import NotSelectiveEnough, ResourceDeleted, ResourceNotFound, RuleOfTheRecord
from shared.kernel.refusals import LostRace, Nonsense, Throttled, TransientFault

LONGEST_WAIT = timedelta(minutes=5)
"""For as long we stay away at most, whatever a server asks for."""

_JSON = frozenset({"application/fhir+json", "application/json"})
_ETAG = re.compile(r'(?:W/)?"(\d{1,18})"')
_PATH = re.compile(r"[A-Za-z][A-Za-z0-9.\[\]_-]{0,200}")
_CODE = re.compile(r"[a-z][a-z-]{0,40}")


class NotLetIn(TransientFault):
    """The record does not believe our token, or allows it too little: until a setting or a role is mended."""


class NoFhir(TransientFault):
    """The record answers with what is no FHIR, as a proxy's page is none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said, whole."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def is_done(self) -> bool:
        return 200 <= self.status < 300

    def resource(self) -> Resource:
        """Read the body. Raises `NoFhir`."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in _JSON:
            raise NoFhir
        read = _object(self.body)
        if not isinstance(read.get("resourceType"), str):
            raise NoFhir
        return read


def refusal(answer: Answer) -> Exception:
    """Give what an answer that is no 2xx means."""
    return meaning(answer.status, _object(answer.body), answer.headers)


def meaning(status: int, outcome: Resource, headers: httpx.Headers | None = None) -> Exception:
    """Give what a status means, of an answer or of an entry in a bundle."""
    told = headers if headers is not None else httpx.Headers()
    if status in _REFUSALS:
        return _REFUSALS[status](outcome, told)
    kind = _FAULTS.get(status, TransientFault)
    return kind(f"the record answers {status}", retry_after=retry_after(told))


def version_in(etag: str) -> int:
    """Read the number of `W/"3"`; 0 where there is none."""
    found = _ETAG.fullmatch(etag.strip())
    return int(found[1]) if found else 0


def retry_after(headers: httpx.Headers) -> timedelta | None:
    """Give how long we are asked to stay away, the finer of the two spellings first, and in reason."""
    milliseconds, seconds = headers.get("x-ms-retry-after-ms", ""), headers.get("retry-after", "")
    if _is_whole(milliseconds):
        return min(timedelta(milliseconds=int(milliseconds)), LONGEST_WAIT)
    if _is_whole(seconds):
        return min(timedelta(seconds=int(seconds)), LONGEST_WAIT)
    return _until(seconds, headers.get("date", ""))


def _until(moment: str, now: str) -> timedelta | None:
    """Read an HTTP date, from the time that the server says it is."""
    try:
        away = parsedate_to_datetime(moment) - parsedate_to_datetime(now)
    except (TypeError, ValueError):
        return None
    return min(max(away, timedelta()), LONGEST_WAIT)


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10


def _object(body: bytes) -> Resource:
    try:
        read = orjson.loads(body)
    except ValueError:
        return {}
    return cast("Resource", read) if isinstance(read, dict) else {}


def _issues(outcome: Resource) -> Iterator[dict[str, Any]]:
    issues: Any = outcome.get("issue")
    for issue in cast("list[Any]", issues) if isinstance(issues, list) else []:
        if isinstance(issue, dict):
            yield cast("dict[str, Any]", issue)


def _codes(outcome: Resource) -> set[str]:
    return {code for issue in _issues(outcome) if isinstance(code := issue.get("code"), str)}


def _fields(outcome: Resource) -> list[tuple[str, str]]:
    """Give where and of which kind each error is. What else a server says may repeat what it was sent."""
    said = [
        (path, code if isinstance(code, str) and _CODE.fullmatch(code) else "invalid")
        for issue in _issues(outcome)
        if issue.get("severity") in ("error", "fatal")
        for code in (issue.get("code"),)
        for path in _paths(issue) or [""]
    ]
    return said or [("", "invalid")]


def _paths(issue: dict[str, Any]) -> list[str]:
    listed: Any = issue.get("expression") or issue.get("location")
    paths = cast("list[Any]", listed) if isinstance(listed, list) else []
    return [path for path in paths if isinstance(path, str) and _PATH.fullmatch(path)]


_REFUSALS: Mapping[int, Callable[[Resource, httpx.Headers], Exception]] = {
    400: lambda outcome, _: Nonsense(*_fields(outcome)),
    404: lambda _, __: ResourceNotFound(),
    405: lambda outcome, _: Nonsense(*_fields(outcome)),
    406: lambda outcome, _: Nonsense(*_fields(outcome)),
    409: lambda _, __: LostRace("the record"),
    410: lambda _, headers: ResourceDeleted(version_in(headers.get("etag", ""))),
    412: lambda outcome, _: (
        NotSelectiveEnough() if "multiple-matches" in _codes(outcome) else VersionMismatch()
    ),
    413: lambda outcome, _: Nonsense(*_fields(outcome)),
    415: lambda outcome, _: Nonsense(*_fields(outcome)),
    422: lambda outcome, _: RuleOfTheRecord(*_fields(outcome)),
    501: lambda outcome, _: Nonsense(*_fields(outcome)),
}
_FAULTS: Mapping[int, type[TransientFault]] = {401: NotLetIn, 403: NotLetIn, 429: Throttled}
