"""When a resource was created, as its history says (FH-9)."""

from collections import deque
from datetime import datetime

from shared.fhir.ports import ClinicalRecord, Resource
from shared.kernel.refusals import NotFound
from shared.triggers.in_fhir import updated_at, version_of


def created_at(record: ClinicalRecord, resource: Resource) -> datetime | None:
    """Give when its first version was written; None where the record cannot say.

    Where versions are counted, the first is the one of number 1; the history may have lost it. Where they are
    not, it is the oldest that there is. May raise `TransientFault`.
    """
    is_counted = version_of(resource) > 0
    try:
        versions = deque(record.history(resource["resourceType"], resource["id"]), maxlen=1)
    except NotFound:  # no history is kept, or it was hard-deleted meanwhile
        return None
    if not versions or (is_counted and version_of(versions[0]) != 1):
        return None
    return updated_at(versions[0])
