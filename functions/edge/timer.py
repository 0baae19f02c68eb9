"""A tick finds what is due and queues it (house rule 10); what goes wrong waits for the next tick."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from functions.edge import tracing
from functions.edge.faults import Failed, place_of, stripped
from functions.edge.reruns import rerun
from shared.kernel.refusals import Refusal, TransientFault
from shared.kernel.tracing import fail
from shared.wiring.composition import application

log = logging.getLogger(__name__)

TickFunction = Callable[..., None]


def ticks(function: TickFunction) -> TickFunction:
    """Run a tick: a refusal is logged; a fault or a bug fails the run, told without its text (D17)."""

    @wraps(function)
    def ticking(*args: Any, **kwargs: Any) -> None:
        application()
        with tracing.of_run(function.__name__):
            failed = attempted(function.__name__, lambda: function(*args, **kwargs))
        if failed is not None:
            raise failed

    return ticking


def attempted(name: str, run: Callable[[], None]) -> Failed | TransientFault | None:
    """Run, log what went wrong, and give what is to be raised of it: to be raised outside of any `except`."""
    try:
        rerun(run)
    except Refusal as refusal:
        log.info("edge.run.refused", extra={"run": name, "reason": type(refusal).__name__})
    except TransientFault as fault:
        log.warning("edge.run.put_off", extra={"run": name, "reason": type(fault).__name__})
        fail(type(fault).__name__)
        return TransientFault(type(fault).__name__)
    except Exception as error:  # noqa: BLE001  # raised again without its text
        told = {"run": name, "error": type(error).__name__, "place": place_of(error)}
        log.error("edge.run.failed", extra=told)  # noqa: TRY400  # a traceback would hold the text
        fail(type(error).__name__)
        return stripped(error)
    return None
