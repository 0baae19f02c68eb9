"""Where surveys, invitations, answers and their counts are kept, and how they are found."""

from collections.abc import Iterator

from shared.kernel.documents import Create, Document, Documents, Index, Replace, replacing
from shared.kernel.identity import PatientId, derived
from shared.kernel.refusals import NotFound
from shared.surveys.model import Asked, Invitation, NoSuchInvitation, NoSuchSurvey, Response, Survey, Tally

STATE = Index("survey", "state")
"""Which surveys there are; versions of old are of another kind and not among them."""
ASKED_ABOUT = Index("invitation", "conversation_id")
"""Who was invited after which conversation."""
INDEXES = (STATE, ASKED_ABOUT)

CURRENT = "survey~current"
TALLY = "tally~current"
BUCKETS = "0123456789abcdef"
"""A survey's answers lie in 16 partitions, by the first digit of the invitation: all at once would be too hot
for one, and 16 point reads still make the whole count. The digit follows from the patient, so that all that a
patient was ever asked lies in one, and one commit can see to it that they are not asked too often."""


def survey_partition(survey_id: str) -> str:
    return f"survey/{survey_id}"


def bucket_partition(survey_id: str, invitation_id: str) -> str:
    return f"survey/{survey_id}~{invitation_id[:1]}"


def version_id(version: int) -> str:
    return f"version~{version}"


def invitation_id_of(survey_id: str, conversation_id: str, patient_id: PatientId) -> str:
    """Name an invitation for what it is, so that a conversation is asked about once.

    The first digit is the patient's; the others follow from survey and conversation.
    """
    bucket = derived("survey bucket", survey_id, patient_id)[0]
    return bucket + derived("survey invitation", survey_id, conversation_id)[1:]


def invitation_id(named: str) -> str:
    return f"invitation~{named}"


def asked_id(patient_id: PatientId) -> str:
    return f"asked~{patient_id}"


def response_id(named: str) -> str:
    return f"response~{named}"


def survey_at(documents: Documents, survey_id: str) -> Document[Survey]:
    """Read a survey as it now is. Raises `NoSuchSurvey`."""
    try:
        return documents.read(survey_partition(survey_id), CURRENT, Survey)
    except NotFound:
        raise NoSuchSurvey from None


def survey_as_it_was(documents: Documents, survey_id: str, version: int) -> Survey:
    """Read a version of a survey, which stays as it was. Raises `NoSuchSurvey`."""
    try:
        return documents.read(survey_partition(survey_id), version_id(version), Survey).body
    except NotFound:
        raise NoSuchSurvey from None


def invitation_at(documents: Documents, survey_id: str, named: str) -> Document[Invitation]:
    """Read an invitation. Raises `NoSuchInvitation`."""
    try:
        return documents.read(bucket_partition(survey_id, named), invitation_id(named), Invitation)
    except NotFound:
        raise NoSuchInvitation from None


def response_of(documents: Documents, invitation: Invitation) -> Response | None:
    """Give what was answered, if anything was."""
    partition = bucket_partition(invitation.survey_id, invitation.id)
    found = documents.look(partition, response_id(invitation.id), Response)
    return found.body if found else None


def asked_before(documents: Documents, partition: str, patient_id: PatientId) -> Document[Asked] | None:
    """Give when the patient was last asked, if ever; `partition` is their bucket."""
    return documents.look(partition, asked_id(patient_id), Asked)


def kept_asked(before: Document[Asked] | None, invitation: Invitation) -> Create | Replace:
    """Write that the patient has been asked now: as new, or over what was read."""
    asked = Asked(invitation.made_at, invitation.id)
    return replacing(before, asked) if before else Create(asked_id(invitation.patient_id), asked)


def tally_at(documents: Documents, partition: str) -> Document[Tally] | None:
    """Read a bucket's counts; None where nothing was counted yet."""
    return documents.look(partition, TALLY, Tally)


def kept_tally(before: Document[Tally] | None, tally: Tally) -> Create | Replace:
    """Write a bucket's counts: as new, or over what was read."""
    return Create(TALLY, tally) if before is None else replacing(before, tally)


def tallies_of(documents: Documents, survey_id: str) -> Iterator[Tally]:
    """Give the counts of all buckets of a survey, by point reads."""
    for bucket in BUCKETS:
        found = tally_at(documents, bucket_partition(survey_id, bucket))
        if found is not None:
            yield found.body
