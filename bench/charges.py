"""What the counted operations cost in Azure: estimates by published rules of thumb, not a bill.

Request units (RU) are what Cosmos DB charges. A read of a 1 KB item is 1 RU, and twice that under strong
consistency, which the house asks for; writing a 1 KB item with a few indexed properties is about 6 RU, and
replacing or patching one about twice that; a query pays for its start and for what it gives. Bodies here are
about 1 KB. What a real account charges is in the answer's `x-ms-request-charge`, which the Cosmos adapter
tells the telemetry.
"""

from bench.counting import Counts

REQUEST_UNITS = {
    "read": 2.0,
    "list": 6.0,
    "find": 8.0,
    "create": 7.0,
    "replace": 11.0,
    "guard": 11.0,
    "delete": 11.0,
    "announce": 7.0,
    "forget": 6.0,
}
QUEUE_OPERATIONS_PER_MESSAGE = 3
"""Send, receive, complete; a session's accept and release is shared by its messages, and not counted."""


def request_units(counts: Counts) -> float:
    """Give what the counted operations would be charged."""
    return sum(REQUEST_UNITS[name] * counts[name] for name in REQUEST_UNITS)


def queue_operations(counts: Counts) -> int:
    """Give how many operations Service Bus would count."""
    return counts["send"] * QUEUE_OPERATIONS_PER_MESSAGE
