"""Show one compliance profile as it now is."""

from dataclasses import dataclass

from shared.consent.compliance import NoSuchProfile
from shared.consent.compliance_documents import profile_of
from shared.consent.put_compliance_profile import KeptProfile
from shared.kernel.documents import Documents


@dataclass(frozen=True, slots=True)
class ReadComplianceProfile:
    """Give it, with the etag to change it by. Raises `NoSuchProfile`."""

    documents: Documents

    def __call__(self, *, profile_id: str) -> KeptProfile:
        found = profile_of(self.documents, profile_id)
        if found is None:
            raise NoSuchProfile
        return KeptProfile(found.body, found.etag)
