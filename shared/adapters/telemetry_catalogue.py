"""Every measurement that we take, what it means, and which alert or board looks at it.

`infra/observability/` and `docs/telemetry.md` are held to this list, and so is every place that measures.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Metric:
    """One measurement. `alerts` names those that rest on it; without any it is for boards."""

    name: str
    kind: Literal["counter", "histogram", "gauge"]
    unit: str
    means: str
    labels: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()


METRICS = (
    # -- what becomes of messages, counted by the events that tell of it
    Metric(
        "messages.parked",
        "counter",
        "{message}",
        "Messages set aside for an operator, with the reason.",
        ("queue", "reason"),
        alerts=("parked-messages",),
    ),
    Metric(
        "messages.failed",
        "counter",
        "{message}",
        "Handlings of a message that ended in a bug; ten of them dead-letter it.",
        ("queue", "error"),
        alerts=("failures",),
    ),
    Metric(
        "messages.deferred",
        "counter",
        "{message}",
        "Messages of plain queues that wait for something to come back, and are tried again.",
        ("queue", "reason"),
    ),
    Metric(
        "messages.given_back",
        "counter",
        "{message}",
        "Messages of session queues that wait for something to come back, their session with them.",
        ("queue", "reason"),
    ),
    Metric(
        "messages.refused",
        "counter",
        "{message}",
        "Messages to which a rule said no, for good.",
        ("queue", "reason"),
    ),
    # -- requests and runs
    Metric(
        "requests.failed",
        "counter",
        "{request}",
        "Requests that ended in a bug: the caller was answered 500.",
        ("error",),
        alerts=("failures",),
    ),
    Metric(
        "requests.refused",
        "counter",
        "{request}",
        "Requests that were answered with a no, by its reason and status.",
        ("reason", "status"),
    ),
    Metric(
        "runs.failed",
        "counter",
        "{run}",
        "Ticks of timers, and batches of the change feed, that ended in a bug.",
        ("run", "error"),
        alerts=("failures",),
    ),
    Metric(
        "runs.put_off",
        "counter",
        "{run}",
        "Ticks and batches that could not be done just then.",
        ("run", "reason"),
    ),
    Metric(
        "process.first_answer_seconds",
        "histogram",
        "s",
        "How long the first answer of a new process took, from its import on; where the process had stood "
        "idle before (`idle`), from the call on.",
        ("idle",),
        alerts=("cold-starts",),
    ),
    # -- providers of text messages and e-mail
    Metric(
        "messaging.provider_answers",
        "counter",
        "{call}",
        "Messages handed to a provider: accepted, refused, uncertain, or put off.",
        ("channel", "outcome"),
        alerts=("provider-uncertain", "provider-refusals"),
    ),
    Metric(
        "messaging.provider_seconds",
        "histogram",
        "s",
        "How long a provider took to answer.",
        ("channel",),
    ),
    Metric(
        "fhir.record_seconds",
        "histogram",
        "s",
        "How long the FHIR server took to answer, by method and status; 0 is an exchange that broke off.",
        ("method", "status"),
    ),
    # -- what waits, measured every minute
    Metric(
        "queues.waiting",
        "gauge",
        "{message}",
        "Messages of a queue that are due and not handled yet.",
        ("queue",),
    ),
    Metric(
        "queues.oldest_waiting_seconds",
        "gauge",
        "s",
        "For how long the oldest message that is due has been in its queue.",
        ("queue",),
        alerts=("oldest-waiting",),
    ),
    Metric(
        "queues.dead_lettered",
        "gauge",
        "{message}",
        "Messages that a queue has given up on.",
        ("queue",),
        alerts=("dead-letters",),
    ),
    Metric(
        "operations.parked_undecided",
        "gauge",
        "{message}",
        "Parked messages about which no operator has decided.",
    ),
    Metric(
        "announcements.left_behind",
        "gauge",
        "{announcement}",
        "Announcements that are committed and not on their queues yet.",
    ),
    Metric(
        "announcements.oldest_seconds",
        "gauge",
        "s",
        "The change lag: the age of the oldest announcement that is not on its queue yet.",
        alerts=("change-lag",),
    ),
    Metric(
        "messaging.held_overdue",
        "gauge",
        "{message}",
        "Held messages whose time has come two minutes ago or more.",
        alerts=("held-overdue",),
    ),
    Metric(
        "conversations.waiting",
        "gauge",
        "{conversation}",
        "Patients who wait for a representative.",
    ),
    Metric(
        "conversations.longest_wait_seconds",
        "gauge",
        "s",
        "For how long the patient has waited who has waited longest for a representative.",
        alerts=("chat-waiting",),
    ),
    # -- the store, where it can tell: the embedded one cannot
    Metric(
        "store.operations",
        "counter",
        "{operation}",
        "Operations that the store was asked for.",
        ("operation",),
    ),
    Metric(
        "store.request_units",
        "counter",
        "{request_unit}",
        "Request units that the store charged.",
        ("operation",),
    ),
    Metric(
        "store.throttled",
        "counter",
        "{operation}",
        "Operations that the store asked us to do later.",
        ("operation",),
        alerts=("store-throttled",),
    ),
    Metric(
        "store.faults",
        "counter",
        "{commit}",
        "Attempts to commit that the store refused for the moment, or whose answer was lost.",
        ("status",),
    ),
    Metric(
        "queues.links_lost",
        "counter",
        "{link}",
        "Links to the queues that broke while they were used, and were opened again.",
    ),
)

BY_NAME = {metric.name: metric for metric in METRICS}
