"""From the store to the queues, and what keeps the store tidy."""

import logging

import azure.functions as func

from functions.edge import change_feed, timer
from shared.wiring.composition import application

log = logging.getLogger(__name__)
blueprint = func.Blueprint()


@blueprint.function_name("relay")
@blueprint.cosmos_db_trigger(
    arg_name="documents",
    connection="COSMOS",
    database_name="%COSMOS_DATABASE%",
    container_name="%COSMOS_CONTAINER%",
    lease_container_name="%COSMOS_LEASES%",
    create_lease_container_if_not_exists=False,
    feed_poll_delay=200,
    max_items_per_invocation=100,
)
@blueprint.retry(
    strategy="exponential_backoff",
    max_retry_count="-1",
    minimum_interval="00:00:01",
    maximum_interval="00:02:00",
)
@change_feed.reads
def relay(documents: func.DocumentList) -> None:
    """Publish each announcement among the changed documents, then delete it; twice does no harm.

    A batch that fails is given again without limit: without a policy the trigger would go on past it.
    """
    app = application()
    app.relay_announcements(change_feed.changes(documents), now=app.clock.now())


@blueprint.function_name("relay_left_behind")
@blueprint.timer_trigger(arg_name="tick", schedule="%RELAY_SWEEP_SCHEDULE%")
@timer.ticks
def relay_left_behind(tick: func.TimerRequest) -> None:
    """Publish what the change feed should have published two minutes ago."""
    app = application()
    relayed = app.relay_left_behind(now=app.clock.now(), real=app.clock.real())
    log.info("wiring.announcements.left_behind", extra={"relayed": relayed, "late": tick.past_due})
