"""Show the compliance profiles there are."""

from dataclasses import dataclass

from shared.consent.compliance import ComplianceProfile, State
from shared.consent.compliance_documents import STATE
from shared.kernel.documents import Documents


@dataclass(frozen=True, slots=True)
class WhichProfiles:
    """Which to show: those in one state, or all; `after` is a former answer's `next`."""

    state: State | None = None
    limit: int = 100
    after: str | None = None


@dataclass(frozen=True, slots=True)
class ProfilesFound:
    """One page of profiles."""

    profiles: tuple[ComplianceProfile, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ListComplianceProfiles:
    """Gives profiles in order of their state, a page at a time."""

    documents: Documents

    def __call__(self, which: WhichProfiles) -> ProfilesFound:
        limit = max(1, min(which.limit, 100))
        page = self.documents.find(
            STATE, ComplianceProfile, equal_to=which.state, limit=limit, after=which.after
        )
        return ProfilesFound(tuple(found.body for found in page.items), page.next)
