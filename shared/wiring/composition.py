"""Builds the application: which adapter serves which room. The one reader of the environment."""

import atexit
import os
import threading
from typing import TYPE_CHECKING

from shared.kernel.clock import Clock
from shared.wiring import telemetry
from shared.wiring.acts.access import AccessActs
from shared.wiring.acts.activities import ActivitiesActs
from shared.wiring.acts.appointments import AppointmentsActs
from shared.wiring.acts.audit import AuditActs
from shared.wiring.acts.consent import ConsentActs
from shared.wiring.acts.conversations import ConversationsActs
from shared.wiring.acts.exchange import ExchangeActs
from shared.wiring.acts.exports import ExportsActs
from shared.wiring.acts.guidance import GuidanceActs
from shared.wiring.acts.insights import InsightsActs
from shared.wiring.acts.journeys import JourneysActs
from shared.wiring.acts.matching import MatchingActs
from shared.wiring.acts.measures import MeasuresActs
from shared.wiring.acts.messaging import MessagingActs
from shared.wiring.acts.operations import OperationsActs
from shared.wiring.acts.patient_page import PatientPageActs
from shared.wiring.acts.patients import PatientsActs
from shared.wiring.acts.refreshes import RefreshesActs
from shared.wiring.acts.routing import RoutingActs
from shared.wiring.acts.scenarios import ScenariosActs
from shared.wiring.acts.segments import SegmentsActs
from shared.wiring.acts.surveys import SurveysActs
from shared.wiring.acts.tasks import TasksActs
from shared.wiring.acts.triggers import TriggersActs
from shared.wiring.acts.write_back import WriteBackActs
from shared.wiring.once import once
from shared.wiring.settings import Settings

if TYPE_CHECKING:
    from shared.wiring.measure_backlog import MeasureBacklog
    from shared.wiring.readiness import CheckReadiness
    from shared.wiring.relay import RelayAnnouncements, RelayLeftBehind


class Application(
    JourneysActs,
    GuidanceActs,
    TriggersActs,
    InsightsActs,
    RefreshesActs,
    ExportsActs,
    PatientPageActs,
    MeasuresActs,
    ActivitiesActs,
    WriteBackActs,
    ExchangeActs,
    PatientsActs,
    SegmentsActs,
    SurveysActs,
    ConversationsActs,
    ScenariosActs,
    AppointmentsActs,
    RoutingActs,
    MessagingActs,
    ConsentActs,
    MatchingActs,
    TasksActs,
    OperationsActs,
    AuditActs,
    AccessActs,
):
    """Ports and acts, each built when first asked for, so that a function pays for its own room only."""

    @once
    def relay_announcements(self) -> "RelayAnnouncements":
        from shared.wiring.relay import RelayAnnouncements

        return RelayAnnouncements(self.documents, self.queues, self.park_message)

    @once
    def relay_left_behind(self) -> "RelayLeftBehind":
        from shared.wiring.relay import RelayLeftBehind

        return RelayLeftBehind(self.documents, self.relay_announcements)

    @once
    def check_readiness(self) -> "CheckReadiness":
        from shared.wiring.readiness import CheckReadiness

        return CheckReadiness(self.documents, self.receiver, self.record, self.contact_keys)

    @once
    def measure_backlog(self) -> "MeasureBacklog":
        from shared.wiring.measure_backlog import MeasureBacklog

        return MeasureBacklog(self.documents, self.receiver)

    def fill_indexes(self) -> int:
        """Give older documents the sort keys of newer indexes; say how many. An embedded store has them."""
        if self.settings.store == "sqlite":
            return 0
        from shared.adapters.cosmos_index_filling import CosmosIndexFilling
        from shared.wiring.indexes import INDEXES

        return CosmosIndexFilling(self.azure.cosmos, INDEXES).fill()


def build(settings: Settings, *, clock: Clock | None = None) -> Application:
    """Put an application together; nothing is opened until it is used."""
    return Application(settings, clock=clock)


_serving: list[Application] = []
_beginning = threading.Lock()


def application() -> Application:
    """Give the process's application, built from the environment unless `serve_as` came first."""
    with _beginning:  # the platform's threads may all be the first
        if not _serving:
            _serving.append(build(Settings.read_from(os.environ)))
            atexit.register(_serving[0].close)  # a worker that drains lets go of what it holds
            telemetry.begin(_serving[0].settings)
        return _serving[0]


def serve_as(app: Application | None) -> None:
    """Make `app` the process's application; with None, the next call builds one from the environment."""
    with _beginning:
        _serving[:] = [] if app is None else [app]
    if app is not None:
        telemetry.begin(app.settings)
