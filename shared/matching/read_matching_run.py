"""Show how far a run has come."""

from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.matching.documents import Run, run_at


@dataclass(frozen=True, slots=True)
class ReadMatchingRun:
    """Gives a run, and once it is done what each rule found and what the sources hold (UN-1, UN-11)."""

    documents: Documents

    def __call__(self, *, matching_id: str, run_id: str) -> Run:
        """Give it, or raise `NoSuchRun`."""
        return run_at(self.documents, matching_id, run_id).body
