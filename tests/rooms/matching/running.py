"""A run of a matching over the embedded store, with what was compared in a folder or elsewhere."""

from pathlib import Path

from shared.adapters.parquet_comparisons import ParquetComparisons
from shared.adapters.splink_matching import SplinkMatching
from shared.kernel.documents import Documents
from shared.kernel.sensitive import Sensitive
from shared.matching.compare_all import CompareAll
from shared.matching.compare_changes import CompareChanges
from shared.matching.keyed_ids import KeyedIds
from shared.matching.kinds_of_run import KindsOfRun
from shared.matching.ports import Comparisons, RecordSources
from shared.matching.run_matching import RunMatching
from shared.patients.contact_keys import ContactKeys

KEYS = ContactKeys(Sensitive(b"a key for tests"))


def run_matching(
    documents: Documents,
    sources: RecordSources,
    folder: Path,
    *,
    full_after: int = 1_000,
    comparisons: Comparisons | None = None,
) -> RunMatching:
    """Build what makes runs; with `full_after` 0 each of them compares all records."""
    keyed_ids, comparisons = KeyedIds(KEYS), comparisons or ParquetComparisons(folder)
    return RunMatching(
        documents,
        sources,
        comparisons,
        KindsOfRun(documents, comparisons, full_after),
        CompareAll(documents, SplinkMatching(folder), comparisons, keyed_ids),
        CompareChanges(documents, keyed_ids),
    )
