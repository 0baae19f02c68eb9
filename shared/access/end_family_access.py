"""Let somebody act for a patient no longer."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.close_way_in import ClosedWay, CloseWayIn, Closing, WhyClosed, reason_of
from shared.access.model import Caller
from shared.access.portal_access import NoSuchGrant, PortalAccess
from shared.kernel.identity import PatientId


@dataclass(frozen=True, slots=True)
class EndFamilyAccess:
    """Let somebody act for the patient no longer; the patient may, and staff with a reason (PA-9)."""

    close: CloseWayIn

    def __call__(
        self, given: WhyClosed, *, patient_id: PatientId, grant_id: str, caller: Caller, now: datetime
    ) -> ClosedWay:
        """End it, or raise `NoSuchGrant`."""

        def change(access: PortalAccess) -> PortalAccess:
            if access.grant(grant_id) is None:
                raise NoSuchGrant
            return access.without_grant(grant_id)

        closing = Closing("end_family_access", f"family/{grant_id}", change, NoSuchGrant)
        self.close(closing, reason_of(given), patient_id=patient_id, caller=caller, now=now)
        return ClosedWay(grant_id, now)
