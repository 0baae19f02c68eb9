"""Keep in mind up to which news of one thing the runs have been brought."""

from shared.journeys.documents import followed_id
from shared.journeys.following import Followed
from shared.kernel.documents import Create, Document, Documents, replacing
from shared.kernel.identity import PatientId
from shared.kernel.refusals import AlreadyExists, LostRace
from shared.patients.documents import patient_partition


def follow(documents: Documents, patient_id: PatientId, news: Followed) -> Document[Followed] | None:
    """Note that this news is being followed, or give None where later news has been already.

    What is then written rests on the note, so that of two at once the later one wins. The same news again is
    followed again: it may have been left half way.
    """
    partition, named = patient_partition(patient_id), followed_id(news.what)
    before = documents.look(partition, named, Followed)
    if before is not None and before.body.change >= news.change:
        return before if before.body.change == news.change else None
    write = Create(named, news) if before is None else replacing(before, news)
    try:
        documents.commit(partition, changes=[write])
    except AlreadyExists:
        raise LostRace from None
    noted = documents.read(partition, named, Followed)
    return noted if noted.body.change == news.change else None
