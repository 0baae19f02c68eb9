"""The ports of the house and the adapters that keep them, each opened when first asked for."""

from pathlib import Path
from typing import TYPE_CHECKING

from shared.kernel.clock import Clock, SystemClock
from shared.kernel.identity import IdSource, RandomIds
from shared.kernel.sensitive import Sensitive
from shared.wiring.once import once
from shared.wiring.settings import Settings

if TYPE_CHECKING:
    from shared.access.count_sendings import CountSendings
    from shared.access.invitation_codes import InvitationCodes
    from shared.access.ports import Seals
    from shared.adapters.fhir_rest import FhirRestRecord
    from shared.adapters.sqlite import SqliteFile
    from shared.adapters.sqlite_record import SqliteRecord
    from shared.consent.links import PreferenceLinks
    from shared.consent.names_contact import NamesContact
    from shared.consent.read_recorded_consents import ReadRecordedConsents
    from shared.exchange.live_write_back import LiveWriteBack
    from shared.fhir.ports import ClinicalRecord, Reading
    from shared.kernel.announcements import Publisher
    from shared.kernel.change_feed import ChangeFeed
    from shared.kernel.documents import Documents
    from shared.kernel.queues import QueueReceiver, Queues
    from shared.matching.ports import Comparisons
    from shared.operations.live_features import LiveFeatures
    from shared.patients.contact_keys import ContactKeys
    from shared.patients.read_own_resources import ReadOwnResources
    from shared.patients.read_patient import ReadPatient
    from shared.patients.read_profile import ReadProfile
    from shared.patients.read_related import ReadRelated
    from shared.wiring.azure_places import AzurePlaces


_OPENED = (
    "queues",
    "receiver",
    "documents",
    "change_feed",
    "lake",
    "azure",
    "fhir_record",
    "embedded_record",
    "local_messages",
    "store",
)
"""What may hold files or connections, in the order in which it lets go of them."""


