"""One house on this machine: the application over its data folder, and what only hosts use of it."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from local.bells import Bells
from local.broker_pumps import WaitingReceiver
from local.engine import Stores
from local.reach import or_told, reach
from local.ringing_queues import RingingQueues
from shared.adapters.sqlite_documents import SqliteDocuments
from shared.adapters.sqlite_queues import SqliteQueues
from shared.adapters.sqlite_record import SqliteRecord
from shared.adapters.sqlite_session_batches import SqliteSessionBatches
from shared.kernel.clock import Clock
from shared.wiring.composition import Application, build, serve_as
from shared.wiring.edition import CheckEdition
from shared.wiring.settings import Settings


@dataclass(frozen=True, slots=True)
class House:
    """The application, and what the engine reads beside it.

    A store that purges itself has no `purge`, and a record that is elsewhere is not `embedded`.
    """

    application: Application
    stores: Stores
    embedded: SqliteRecord | None
    purge: Callable[[datetime], int] | None

    def close(self) -> None:
        """Let go of the files and connections; what was committed stands."""
        self.application.close()


def open_house(settings: Mapping[str, str], *, clock: Clock, bells: Bells, record_address: str) -> House:
    """Build the application from settings and make it the process's own.

    Raises `CannotBeReached` where the store or the queues are not where the settings say, `StoreIsNewer`
    where a newer version has written the store, and `ContactKeyIsAnother` where it is kept under another
    contact key.
    """
    application = build(Settings.read_from(settings), clock=clock)
    with ExitStack() as unless_opened:
        unless_opened.callback(application.close)
        reach(application)
        with or_told("the store does not let itself be read and written"):
            CheckEdition(application.documents, application.contact_keys)()
        embedded = _embedded(application, record_address)
        stores = _stores(application, bells)
        serve_as(application)
        unless_opened.pop_all()
    documents = application.documents
    return House(
        application, stores, embedded, documents.purge if isinstance(documents, SqliteDocuments) else None
    )


def _embedded(application: Application, address: str) -> SqliteRecord | None:
    """Open the record that is served at an address of this host, unless it is elsewhere."""
    if application.settings.record != "embedded":
        return None
    record = SqliteRecord(application.folder / "record.db", clock=application.clock, home=address)
    application.embedded_record = record
    return record


def _stores(application: Application, bells: Bells) -> Stores:
    """Open the store and the queues that the settings name, with what wakes their readers.

    A data folder has one host at a time, so locks that stand in its own queues are of a host that is no more:
    they are forgotten, and what it was working on is due again at once. A broker finds that out by itself.
    """
    feed, clock = application.change_feed, application.clock
    receiver = application.receiver
    if not isinstance(receiver, SqliteQueues):
        broker = cast("WaitingReceiver", receiver)  # the only other there is
        return Stores(receiver, None, feed, clock, application.ids, broker)
    receiver.forget_locks()
    application.queues = RingingQueues(receiver, bells)
    sessions = SqliteSessionBatches(application.store, clock=clock, ids=application.ids)
    return Stores(receiver, sessions, feed, clock, application.ids)
