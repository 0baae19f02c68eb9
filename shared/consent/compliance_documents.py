"""Compliance profiles as documents: the current one, and every version that ever was."""

from shared.consent.compliance import ComplianceProfile
from shared.kernel.documents import Document, Documents, Index

STATE = Index("compliance", "state")
"""Which profiles there are."""
CURRENT = "compliance~current"


def profile_partition(profile_id: str) -> str:
    return f"compliance/{profile_id}"


def version_id(version: int) -> str:
    return f"version~{version:06}"


def profile_of(documents: Documents, profile_id: str) -> Document[ComplianceProfile] | None:
    """Read a profile as it now is."""
    return documents.look(profile_partition(profile_id), CURRENT, ComplianceProfile)