class Ports:
    """What every room may be given; a function pays only for what its own room asks for."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or SystemClock()
        self.ids: IdSource = RandomIds()
        self.folder = Path(settings.data_folder)

    def close(self) -> None:
        """Let go of what was opened; what was committed stands."""
        for name in _OPENED:
            close = getattr(vars(self).get(name), "close", None)
            if close is not None:
                close()

    @once
    def store(self) -> "SqliteFile":
        from shared.adapters.sqlite import SqliteFile

        self.folder.mkdir(parents=True, exist_ok=True)
        return SqliteFile(self.folder / "store.db")

    @once
    def azure(self) -> "AzurePlaces":
        from shared.wiring.azure_places import AzurePlaces

        return AzurePlaces(self.settings)

    @once
    def documents(self) -> "Documents":
        from shared.wiring.indexes import INDEXES

        if self.settings.store == "cosmos":
            from shared.adapters.cosmos_documents import CosmosDocuments
            from shared.wiring.edition import CheckEdition

            documents = CosmosDocuments(self.azure.cosmos, clock=self.clock, indexes=INDEXES, ids=self.ids)
            CheckEdition(documents, self.contact_keys)()  # a process that may not go on does not begin
            return documents
        from shared.adapters.sqlite_documents import SqliteDocuments

        return SqliteDocuments(self.store, clock=self.clock, indexes=INDEXES)

    @once
    def change_feed(self) -> "ChangeFeed":
        if self.settings.store == "cosmos":
            from shared.adapters.cosmos_change_feed import CosmosChangeFeed

            return CosmosChangeFeed(self.azure.cosmos)
        from shared.adapters.sqlite_change_feed import SqliteChangeFeed

        return SqliteChangeFeed(self.store)

    @once
    def receiver(self) -> "QueueReceiver":
        from shared.wiring.queues import QUEUES, SESSION_QUEUES

        if self.settings.queues == "servicebus":
            from shared.adapters.service_bus_receiver import ServiceBusQueueReceiver

            return ServiceBusQueueReceiver(
                self.azure.service_bus,
                clock=self.clock,
                queues=[queue.name for queue in QUEUES],
                session_queues=SESSION_QUEUES,
                ids=self.ids,
            )
        from shared.adapters.sqlite_queues import SqliteQueues

        return SqliteQueues(self.store, clock=self.clock, session_queues=SESSION_QUEUES)

    @once
    def queues(self) -> "Queues":
        from shared.wiring.queues import SESSION_QUEUES

        if self.settings.queues == "servicebus":
            from shared.adapters.service_bus_queues import ServiceBusQueues

            return ServiceBusQueues(self.azure.service_bus, clock=self.clock, session_queues=SESSION_QUEUES)
        from shared.adapters.sqlite_queues import SqliteQueues

        return SqliteQueues(self.store, clock=self.clock, session_queues=SESSION_QUEUES)

    @once
    def record(self) -> "ClinicalRecord":
        return self.fhir_record if self.settings.record == "fhir" else self.embedded_record

    @once
    def reading(self) -> "Reading":
        """Give what many read from at the same time: a server is asked for all of it together."""
        if self.settings.record != "fhir":
            return self.embedded_record
        from shared.adapters.reads_together import ReadsTogether

        return ReadsTogether(self.fhir_record)

    @once
    def fhir_record(self) -> "FhirRestRecord":
        from shared.adapters.fhir_rest import FhirRestRecord
        from shared.wiring.fhir_place import fhir_server

        return FhirRestRecord(fhir_server(self.settings, clock=self.clock), clock=self.clock)

    @once
    def embedded_record(self) -> "SqliteRecord":
        from shared.adapters.sqlite_record import SqliteRecord

        self.folder.mkdir(parents=True, exist_ok=True)
        return SqliteRecord(self.folder / "record.db", clock=self.clock)

    @once
    def publisher(self) -> "Publisher":
        from shared.wiring.relay import PublishToQueues

        return PublishToQueues(self.queues)

    @once
    def live_features(self) -> "LiveFeatures":
        from shared.operations.live_features import LiveFeatures

        return LiveFeatures(self.documents, self.clock)

    @once
    def live_write_back(self) -> "LiveWriteBack":
        from shared.exchange.live_write_back import LiveWriteBack

        return LiveWriteBack(self.documents, self.clock)

    @once
    def contact_keys(self) -> "ContactKeys":
        from shared.patients.contact_keys import ContactKeys

        return ContactKeys(Sensitive(self.settings.contact_key.value.encode()))

    @once
    def seals(self) -> "Seals":
        from shared.access.ports import SealPurpose
        from shared.adapters.jwt_seals import JwtSeals, SigningKey

        return JwtSeals(
            [SigningKey(key.kid, SealPurpose(key.purpose), key.secret) for key in self.settings.signing_keys]
        )

    @once
    def invitation_codes(self) -> "InvitationCodes":
        from shared.access.invitation_codes import InvitationCodes

        return InvitationCodes(Sensitive(self.settings.contact_key.value.encode()))

    @once
    def count_sendings(self) -> "CountSendings":
        from shared.access.count_sendings import CountSendings

        return CountSendings(self.documents, self.invitation_codes)

    @once
    def names_contact(self) -> "NamesContact":
        from shared.consent.names_contact import NamesContact

        return NamesContact(self.read_profile, self.contact_keys)

    @once
    def read_profile(self) -> "ReadProfile":
        from shared.patients.read_profile import ReadProfile

        return ReadProfile(self.record, self.settings.organisation_country)

    @once
    def read_patient(self) -> "ReadPatient":
        from shared.patients.read_patient import ReadPatient

        settings = self.settings
        return ReadPatient(self.record, settings.organisation_country, settings.organisation_time_zone)

    @once
    def own_resources(self) -> "ReadOwnResources":
        from shared.patients.find_patient import FindPatient
        from shared.patients.read_own_resources import ReadOwnResources

        return ReadOwnResources(self.record, FindPatient(self.record))

    @once
    def read_related(self) -> "ReadRelated":
        from shared.patients.read_related import ReadRelated

        return ReadRelated(self.record, self.settings.organisation_country)

    @once
    def read_recorded_consents(self) -> "ReadRecordedConsents":
        from shared.consent.read_recorded_consents import ReadRecordedConsents

        return ReadRecordedConsents(self.record)

    @once
    def comparisons(self) -> "Comparisons":
        folder = self.folder / "matching"
        if self.settings.lake == "blob":
            from shared.adapters.blob_comparisons import BlobComparisons

            return BlobComparisons(self.azure.lake_container, folder, clock=self.clock, ids=self.ids)
        from shared.adapters.parquet_comparisons import ParquetComparisons

        return ParquetComparisons(folder)

    @once
    def preference_links(self) -> "PreferenceLinks":
        from shared.consent.links import PreferenceLinks

        return PreferenceLinks(self.seals, self.settings.public_address)
