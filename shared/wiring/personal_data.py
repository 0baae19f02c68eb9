"""What the whole house holds about a person: every kind of document about somebody, and what becomes of it.

A kind in neither table fails `tests/functions/test_product_data_requests.py`: whoever adds one decides.
"""

import base64
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.activities.documents import UNPLACED
from shared.activities.forget_activities import forget_activities
from shared.audit.documents import BY_PATIENT as AUDITED
from shared.consent.data_requests.model import Kept, Person
from shared.consent.data_requests.ports import Held, PersonalData
from shared.consent.documents import SAID_BY
from shared.conversations.documents import PATIENT as TALKED
from shared.exports.forget_in_exports import ForgetInExports
from shared.kernel.documents import Documents, Index
from shared.kernel.identity import derived
from shared.matching.documents import (
    MATCHINGS,
    PERSON,
    PERSONS,
    PROPOSALS,
    RECORDS,
    all_records_are_named,
    record_named,
)
from shared.matching.forget_comparisons import ForgetComparisons
from shared.matching.persons import STANDINGS, listed
from shared.matching.ports import Comparisons
from shared.operations.documents import PARKED_AT
from shared.patients.contact_keys import contact_partition
from shared.patients.documents import patient_partition
from shared.segments.forget_named import forget_named
from shared.surveys.documents import STATE as SURVEYS
from shared.tasks.documents import PATIENT as TASKED
from shared.wiring.sent_to_family import without_reader

Body = Mapping[str, Any]
Finder = Callable[[Documents, Person], Iterator[Held]]

AT_REST = {"refused", "accepted", "delivered", "bounced", "uncertain"}
"""Of messages and of decisions: nobody hands them over any more."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of document about a person, named as its samples are (`docs/evolution.md`), and its places."""

    name: str
    documents: Documents
    find: Finder
    at_rest: Callable[[Body], bool] = lambda _: True
    is_erased: bool = True

    def of(self, person: Person) -> Iterator[Held]:
        return self.find(self.documents, person)

    def is_at_rest(self, body: Body) -> bool:
        return self.at_rest(body)


class HouseholdData(PersonalData):
    """Knows every room's documents; the rooms know nothing of requests for data."""

    def __init__(
        self, documents: Documents, comparisons: Comparisons, forget_in_exports: ForgetInExports
    ) -> None:
        self._documents = documents
        self._forget_comparisons = ForgetComparisons(documents, comparisons)
        self._forget_in_exports = forget_in_exports

    @property
    def holdings(self) -> Sequence[Kind]:
        """In the order in which they go: what leads to others goes after them."""
        return tuple(
            Kind(name, self._documents, find, at_rest, is_erased)
            for name, find, at_rest, is_erased in (*ERASED, *REWRITTEN)
        )

    def rewrite(self, person: Person, *, now: datetime) -> None:
        forget_activities(self._documents, person.patient_id, now=now)
        forget_named(self._documents, person.patient_id)
        self._forget_comparisons(_sources_that_read_the_record(self._documents))
        self._forget_in_exports(person.patient_id, now=now)

    @property
    def kept(self) -> Sequence[Kept]:
        return KEPT


# -- where they lie


def _all(documents: Documents, partition: str, kind: str) -> Iterator[Held]:
    after: str | None = None
    while True:
        page = documents.list(partition, kind, dict[str, Any], after=after)
        yield from page.items
        after = page.next
        if after is None:
            return


def _found(documents: Documents, index: Index, value: str | None) -> Iterator[Held]:
    after: str | None = None
    while True:
        page = documents.find(index, dict[str, Any], equal_to=value, after=after)
        yield from page.items
        after = page.next
        if after is None:
            return


def of_patient(kind: str) -> Finder:
    """Look in the partition of the person."""

    def find(documents: Documents, person: Person) -> Iterator[Held]:
        return _all(documents, patient_partition(person.patient_id), kind)

    return find


def _decisions(documents: Documents, person: Person) -> Iterator[Held]:
    """Give them at every contact point that was written to: the person's own, and those of their family."""
    messages = _all(documents, patient_partition(person.patient_id), "message")
    written_to = {held.body["contact"] for held in messages} - {None}
    for contact in (*person.contacts, *sorted(written_to - set(person.contacts))):
        for held in _all(documents, contact_partition(contact), "decision"):
            if held.body["order"]["patient_id"] == person.patient_id:
                yield replace(held, body=without_reader(held.body))


