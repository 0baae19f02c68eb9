"""Are store, queues and record where the settings say? Asked at start, so that a wrong name is told there."""

from collections.abc import Generator
from contextlib import contextmanager, suppress

from shared.adapters.store_edition import StoreIsNewer
from shared.kernel.refusals import NotFound, TransientFault
from shared.wiring.composition import Application
from shared.wiring.edition import ContactKeyIsAnother
from shared.wiring.readiness import ANYBODY, PROBED


class CannotBeReached(Exception):
    """A service is not where the settings say; the text names the settings and never shows their values."""


def reach(application: Application) -> None:
    """Touch every container of the store, one queue and the record, where they are not our own.

    Raises `CannotBeReached`.
    """
    if application.settings.store == "cosmos":
        _reach_the_store(application)
    if application.settings.queues == "servicebus":
        with or_told("the queues cannot be reached as SERVICE_BUS_NAMESPACE and SERVICE_BUS_ENDPOINT say"):
            application.receiver.dead_letters(PROBED, limit=1)
    if application.settings.record == "fhir":
        with or_told("the record cannot be reached as FHIR_BASE_URL and FHIR_AUTH say"), suppress(NotFound):
            application.record.read("Patient", ANYBODY)


def _reach_the_store(application: Application) -> None:
    account = application.azure.cosmos
    with or_told("the store cannot be reached as COSMOS_ENDPOINT names it"):
        containers = {
            "COSMOS_CONTAINER": account.container,
            "COSMOS_AUDIT_CONTAINER": account.audit_container,
            "COSMOS_LEASES": account.leases,
        }
    for setting, container in containers.items():
        with or_told(f"{setting} names no container that can be reached in COSMOS_DATABASE"):
            account.reach(container)


@contextmanager
def or_told(sentence: str) -> Generator[None]:
    """Turn a fault of a service into `CannotBeReached`, which says what that means at a start."""
    try:
        yield
    except (StoreIsNewer, ContactKeyIsAnother):  # the store was reached, and says itself what is wrong
        raise
    except TransientFault as fault:
        message = f"{sentence} ({fault})"
        raise CannotBeReached(message) from None
