"""The acts of room segments, each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.once import once
from shared.wiring.ports import Ports

if TYPE_CHECKING:
    from shared.adapters.parquet_lake import ParquetLake
    from shared.patients.named_by_identifier import NamedByIdentifier
    from shared.segments.bring_lake_up_to_date import BringLakeUpToDate
    from shared.segments.check_relationship import CheckRelationship
    from shared.segments.explain_membership import ExplainMembership
    from shared.segments.install_shipped import InstallShipped
    from shared.segments.list_members import ListMembers
    from shared.segments.list_memberships import ListMemberships
    from shared.segments.list_relationships import ListRelationships
    from shared.segments.list_segments import ListSegments
    from shared.segments.list_shipped import ListShipped
    from shared.segments.live_segments import LiveSegments
    from shared.segments.ports import ShippedSegments
    from shared.segments.preview_segment import PreviewSegment
    from shared.segments.put_relationship import PutRelationship
    from shared.segments.put_segment import PutSegment
    from shared.segments.queue_expiring_memberships import QueueExpiringMemberships
    from shared.segments.queue_refreshes import QueueRefreshes
    from shared.segments.read_patient_facts import ReadPatientFacts
    from shared.segments.read_segment import ReadSegment
    from shared.segments.reconsider_patient import ReconsiderMemberships
    from shared.segments.refresh_segment import RefreshPopulation


class SegmentsActs(Ports):
    """What room segments can do."""

    @once
    def lake(self) -> "ParquetLake":
        if self.settings.lake == "blob":
            from shared.adapters.blob_lake import BlobLake

            return BlobLake(self.azure.lake_container, self.folder / "lake", ids=self.ids)
        from shared.adapters.parquet_lake import ParquetLake

        return ParquetLake(self.folder / "lake", ids=self.ids)

    @once
    def shipped_segments(self) -> "ShippedSegments":
        from shared.adapters.shipped_segments import PackagedSegments

        return PackagedSegments()

    @once
    def live_segments(self) -> "LiveSegments":
        from shared.segments.live_segments import LiveSegments

        return LiveSegments(self.documents, self.clock)

    @once
    def named_by_identifier(self) -> "NamedByIdentifier":
        from shared.patients.named_by_identifier import NamedByIdentifier

        return NamedByIdentifier(self.record)

    @once
    def read_patient_facts(self) -> "ReadPatientFacts":
        from shared.segments.read_patient_facts import ReadPatientFacts

        return ReadPatientFacts(self.record, self.lake, self.named_by_identifier)

    @once
    def bring_lake_up_to_date(self) -> "BringLakeUpToDate":
        from shared.segments.bring_lake_up_to_date import BringLakeUpToDate

        return BringLakeUpToDate(self.record, self.lake)

    @once
    def put_segment(self) -> "PutSegment":
        from shared.segments.put_segment import PutSegment

        return PutSegment(self.documents, self.live_segments)

    @once
    def put_relationship(self) -> "PutRelationship":
        from shared.segments.put_relationship import PutRelationship

        return PutRelationship(self.documents, self.live_segments)

    @once
    def list_relationships(self) -> "ListRelationships":
        from shared.segments.list_relationships import ListRelationships

        return ListRelationships(self.documents, self.live_segments)

    @once
    def check_relationship(self) -> "CheckRelationship":
        from shared.segments.check_relationship import CheckRelationship

        return CheckRelationship(self.documents, self.lake, self.bring_lake_up_to_date)

    @once
    def read_segment(self) -> "ReadSegment":
        from shared.segments.read_segment import ReadSegment

        return ReadSegment(self.documents)

    @once
    def list_segments(self) -> "ListSegments":
        from shared.segments.list_segments import ListSegments

        return ListSegments(self.documents)

    @once
    def preview_segment(self) -> "PreviewSegment":
        from shared.segments.preview_segment import PreviewSegment

        return PreviewSegment(self.documents, self.lake, self.bring_lake_up_to_date)

    @once
    def list_members(self) -> "ListMembers":
        from shared.segments.list_members import ListMembers

        return ListMembers(self.documents)

    @once
    def list_memberships(self) -> "ListMemberships":
        from shared.segments.list_memberships import ListMemberships

        return ListMemberships(self.documents)

    @once
    def explain_membership(self) -> "ExplainMembership":
        from shared.segments.explain_membership import ExplainMembership

        return ExplainMembership(self.documents, self.live_segments, self.read_patient_facts)

    @once
    def list_shipped(self) -> "ListShipped":
        from shared.segments.list_shipped import ListShipped

        return ListShipped(self.documents, self.shipped_segments)

    @once
    def install_shipped(self) -> "InstallShipped":
        from shared.segments.install_shipped import InstallShipped

        return InstallShipped(self.documents, self.shipped_segments, self.put_segment)

    @once
    def refresh_segment(self) -> "RefreshPopulation":
        from shared.segments.refresh_segment import RefreshPopulation

        return RefreshPopulation(
            self.documents,
            self.lake,
            self.live_segments,
            self.bring_lake_up_to_date,
            self.publisher,
            self.live_features,
        )

    @once
    def reconsider_patient(self) -> "ReconsiderMemberships":
        from shared.segments.reconsider_patient import ReconsiderMemberships

        return ReconsiderMemberships(
            self.record, self.documents, self.live_segments, self.read_patient_facts, self.live_features
        )

    @once
    def queue_refreshes(self) -> "QueueRefreshes":
        from shared.segments.queue_refreshes import QueueRefreshes

        return QueueRefreshes(self.documents, self.publisher, self.live_features)

    @once
    def queue_expiring_memberships(self) -> "QueueExpiringMemberships":
        from shared.segments.queue_expiring_memberships import QueueExpiringMemberships

        return QueueExpiringMemberships(self.documents, self.publisher, self.live_features)