def _messages(documents: Documents, person: Person) -> Iterator[Held]:
    for held in _all(documents, patient_partition(person.patient_id), "message"):
        yield replace(held, body=without_reader(held.body))


def by(index: Index) -> Finder:
    """Ask an index that holds patients' ids."""

    def find(documents: Documents, person: Person) -> Iterator[Held]:
        return _found(documents, index, person.patient_id)

    return find


def in_conversations(kind: str) -> Finder:
    """Look in the partitions of all talks with the person that have ended; of others, see the talk itself."""

    def find(documents: Documents, person: Person) -> Iterator[Held]:
        for talk in _found(documents, TALKED, person.patient_id):
            if _is_closed(talk.body):
                yield from _all(documents, talk.partition, kind)

    return find


def in_surveys(kind: str) -> Finder:
    """Look in the one bucket of each survey in which all lies that the person was ever asked."""

    def find(documents: Documents, person: Person) -> Iterator[Held]:
        for survey in list(_found(documents, SURVEYS, None)):
            bucket = derived("survey bucket", survey.body["id"], person.patient_id)[0]
            partition = f"survey/{survey.body['id']}~{bucket}"
            theirs = {
                one.body["id"]
                for one in _all(documents, partition, "invitation")
                if one.body["patient_id"] == person.patient_id
            }
            ids = {f"asked~{person.patient_id}", *(f"{kind}~{one}" for one in theirs)}
            yield from (held for held in _all(documents, partition, kind) if held.id in ids)

    return find


def _parked(documents: Documents, person: Person) -> Iterator[Held]:
    """Give what was set aside and names the person, in its session or in its content."""
    names = [f'"{one}"'.encode() for one in (person.patient_id, *person.contacts)]
    for held in _found(documents, PARKED_AT, None):
        message = held.body["message"]
        content = base64.b64decode(message["body"])
        is_theirs = message["session"] in {person.patient_id, *person.contacts}
        if is_theirs or any(name in content for name in names):
            yield held


def _persons(documents: Documents, person: Person) -> Iterator[Held]:
    """Give who was found among the records and is made of theirs, also under ids that are nobody's any more.

    A matching in which no run has yet named all records has all its persons looked at.
    """
    for matching_id, of_record in _sources_that_read_the_record(documents).items():
        for held in _perhaps_theirs(documents, matching_id, of_record, person):
            if any(_names(record["ref"], person, of_record) for record in held.body["records"]):
                yield held


def _perhaps_theirs(
    documents: Documents, matching_id: str, of_record: AbstractSet[str], person: Person
) -> Iterator[Held]:
    if all_records_are_named(documents, matching_id):
        places = [(one, PERSON) for one in _led_to(documents, matching_id, of_record, person)]
        yield from (held for held in documents.look_many(places, dict[str, Any]) if held is not None)
    else:
        for standing in STANDINGS:
            yield from _found(documents, PERSONS, listed(matching_id, standing))


def _records(documents: Documents, person: Person) -> Iterator[Held]:
    """Give what leads to those persons from each of their records, the person's own record last.

    By it the others are found when some of them are gone.
    """
    for matching_id, of_record in _sources_that_read_the_record(documents).items():
        own = {record_named(matching_id, source, person.patient_id) for source in of_record}
        for partition in _led_to(documents, matching_id, of_record, person):
            held = _all(documents, partition, "record")
            yield from sorted(held, key=lambda one: one.body["named"] in own)


def _led_to(
    documents: Documents, matching_id: str, of_record: AbstractSet[str], person: Person
) -> Sequence[str]:
    """Give the partitions to which the person's own record leads."""
    named = [record_named(matching_id, source, person.patient_id) for source in sorted(of_record)]
    return sorted({held.partition for one in named for held in _found(documents, RECORDS, one)})


def _unplaced(documents: Documents, person: Person) -> Iterator[Held]:
    """Give what was told of the person under a name that led to nobody; all that waits is looked at."""
    named = {person.patient_id, *_identifiers(documents, person)}
    named |= {held.body["id"] for held in _persons(documents, person)}
    for held in _found(documents, UNPLACED, None):
        if held.body["item"]["named"] in named:
            yield held


