"""The acts of room matching, each built when first asked for."""

from typing import TYPE_CHECKING

from shared.wiring.once import once
from shared.wiring.ports import Ports

if TYPE_CHECKING:
    from shared.matching.kinds_of_run import KindsOfRun
    from shared.matching.list_matchings import ListMatchings
    from shared.matching.list_persons import ListPersons
    from shared.matching.list_proposals import ListProposals
    from shared.matching.ports import LinkEngine, RecordSources, SourceFiles
    from shared.matching.preview_matching import PreviewMatching
    from shared.matching.put_matching import PutMatching
    from shared.matching.read_matching import ReadMatching
    from shared.matching.read_matching_run import ReadMatchingRun
    from shared.matching.read_person import ReadPerson
    from shared.matching.review_persons import ReviewPersons
    from shared.matching.start_matching_run import StartMatchingRun
    from shared.matching.work_on_persons import WorksOnPersons


class MatchingActs(Ports):
    """What room matching can do."""

    @once
    def record_sources(self) -> "RecordSources":
        from shared.matching.read_sources import ReadsSources

        return ReadsSources(self.record, self.source_files)

    @once
    def source_files(self) -> "SourceFiles":
        folder = self.folder / "sources"
        if self.settings.lake == "blob":
            from shared.adapters.blob_source_files import BlobSourceFiles

            return BlobSourceFiles(self.azure.sources_container, folder, ids=self.ids)
        from shared.adapters.source_files import FolderSourceFiles

        return FolderSourceFiles(folder)

    @once
    def link_engine(self) -> "LinkEngine":
        from shared.adapters.splink_matching import SplinkMatching

        return SplinkMatching(self.folder / "matching")

    @once
    def kinds_of_run(self) -> "KindsOfRun":
        from shared.matching.kinds_of_run import KindsOfRun

        return KindsOfRun(self.documents, self.comparisons, self.settings.matching_full_after_runs)

    @once
    def put_matching(self) -> "PutMatching":
        from shared.matching.put_matching import PutMatching

        return PutMatching(self.documents)

    @once
    def read_matching(self) -> "ReadMatching":
        from shared.matching.read_matching import ReadMatching

        return ReadMatching(self.documents)

    @once
    def list_matchings(self) -> "ListMatchings":
        from shared.matching.list_matchings import ListMatchings

        return ListMatchings(self.documents)

    @once
    def preview_matching(self) -> "PreviewMatching":
        from shared.matching.preview_matching import PreviewMatching

        return PreviewMatching(self.documents, self.record_sources, self.link_engine, self.kinds_of_run)

    @once
    def start_matching_run(self) -> "StartMatchingRun":
        from shared.matching.start_matching_run import StartMatchingRun

        return StartMatchingRun(self.documents)

    @once
    def read_matching_run(self) -> "ReadMatchingRun":
        from shared.matching.read_matching_run import ReadMatchingRun

        return ReadMatchingRun(self.documents)

    @once
    def work_on_persons(self) -> "WorksOnPersons":
        from shared.matching.carry_out_review import CarryOutReview
        from shared.matching.compare_all import CompareAll
        from shared.matching.compare_changes import CompareChanges
        from shared.matching.keyed_ids import KeyedIds
        from shared.matching.run_matching import RunMatching
        from shared.matching.work_on_persons import WorksOnPersons

        keyed_ids = KeyedIds(self.contact_keys)
        run = RunMatching(
            self.documents,
            self.record_sources,
            self.comparisons,
            self.kinds_of_run,
            CompareAll(self.documents, self.link_engine, self.comparisons, keyed_ids),
            CompareChanges(self.documents, keyed_ids),
        )
        return WorksOnPersons(run, CarryOutReview(self.documents))

    @once
    def list_persons(self) -> "ListPersons":
        from shared.matching.list_persons import ListPersons

        return ListPersons(self.documents)

    @once
    def read_person(self) -> "ReadPerson":
        from shared.matching.read_person import ReadPerson

        return ReadPerson(self.documents)

    @once
    def list_proposals(self) -> "ListProposals":
        from shared.matching.list_proposals import ListProposals

        return ListProposals(self.documents)

    @once
    def review_persons(self) -> "ReviewPersons":
        from shared.matching.review_persons import ReviewPersons

        return ReviewPersons(self.documents)
