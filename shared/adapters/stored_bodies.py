"""How a stored body is read by a version that may not have written it."""

import logging
from typing import TypeVar

from shared.adapters.codec import UnknownChoice, from_json
from shared.adapters.commit_limits import kind_of
from shared.kernel.documents import Unreadable, WrittenAhead
from shared.kernel.refusals import Nonsense

log = logging.getLogger(__name__)

T = TypeVar("T")


def read_body(document_id: str, text: bytes | str, of: type[T]) -> T:
    """Read a stored body. Logs and raises `Unreadable` where it is not what this version takes it for.

    What says something that only a newer version knows is `WrittenAhead`.
    """
    try:
        return from_json(text, of)
    except UnknownChoice:
        told = {"kind": kind_of(document_id), "document": document_id}
        log.warning("store.document.ahead", extra=told)
        raise WrittenAhead from None
    except Nonsense:
        kind = kind_of(document_id)
        log.error("store.document.unreadable", extra={"kind": kind, "document": document_id})  # noqa: TRY400  # a traceback tells no more
        raise Unreadable(kind, document_id) from None  # what was wrong may hold a value