def _identifiers(documents: Documents, person: Person) -> Iterator[str]:
    """Spell each identifier that we know of the person as a source names somebody by it."""
    for held in _all(documents, patient_partition(person.patient_id), "person"):
        for one in held.body["identifiers"]:
            yield f"{one['system']}|{one['value']}"


def _proposals(documents: Documents, person: Person) -> Iterator[Held]:
    of_record = _sources_that_read_the_record(documents)
    for held in _found(documents, PROPOSALS, None):
        refs = held.body["link"]["pair"].values()
        if any(_names(ref, person, of_record.get(held.body["matching_id"], frozenset())) for ref in refs):
            yield held


def _names(ref: Mapping[str, str], person: Person, of_record: AbstractSet[str]) -> bool:
    """Say whether a record is the person's own: another system may call somebody else so."""
    return ref["source"] in of_record and ref["key"] == person.patient_id


def _sources_that_read_the_record(documents: Documents) -> Mapping[str, AbstractSet[str]]:
    """Give for each matching its sources whose keys are patients' ids, by any version that it ever had."""
    found: dict[str, set[str]] = defaultdict(set)
    for matching in _found(documents, MATCHINGS, None):
        for version in _all(documents, matching.partition, "version"):
            sources = version.body["draft"]["sources"]
            if own := {one["id"] for one in sources if one.get("reads") == "record"}:
                found[matching.body["id"]] |= own
    return found


def _own_consents(documents: Documents, person: Person) -> Iterator[Held]:
    """Give what stands at the contact points of the person, without what others have said there."""
    for contact in person.contacts:
        for held in _all(documents, contact_partition(contact), "consents"):
            own = [said for said in held.body["said"] if said["patient_id"] == person.patient_id]
            if own:
                yield replace(held, body={"said": own})


# -- when they may go


def _is_closed(body: Body) -> bool:
    return body["state"] == "closed"


def _is_over(body: Body) -> bool:
    return body["state"] in AT_REST


def _is_decided(body: Body) -> bool:
    return body["state"] != "parked"


def _is_settled(body: Body) -> bool:
    return body["settle_by"] is None


def _is_done(body: Body) -> bool:
    return body["task"]["status"] in {"completed", "cancelled", "rejected", "failed"}


def _always(_: Body) -> bool:
    return True


Row = tuple[str, Finder, Callable[[Body], bool], bool]

ERASED: tuple[Row, ...] = (
    ("conversation.activity", in_conversations("activity"), _always, True),
    ("conversation.posted", in_conversations("posted"), _always, True),
    ("conversation.conversation", by(TALKED), _is_closed, True),
    ("survey.response", in_surveys("response"), _always, True),
    ("survey.asked", in_surveys("asked"), _always, True),
    ("survey.invitation", in_surveys("invitation"), _always, True),
    ("task.task", by(TASKED), _is_done, True),
    ("patient.enrolment", of_patient("enrolment"), _always, True),
    ("patient.entries", of_patient("entries"), _always, True),
    ("patient.firing", of_patient("firing"), _always, True),
    ("patient.event", of_patient("event"), _always, True),
    ("patient.followed", of_patient("followed"), _always, True),
    ("patient.membership", of_patient("membership"), _always, True),
    ("patient.appointment", of_patient("appointment"), _always, True),
    ("patient.booking", of_patient("booking"), _is_settled, True),
    ("patient.chat", of_patient("chat"), _always, True),
    ("patient.timeline", of_patient("timeline"), _always, True),
    ("unplaced-activity.unplaced", _unplaced, _always, True),
    ("patient.fact", of_patient("fact"), _always, True),
    ("patient.handle", of_patient("handle"), _always, True),
    ("patient.override", of_patient("override"), _always, True),
    ("patient.seen", of_patient("seen"), _always, True),
    ("patient.person", of_patient("person"), _always, True),
    ("patient.projection", of_patient("projection"), _always, True),
    ("proposal.proposal", _proposals, _always, True),
    ("person.person", _persons, _always, True),
    ("person.record", _records, _always, True),
    ("contact.decision", _decisions, _is_over, True),
    ("patient.message", _messages, _is_over, True),
    ("patient.details", of_patient("details"), _always, True),
    ("patient.copies", of_patient("copies"), _always, True),
    ("contact.said", by(SAID_BY), _always, True),
    ("parked.parked", _parked, _is_decided, True),
)
"""What goes. What somebody is still at work on is waited for: an open talk, a task that is not done."""

