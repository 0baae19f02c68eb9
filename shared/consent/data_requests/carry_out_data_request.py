"""Do the next step of a data request: look, erase a few documents, look again."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.audit.model import RecordAudit
from shared.consent.data_requests.documents import going_on, request_at, request_partition
from shared.consent.data_requests.find_person import FindPerson
from shared.consent.data_requests.forget_words import forget_words
from shared.consent.data_requests.model import (
    AT_ONCE,
    LOOKS_AGAIN_AFTER,
    DataRequest,
    Failure,
    Manifest,
    Person,
    Place,
    RequestKind,
    RequestState,
)
from shared.consent.data_requests.ports import PersonalData, of_all
from shared.consent.model import CarryOutDataRequest
from shared.kernel.announcements import Announcement
from shared.kernel.documents import Document, Documents, announcing, deleting, replacing

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CarryOut:
    """Goes from step to step until a look finds nothing more; told again, a step that is past does nothing.

    What is to go is first written into the request, then erased, and counted when the next step begins:
    killed anywhere between, it goes on where it was, and counts each document once. What somebody is still at
    work on (an open conversation, a message on its way) is waited for, up to thirty days.
    """

    documents: Documents
    find_person: FindPerson
    personal_data: PersonalData

    def __call__(self, asked: CarryOutDataRequest, *, now: datetime) -> None:
        found = request_at(self.documents, asked.request_id, at_least=asked.version)
        request = found.body
        if request.state is not RequestState.IN_PROGRESS or request.step != asked.step:
            log.info("consent.data_request.repeated", extra={"request": request.id})
            return
        self._erase(request.batch)
        theirs = (contact for one in request.records for contact in self.find_person.contacts_of(one))
        request = replace(request, contacts=tuple(sorted({*request.contacts, *theirs})))
        if request.kind is RequestKind.EXPORT:
            self._keep(found, self._counted(request, now), now)
        else:
            self._keep(found, self._next(request, now), now)

    def _counted(self, request: DataRequest, now: datetime) -> DataRequest:
        """Say what an export will hold; it is written when it is fetched, so that no copy lies about."""
        people = request.people(request.contacts)
        counts = {one.name: sum(1 for _ in of_all(one, people)) for one in self.personal_data.holdings}
        held = replace(request, done={k: v for k, v in counts.items() if v})
        return self._completed(held, now)

    def _next(self, request: DataRequest, now: datetime) -> DataRequest:
        people = request.people(request.contacts)
        done = Counter(request.done)
        done.update(place.holding for place in request.batch)
        batch, waiting = self._look(people)
        following = replace(
            request,
            done=dict(done),
            batch=batch,
            waiting=waiting,
            step=request.step + 1,
            looked_again=not batch and not waiting,
        )
        if batch:
            return following
        if waiting:
            return _failed(following, now) if now >= request.gives_up_at else following
        for person in people:
            forget_words(self.documents, person, before=request.asked_at)
            self.personal_data.rewrite(person, now=now)
        return self._completed(following, now) if request.looked_again else following

    def _look(self, people: Sequence[Person]) -> tuple[tuple[Place, ...], Mapping[str, int]]:
        """Find what can go now, and count what cannot yet."""
        places: list[Place] = []
        waiting: Counter[str] = Counter()
        for holding in self.personal_data.holdings:
            if not holding.is_erased:
                continue
            for document in of_all(holding, people):
                if len(places) == AT_ONCE:
                    return tuple(places), dict(waiting)
                if holding.is_at_rest(document.body):
                    places.append(Place(holding.name, document.partition, document.id))
                else:
                    waiting[holding.name] += 1
        return tuple(places), dict(waiting)

    def _erase(self, batch: Iterable[Place]) -> None:
        for place in batch:
            there = self.documents.look(place.partition, place.id, dict[str, Any])
            if there is not None:
                self.documents.commit(place.partition, changes=[deleting(there)])

    def _completed(self, request: DataRequest, now: datetime) -> DataRequest:
        """End it. Of an erasure not even the keyed names stay: what is kept under them is to be nobody's."""
        is_erasure = request.kind is RequestKind.ERASE
        kept = tuple(self.personal_data.kept) if is_erasure else ()
        return replace(
            request,
            contacts=() if is_erasure else request.contacts,
            state=RequestState.COMPLETED,
            ended_at=now,
            manifest=Manifest(dict(request.done), kept, now),
        )

    def _keep(self, found: Document[DataRequest], request: DataRequest, now: datetime) -> None:
        write = replacing(found, request)
        told: list[Announcement] = []
        if request.state is RequestState.IN_PROGRESS:
            told.append(going_on(write, request, at=None if request.batch else now + LOOKS_AGAIN_AFTER))
        else:
            name = f"data_{request.kind}_{request.state}~{request.id}"
            subject = f"data-request/{request.id}"
            what = f"data_{request.kind}_{request.state}"
            for number, patient_id in enumerate(request.records):
                named = f"{name}~{number}"
                entry = RecordAudit(named, now, request.asked_by, what, subject, patient_id, request.why)
                told.append(announcing(entry, of=write, named=named))
        self.documents.commit(request_partition(request.id), changes=[write], announcements=told)
        log.info(
            "consent.data_request.moved",
            extra={"request": request.id, "state": request.state, "step": request.step},
        )


def _failed(request: DataRequest, now: datetime) -> DataRequest:
    return replace(request, state=RequestState.FAILED, failure=Failure.STILL_UNDER_WAY, ended_at=now)
