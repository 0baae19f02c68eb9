"""Go on with a data request that has failed, or whose next step was lost."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.access.model import Caller
from shared.audit.announced import audited
from shared.consent.data_requests.documents import going_on, request_at, request_partition
from shared.consent.data_requests.model import GIVES_UP_AFTER, DataRequest, RequestIsOver, RequestState
from shared.kernel.documents import Documents, replacing


@dataclass(frozen=True, slots=True)
class ResumeDataRequest:
    """Begins its next step at once, audited, and has thirty days again.

    Raises `NoSuchRequest` or `RequestIsOver`.
    """

    documents: Documents

    def __call__(self, *, request_id: str, caller: Caller, now: datetime) -> DataRequest:
        found = request_at(self.documents, request_id)
        if found.body.state is RequestState.COMPLETED:
            raise RequestIsOver
        request = replace(
            found.body,
            state=RequestState.IN_PROGRESS,
            gives_up_at=now + GIVES_UP_AFTER,
            failure=None,
            ended_at=None,
            step=found.body.step + 1,
        )
        write = replacing(found, request)
        told = audited(
            write,
            what="resume_data_request",
            subject=f"data-request/{request_id}",
            who=caller.who,
            now=now,
            patient_id=request.patient_id,
        )
        self.documents.commit(
            request_partition(request_id), changes=[write], announcements=[told, going_on(write, request)]
        )
        return request
