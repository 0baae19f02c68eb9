"""One house on this machine: the application over its data folder, and what only hosts use of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from local.bells import Bells
from local.engine import Stores
from local.ringing_queues import RingingQueues
from shared.adapters.sqlite_documents import SqliteDocuments
from shared.adapters.sqlite_queues import SqliteQueues
from shared.adapters.sqlite_record import SqliteRecord
from shared.adapters.sqlite_session_batches import SqliteSessionBatches
from shared.kernel.clock import Clock
from shared.wiring.composition import Application, build, serve_as
from shared.wiring.indexes import INDEXES
from shared.wiring.queues import SESSION_QUEUES
from shared.wiring.settings import Settings


@dataclass(frozen=True, slots=True)
class House:
    """The application, and what the engine reads beside it."""

    application: Application
    stores: Stores
    record: SqliteRecord
    documents: SqliteDocuments

    def close(self) -> None:
        """Let go of the files; what was committed stands."""
        self.application.close()


def open_house(settings: Mapping[str, str], *, clock: Clock, bells: Bells, record_address: str) -> House:
    """Build the application from settings and make it the process's own.

    A data folder has one host at a time, so locks that stand are of a host that is no more: they are
    forgotten, and what it was working on is due again at once.
    """
    application = build(Settings.read_from(settings), clock=clock)
    documents = SqliteDocuments(application.store, clock=clock, indexes=INDEXES)
    application.documents = documents
    receiver = SqliteQueues(application.store, clock=clock, session_queues=SESSION_QUEUES)
    receiver.forget_locks()
    application.receiver = receiver
    application.queues = RingingQueues(receiver, bells)
    application.record = SqliteRecord(application.folder / "record.db", clock=clock, home=record_address)
    serve_as(application)
    sessions = SqliteSessionBatches(application.store, clock=clock, ids=application.ids)
    stores = Stores(
        receiver, sessions, application.change_feed, application.store.wait_for_change, clock, application.ids
    )
    return House(application, stores, application.record, documents)