REWRITTEN: tuple[Row, ...] = (
    ("contact.consents", _own_consents, _always, False),
    ("audit.audit", by(AUDITED), _always, False),
    ("patient.portal", of_patient("portal"), _always, False),
    ("patient.told", of_patient("told"), _always, False),
)
"""What is given to a person who asks, but does not go with the rest: see `forget_words`, and `KEPT`."""

NOT_ABOUT_ANYBODY = frozenset(
    {
        "activity-type.type",
        "activity-type.version",
        "break-glass.brokenglass",
        "claim",
        "compliance.compliance",
        "compliance.version",
        "contact.frequency",
        "contact.suppression",
        "custom-trigger.custom",
        "custom-trigger.version",
        "data-request.datarequest",
        "entity-maps.map",
        "features.features",
        "export.export",
        "export.run",
        "export.standing",
        "export.version",
        "fhir-source.cursor",
        "fhir-source.subscription",
        "guesses.guesses",
        "house.edition",
        "house.fingerprint",
        "idempotency.answer",
        "invitation.invitation",
        "journey.journey",
        "journey.version",
        "login.acts-for",
        "login.login",
        "matching.last",
        "matching.matching",
        "matching.review",
        "matching.run",
        "matching.version",
        "measure.measure",
        "measure.outline",
        "measure.values",
        "measure.version",
        "patient-view.view",
        "queue.queue",
        "queue.stay",
        "queue.waiting",
        "refreshes.refresh",
        "refreshes.refreshing",
        "refreshes.refreshschedule",
        "relationships.relationship",
        "representative.representative",
        "representative.settled",
        "scenario.scenario",
        "scenario.version",
        "segment.refresh",
        "segment.segment",
        "segment.version",
        "survey.survey",
        "survey.tally",
        "survey.version",
        "team.team",
        "template.template",
        "template.version",
        "trigger.trigger",
        "trigger.version",
        "workstream.workstream",
    }
)
"""Definitions, staff, counts, and what `KEPT` gives a reason for."""

KEPT = (
    Kept(
        "the FHIR record",
        "It is the hospital's, and kept by the laws on medical records; we do not erase there, nor what this "
        "house has written to it: appointments, consents, and where it does so messages, answers and tasks.",
    ),
    Kept(
        "audit entries",
        "Who did what to whom must be shown (GDPR article 5(2)); they hold ids, and the reason given.",
    ),
    Kept("this request", "That it was made, and what became of it, must be shown."),
    Kept("opt-outs", "Under a keyed name and as nobody's, so that the address is not written to again."),
    Kept(
        "suppressions",
        "Under a keyed name, without whose it was, so that a dead address is not written to again.",
    ),
    Kept("counts of what was sent", "Under a keyed name, ids and times only; forgotten after thirty days."),
    Kept("counts of surveys", "They count answers and name nobody."),
    Kept(
        "login links, invitations and what family may do",
        "They belong to the record, and end with it; they hold ids and why somebody was let in, and can be "
        "taken away by themselves.",
    ),
    Kept(
        "readings on a reason alone",
        "Who opened the record without a tie to the person must be shown, as in the audit.",
    ),
    Kept("what reviewers said of records", "Ids and their reason, so that nobody is joined wrongly again."),
    Kept(
        "the keys of activities",
        "Without what they said, so that a source that tells again brings nothing back.",
    ),
    Kept(
        "sources to match, and what a run reads there again",
        "They are the systems' own; whoever is erased there is not found again. What a run had kept of them "
        "for the next is forgotten.",
    ),
    Kept(
        "what sources told of somebody unknown",
        "Under names that we cannot tell are theirs; it is forgotten within thirty days.",
    ),
    Kept(
        "exports that others have fetched",
        "Those in which the person stands are taken away from where they lie with us, whole.",
    ),
    Kept("values of measures", "They are worked out anew without the activities at the next refresh."),
    Kept("answers kept for a repeated request", "They expire within 24 hours."),
    Kept("ids of what was deleted", "Without content; forgotten after thirty days."),
    Kept("content too large for a message", "It expires thirty days after it was due."),
    Kept("the lake, and a projection made anew", "They are copies of the record, and follow it."),
    Kept("backups", "They are overwritten as their time comes; an erasure is repeated after a restore."),
)
