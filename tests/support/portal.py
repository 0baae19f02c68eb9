"""Logins that are in a patient's record already, as redeeming an invitation leaves them."""

from datetime import datetime

from shared.access.documents import keeping, linking, login_partition, portal_of, portal_partition
from shared.access.portal_access import LinkedLogin, PortalAccess
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId, derived
from tests.support.issuer import NOON


def let_in(
    documents: Documents, issuer: str, subject: str, patient_id: PatientId, *, at: datetime = NOON
) -> None:
    """Let a login into a patient's record."""
    link = linking(issuer, subject, patient_id, at=at)
    documents.commit(login_partition(issuer, subject), changes=[link])
    found = portal_of(documents, patient_id)
    before = found.body if found else PortalAccess()
    login = LinkedLogin(derived(issuer, subject), issuer, "invitation", at)
    access = PortalAccess(before.invitations, (*before.logins, login), before.family)
    documents.commit(portal_partition(patient_id), changes=[keeping(found, access)])
