"""What a FHIR R4 server can refuse, and with which HTTP status and issue code."""

from typing import Any

from shared.fhir.operation_outcome import outcome, outcome_of_fields
from shared.fhir.ports import VersionMismatch
from shared.kernel.refusals import (
    Conflict,
    Gone,
    LostRace,
    Nonsense,
    NotFound,
    Refusal,
    Throttled,
    TransientFault,
)


class ResourceNotFound(NotFound):
    """There is no such resource."""


class ResourceTypeUnknown(NotFound):
    """There is no such resource type in FHIR R4."""


class ResourceDeleted(Gone):
    """The resource has been deleted."""

    def __init__(self, version: int) -> None:
        super().__init__()
        self.version = version
        """The version that the deletion made."""


class NotSelectiveEnough(VersionMismatch):
    """The condition was not selective enough: several resources meet it."""


class ReferenceNotResolved(VersionMismatch):
    """A conditional reference is met by no resource, or by several."""


class NotPatchable(Refusal):
    """The patch cannot be applied to the resource as it stands."""


class RuleOfTheRecord(Refusal):
    """A rule of the record does not allow it."""

    def __init__(self, *fields: tuple[str, str]) -> None:
        super().__init__("; ".join(f"{path}: {problem}" for path, problem in fields))
        self.fields = fields
        """What is wrong, as (path, problem) pairs; neither ever holds a value."""


class NotSupported(Nonsense):
    """It is FHIR, but this server does not do it."""


_ANSWERS: tuple[tuple[type[Exception], int, str], ...] = (
    (Gone, 410, "deleted"),
    (ResourceTypeUnknown, 404, "not-supported"),
    (NotFound, 404, "not-found"),
    (NotSelectiveEnough, 412, "multiple-matches"),
    (VersionMismatch, 412, "conflict"),
    (Conflict, 409, "conflict"),
    (Refusal, 422, "processing"),
    (LostRace, 409, "conflict"),
    (Throttled, 429, "throttled"),
    (TransientFault, 503, "transient"),
    (NotSupported, 400, "not-supported"),
    (Nonsense, 400, "invalid"),
)
UNDERSTOOD = (Refusal, Nonsense, TransientFault)
"""What `answer_to` knows how to say; everything else is a bug."""


def answer_to(no: Exception) -> tuple[int, dict[str, Any]]:
    """Give the HTTP status and the OperationOutcome for a refusal, nonsense or fault."""
    status, code = next((status, code) for kind, status, code in _ANSWERS if isinstance(no, kind))
    if isinstance(no, Nonsense):
        return status, outcome_of_fields(code, no.fields)
    return status, outcome(code, _first_line(type(no)))


def _first_line(kind: type[Exception]) -> str:
    return (kind.__doc__ or kind.__name__).partition("\n")[0]
