"""Keep a compliance profile as its maker wants it."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.consent.compliance import (
    ComplianceProfile,
    ProfileChangedMeanwhile,
    ProfileDraft,
    ProfileIsThere,
    drafted,
)
from shared.consent.compliance_documents import CURRENT, profile_of, profile_partition, version_id
from shared.kernel.documents import Change, Create, Documents, as_seen, replacing


@dataclass(frozen=True, slots=True)
class KeptProfile:
    """The profile as kept, with the etag to change it by."""

    profile: ComplianceProfile
    etag: str


@dataclass(frozen=True, slots=True)
class PutComplianceProfile:
    """Writes the next version of a profile, audited; what people may have answered never goes (CO-2).

    One that is there is changed only by whoever has seen it. Messages under way meet the version that stands
    when they are decided, and again when they are sent.
    """

    documents: Documents

    def __call__(
        self, draft: ProfileDraft, *, profile_id: str, caller: Caller, now: datetime, if_match: str | None
    ) -> KeptProfile:
        before = profile_of(self.documents, profile_id)
        as_seen(before, if_match, is_there=ProfileIsThere, changed=ProfileChangedMeanwhile)
        profile = drafted(profile_id, draft, before.body if before else None)
        if before is not None and before.body == profile:
            return KeptProfile(profile, before.etag)
        write = replacing(before, profile) if before else Create(CURRENT, profile)
        changes: list[Change] = [write, Create(version_id(profile.version), profile)]
        told = audited(
            write,
            what="put_compliance_profile",
            subject=f"compliance/{profile_id}",
            who=caller.who,
            now=now,
        )
        etags = self.documents.commit(profile_partition(profile_id), changes=changes, announcements=[told])
        return KeptProfile(profile, etags[CURRENT])
