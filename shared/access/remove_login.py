"""Take a login out of a record."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.close_way_in import ClosedWay, CloseWayIn, Closing, WhyClosed, reason_of
from shared.access.model import Caller
from shared.access.portal_access import NoSuchLogin, PortalAccess
from shared.kernel.identity import PatientId


@dataclass(frozen=True, slots=True)
class RemoveLogin:
    """Take a login out of a record: it is out with the next request, and comes back by a new invitation."""

    close: CloseWayIn

    def __call__(
        self, given: WhyClosed, *, patient_id: PatientId, login_id: str, caller: Caller, now: datetime
    ) -> ClosedWay:
        """Remove it, or raise `NoSuchLogin`."""

        def change(access: PortalAccess) -> PortalAccess:
            if access.login(login_id) is None:
                raise NoSuchLogin
            return access.without_login(login_id)

        closing = Closing("remove_login", f"login~{login_id}", change, NoSuchLogin)
        self.close(closing, reason_of(given), patient_id=patient_id, caller=caller, now=now)
        return ClosedWay(login_id, now)
