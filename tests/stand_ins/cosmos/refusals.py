"""How the gateway says no."""

from dataclasses import dataclass

CODES = {
    304: "NotModified",
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    408: "RequestTimeout",
    409: "Conflict",
    412: "PreconditionFailed",
    413: "RequestEntityTooLarge",
    424: "FailedDependency",
    429: "TooManyRequests",
    449: "RetryWith",
    501: "NotImplemented",
    503: "ServiceUnavailable",
}
NO_SUCH_CONTAINER = 1003
PARTITION_KEY_MISMATCH = 1001
NOT_SERVABLE = 1004
SESSION_NOT_AVAILABLE = 1002
NOT_FOR_TOKENS = 5300
NOT_IN_THE_ROLE = 5301


@dataclass(eq=False)
class Refused(Exception):
    """A request is answered with a status, a reason, and often a finer status below it."""

    status: int
    why: str
    below: int = 0
    retry_after_ms: int | None = None

    @property
    def code(self) -> str:
        """Name the status as the service does."""
        return CODES.get(self.status, "InternalServerError")


def no_such_item() -> Refused:
    """Refuse what names an item that is not there."""
    return Refused(404, "There is no item with this id in this partition.")
