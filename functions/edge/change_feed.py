"""What the store tells us of its changes; a batch of them fails as a whole, to be given again (D5)."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, cast

import azure.functions as func

from functions.edge import tracing
from functions.edge.timer import attempted
from shared.wiring.composition import application

FeedFunction = Callable[..., None]


def reads(function: FeedFunction) -> FeedFunction:
    """Run over a batch; a fault or a bug gives the batch back to the feed, told without its text (D17)."""

    @wraps(function)
    def reading(*args: Any, **kwargs: Any) -> None:
        application()
        with tracing.of_run(function.__name__):
            failed = attempted(function.__name__, lambda: function(*args, **kwargs))
        if failed is not None:
            raise failed

    return reading


def changes(documents: func.DocumentList) -> Sequence[dict[str, Any]]:
    """Give the changed documents as the dicts of `kernel/change_feed.py`."""
    return [cast("dict[str, Any]", document.to_dict()) for document in cast("Sequence[Any]", documents)]
