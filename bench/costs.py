"""`make bench-costs`: store and queue operations per unit of work, counted at the adapters while it is done.

The figures are exact and the same on every machine; request units are estimates (`bench/charges.py`).
`tests/end_to_end/test_costs.py` holds them to the budget beside this file.
"""

import json
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bench.charges import queue_operations, request_units
from bench.counting import CountingDocuments, CountingQueues, Counts
from tests.support.issuer import NOON, an_issuer
from tests.support.product import Product, a_product
from tests.support.product_chat import Chat, answers, offer_slots, open_chat_desk
from tests.support.product_routes import index
from tests.support.product_story import a_patient, an_hba1c, keep_definitions, report, sent

BUDGET = Path(__file__).parent / "costs_budget.json"
MANY = 10
"""Each unit is done so often, so that what is shared, as reading definitions, is shared here too."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one unit of work takes."""

    unit: str
    store_operations: float
    request_units: float
    queue_operations: float


@contextmanager
def a_counted_product(folder: Path) -> Generator[tuple[Product, Counts]]:
    """Serve as the product, and count what it asks of store and queues."""
    folder.mkdir(parents=True)
    with an_issuer() as issuer, a_product(folder, issuer) as product:
        counts = Counts()
        product.app.documents = CountingDocuments(product.app.documents, counts)
        product.app.queues = CountingQueues(product.app.queues, counts)
        yield product, counts


def counted(unit: str, counts: Counts, work: Callable[[], object], *, units: int) -> Cost:
    """Do the work, and give what one unit of it took."""
    counts.clear()
    work()
    return Cost(
        unit,
        round(counts.store_operations / units, 1),
        round(request_units(counts) / units, 1),
        round(queue_operations(counts) / units, 1),
    )


def changes(folder: Path) -> list[Cost]:
    """Results that mean nothing, and results that become a message that is delivered."""
    with a_counted_product(folder) as (product, counts):
        keep_definitions(product)
        people = [f"p{number}" for number in range(MANY)]
        product.write(*(a_patient(one, phone=f"+4670174{number:04}") for number, one in enumerate(people)))
        product.run()

        def nothing_new() -> None:
            product.write(*(an_hba1c(f"low-{one}", of=one, value=5.1) for one in people))
            product.run()

        def one_message_each() -> None:
            product.write(*(an_hba1c(f"high-{one}", of=one) for one in people))
            product.run()
            for message in sent(product):
                report(product, message.request_id, "Delivered")
            product.run()

        return [
            counted("a change that starts nothing", counts, nothing_new, units=MANY),
            counted("a change that becomes a delivered message", counts, one_message_each, units=MANY),
        ]


def chats(folder: Path) -> list[Cost]:
    """A conversation from its opening to its closing, and a minute of talk in it."""
    with a_counted_product(folder) as (product, counts):
        open_chat_desk(product)
        product.run()
        chat = Chat(product)

        def handed_over() -> None:
            chat.is_handed_over()
            product.run()

        def a_minute_each() -> None:
            for number in range(MANY):
                for said in range(3):
                    chat.says(f"{number} {said}")
                    chat.sam("messages", {"text": f"{number} {said}"})
                for _ in range(12):
                    chat.reads(str(number))
                product.run()

        links: list[str] = []
        return [
            counted("a handover to a representative", counts, handed_over, units=1),
            counted("a minute of chat (6 messages, 12 looks)", counts, a_minute_each, units=MANY),
            counted("an ending with its survey sent", counts, lambda: links.append(chat.is_over()), units=1),
            counted("an answered survey", counts, lambda: _answered(product, links[0]), units=1),
        ]


def _answered(product: Product, link: str) -> None:
    answers(product, link, b"satisfaction=5")
    product.run()


def bookings(folder: Path) -> list[Cost]:
    """An appointment, without the journey that confirms it and reminds of it (a message each, as above)."""
    with a_counted_product(folder) as (product, counts):
        product.write(*(a_patient(f"p{number}") for number in range(MANY)))
        offer_slots(product, *(NOON + timedelta(days=day) for day in range(1, MANY + 1)))
        product.run()

        def booked() -> None:
            for number in range(MANY):
                body = {"slot_id": f"slot-{number}"}
                token = product.patient(f"p{number}")
                answer = product.ask("POST", "/api/me/appointments", body=body, token=token)
                assert answer.status == 201, answer.json  # noqa: S101  # a figure of refusals would be none
                product.run()

        return [counted("a booked appointment", counts, booked, units=MANY)]


def silence(folder: Path) -> list[Cost]:
    """What the timers ask where nothing happens: each once, and in an hour by their schedules."""
    with a_counted_product(folder) as (product, counts):
        product.run()

        def every_timer_once() -> None:
            for timer in index().timers:
                product.tick(timer.function.name)

        def an_hour() -> None:
            for instant, name in ticks_of_an_hour(product.clock.now()):
                product.clock.pass_by(instant - product.clock.now())
                product.tick(name)

        return [
            counted("every timer ticking once, nothing due", counts, every_timer_once, units=1),
            counted("an hour of timers, nothing due", counts, an_hour, units=1),
        ]


def ticks_of_an_hour(start: datetime) -> list[tuple[datetime, str]]:
    """Give when which timer ticks in the hour after a start, by the schedules of the example settings."""
    ticks: list[tuple[datetime, str]] = []
    for timer in index().timers:
        instant = timer.schedule.after(start)
        while instant <= start + timedelta(hours=1):
            ticks.append((instant, timer.function.name))
            instant = timer.schedule.after(instant)
    return sorted(ticks)


def all_costs(folder: Path) -> list[Cost]:
    """Count all units of work."""
    parts = (changes, chats, bookings, silence)
    return [cost for part in parts for cost in part(folder / part.__name__)]


def budget() -> dict[str, dict[str, float]]:
    """Give the most that each unit may take."""
    return json.loads(BUDGET.read_text())


def cost_of(unit: str) -> Cost:
    """Give what a unit of work takes by its budget, without doing it."""
    return Cost(unit, **budget()[unit])


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="costs-") as folder:
        costs = all_costs(Path(folder))
    print(f"{'':44} {'store':>8} {'RU':>8} {'queue':>8}   (budget: store, queue)")
    for cost in costs:
        most = budget()[cost.unit]
        print(
            f"{cost.unit:>44} {cost.store_operations:8.1f} {cost.request_units:8.1f}"
            f" {cost.queue_operations:8.1f}   ({most['store_operations']}, {most['queue_operations']})"
        )


if __name__ == "__main__":
    main()
