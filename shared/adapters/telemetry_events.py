"""Every event that the code logs, in one sentence each; a test walks the source and holds both to each other.

An event is a log line: a dotted name, room first, with our own ids and counts beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

EVENTS: Mapping[str, str] = {
    # -- the edge
    "edge.idempotency.lease_lost": "A keyed request outlived its lease; another may have run.",
    "edge.message.deferred": "A message of a plain queue waits, as a copy that is due later.",
    "edge.message.failed": "Handling a message ended in a bug.",
    "edge.message.given_back": "A message of a session waits, and is delivered again.",
    "edge.message.gone": "What a message was about has been deleted; it is done with.",
    "edge.message.parked": "A message was set aside for an operator.",
    "edge.message.refused": "A rule said no to a message; it is done with.",
    "edge.message.repeated": "A message told again what was done before.",
    "edge.message.stale": "What a message was about has moved on.",
    "edge.proof.refused": "A web hook's caller could not prove that it knows the secret.",
    "edge.request.failed": "A request ended in a bug.",
    "edge.request.refused": "A request was answered with a no.",
    "edge.run.failed": "A timer's tick, or a batch of the change feed, ended in a bug.",
    "edge.run.put_off": "A tick or a batch could not be done just then.",
    "edge.run.refused": "A rule said no to a tick.",
    "edge.signing_keys.not_fetched": "An issuer's signing keys could not be fetched.",
    "edge.token.refused": "A token was not believed, or does not allow this.",
    # -- access
    "access.invitation.made": "Somebody was invited to the portal, by a letter or by a code in hand.",
    "access.invitation.redeemed": "An invitation was redeemed: its login is in.",
    "access.invitation.wrong_date": "Somebody had an invitation's code, and another date of birth.",
    "access.merge.unclear": "Merged records lead in a circle, or on and on: a login was not let in.",
    "access.way.closed": "An invitation, a login, or what somebody may do for a patient was taken away.",
    # -- appointments
    "appointments.bookings.queued": "Bookings that were not settled in time were queued.",
    "appointments.wish.done": "A booking, change or cancellation stands in the record.",
    "appointments.wish.outrun": "A wish was outrun by a later one.",
    "appointments.wish.refused": "A booking, change or cancellation is not possible.",
    # -- consent
    "consent.consent.changed_in_record": "A choice that we wrote to the record was changed there, and left.",
    "consent.consent.not_written": "A choice stays out of the record: its entity map lets none be written.",
    "consent.copies.changed": "Copies to somebody of a family were accepted, refused or ended.",
    "consent.copies.given": "Somebody of a family was asked whether they want copies.",
    "consent.consent.recorded": "A choice about a contact point was recorded.",
    "consent.consent.written": "A choice about a contact point was written to the record.",
    "consent.data_request.moved": "A person's request for their data has come a step further.",
    "consent.data_request.repeated": "A step of a data request was told again and had been done.",
    # -- conversations
    "conversations.closed_idle": "A conversation was closed, for nobody spoke any more.",
    "conversations.idle.queued": "Conversations that have fallen silent were queued.",
    "conversations.offered": "A conversation was offered to a representative.",
    "conversations.offers.queued": "Offers that have lapsed were queued.",
    "conversations.opened": "A patient opened a conversation.",
    "conversations.released_unanswered": "A conversation in which nobody answered went back to its queue.",
    "conversations.scenario.missing": "A workstream names a scenario that is not in force.",
    # -- exchange
    "exchange.bundle.taken_in": "A FHIR bundle, or rows, were taken in, as far as the entity maps let them.",
    "exchange.resource.left": "What the house had written was deleted or marked as an error, and left.",
    "exchange.resource.of_nobody": "The record does not know the patient of what was to be written.",
    "exchange.resource.written": "A message, an answer or a task was written to the record.",
    "exchange.entry.not_written": "The record did not take one entry of a batch; the others were written.",
    # -- exports
    "exports.run.advanced": "A part of an export was written, or the export ended.",
    # -- the record
    "fhir.export.interrupted": "An export stopped, and goes on when it is asked about again.",
    "fhir.record.back": "The FHIR server, left alone after repeated faults, answers again.",
    "fhir.record.indexed": "The embedded record was indexed anew.",
    "fhir.record.leads_away": "A link of the FHIR server leads to another server and was not followed.",
    "fhir.record.left_alone": "The FHIR server failed repeatedly and is left alone for a while.",
    "fhir.record.no_token": "Nobody gives us a token for the FHIR server.",
    "fhir.record.not_let_in": "The FHIR server does not believe our token, or allows it too little.",
    # -- journeys
    "journeys.enrolment.advanced": "An enrolment took a step.",
    "journeys.enrolment.ended": "An enrolment ended early.",
    "journeys.enrolment.failed": "A bug keeps an enrolment from going on.",
    "journeys.enrolment.started": "A patient entered a journey.",
    "journeys.enrolments.queued": "Enrolments whose step was missed were queued.",
    # -- matching
    "matching.run.done": "A matching has been run, fully or by what has changed, and persons are written.",
    "matching.run.failed": "A run ended because a source could not be read.",
    # -- messaging
    "messaging.claim.settled": "A claim that had lapsed was settled by asking the provider.",
    "messaging.claims.queued": "Claims that have lapsed were queued.",
    "messaging.decision.made": "The gate decided about a message.",
    "messaging.decision.repeated": "The gate was asked again about what it had decided.",
    "messaging.delivery.ended": "An attempt to deliver a message ended.",
    "messaging.delivery.repeated": "A delivery was told again.",
    "messaging.held.queued": "Held messages whose time has come were queued.",
    "messaging.message.cancelled": "A message was taken back before it was decided about.",
    "messaging.message.requested": "A message was asked for.",
    "messaging.outcome.recorded": "What became of a message was kept with its patient.",
    "messaging.reminder.not_needed": "Nobody had to be reminded of a yes that waits for its confirmation.",
    "messaging.report.taken": "A provider reported what became of a message.",
    "messaging.sending.cancelled": "A message was taken back at its contact point.",
    "messaging.use.recorded": "That a message was opened or clicked was kept, unless it was too often.",
    "messaging.use.told": "A provider told that a message was opened or clicked, which may be ignored.",
    # -- operations
    "operations.indexes.filled": "Documents from before an index was declared can be found by it.",
    "operations.backlog.measured": "What waits in the house was counted.",
    "operations.features.set": "Somebody has switched features on or off.",
    # -- routing
    "routing.work.queued": "Work that may be offered, and reservations that lapsed, were queued.",
    # -- activities
    "activities.item.looked_at": "Something told of somebody unknown was looked at again, and placed or not.",
    "activities.items.taken_in": "Items of a source were taken into timelines, or refused.",
    # -- measures
    "measures.measure.refreshed": "A measure was worked out anew, or could not be.",
    "measures.preview.behind": "A preview was made from a lake that is behind.",
    "measures.refreshes.queued": "Measures that are due to be worked out were queued.",
    # -- patients
    "patients.details.changed": "A patient has changed their own details in the record.",
    "patients.details.settled": "A change of somebody's own details was settled, and the old told of it.",
    "patients.change.projected": "What is kept of a patient was brought up to date with a change.",
    "patients.overdue.queued": "A refresh of which nothing comes any more was queued, if one is.",
    "patients.patient.projected": "All that the record has of a patient was read and kept.",
    "patients.tile.unavailable": "A part of a patient's page could not be had; the rest was shown.",
    "patients.numbers.shared_by_many": "An identifier is of more patients than it can name anybody by.",
    "patients.search.not_understood": "A server cannot search for what names a patient without a reference.",
    "patients.search.too_many_unnamed": "More names its patient by an identifier alone than is remembered.",
    "patients.refresh.overdue": "A stage gave no answer for long: it is tried by itself, or has failed.",
    "patients.refresh.scheduled": "A refresh was begun by the schedule, or skipped since one was under way.",
    "patients.refreshes.queued": "The refresh that is due by the schedule was queued, if one is.",
    "patients.resource.not_theirs": "A patient was not told of something that is not theirs alone.",
    "patients.refresh.advanced": "A part of a refresh was done, or could not be.",
    # -- segments
    "segments.lake.begun_anew": "The lake could not be gone on with and is filled anew.",
    "segments.lake.identifiers_shared": (
        "Several patients have an identifier by which records name their patient: those count for nobody."
    ),
    "segments.membership.changed": "A patient came into a segment, or left it.",
    "segments.memberships.queued": "Memberships that time may have changed were queued.",
    "segments.preview.behind": "A preview was made from a lake that is behind.",
    "segments.refreshes.queued": "Segments that are due for a refresh were queued.",
    "segments.relationship.not_one_to_one": (
        "A relationship that a live segment goes by is declared one to one, and is not; nobody counts twice."
    ),
    "segments.segment.left_alone": "A segment waits for a measure without values yet; its members stay.",
    "segments.segment.refreshed": "A segment was refreshed.",
    "segments.segment.unsound": "A segment's definition cannot be evaluated.",
    # -- the store
    "store.cosmos.fault": "The store answered with a fault.",
    "store.index.filled": "An index that is new was filled from the documents that stand.",
    "store.document.ahead": "A stored document says what only a newer version knows, and is waited for.",
    "store.document.unreadable": "A stored document cannot be read by this version.",
    # -- surveys
    "surveys.invitation.not_due": "A conversation was closed of which nothing is asked.",
    # -- triggers
    "triggers.change.judged": "A change started something, or took something back.",
    "triggers.changes.polled": "The record was looked at for changes that nobody may have told of.",
    "triggers.changes.taken_in": "Change events were taken in and passed on.",
    "triggers.events.taken_in": "Events of a custom trigger were taken in, or refused.",
    "triggers.hook.heard": "A FHIR server told of changes by its hook.",
    "triggers.poll.begun_anew": "The record does not know how far it was looked at; looking begins anew.",
    "triggers.polls.queued": "Looks at the record were queued.",
    "triggers.subscription.interrupted": "A subscription left numbers out, or is in error at its server.",
    # -- between the store and the queues
    "wiring.announcement.unroutable": "An announcement can never be put on a queue; it was parked.",
    "wiring.announcements.left_behind": "Announcements were looked for that the change feed left behind.",
    # -- the local host
    "local.feed.failed": "The change feed's function failed; its batch is given again.",
    "local.host.impatient": "The host stopped before all work had ended.",
    "local.lock.not_renewed": "A lock could not be renewed.",
    "local.message.failed": "A function failed on a message, which comes again.",
    "local.message.lock_lost": "A message was handled after its lock had lapsed.",
    "local.pump.stumbled": "A pump of the host stumbled and goes on.",
    "local.report.refused": "The app did not take a delivery report.",
    "local.session.lost": "A session's lock lapsed while it was worked on.",
    "local.timer.failed": "A timer's function failed.",
    "local.work.failed": "Work in a thread of the host failed.",
}


@dataclass(frozen=True, slots=True)
class Counted:
    """By which counter an event is counted, and what is told with it becomes which label."""

    metric: str
    labels: Mapping[str, str]


COUNTED: Mapping[str, Counted] = {
    "edge.message.parked": Counted("messages.parked", {"queue": "queue", "reason": "reason"}),
    "edge.message.failed": Counted("messages.failed", {"queue": "queue", "error": "error"}),
    "edge.message.deferred": Counted("messages.deferred", {"queue": "queue", "reason": "reason"}),
    "edge.message.given_back": Counted("messages.given_back", {"queue": "queue", "reason": "reason"}),
    "edge.message.refused": Counted("messages.refused", {"queue": "queue", "reason": "reason"}),
    "edge.request.failed": Counted("requests.failed", {"error": "error"}),
    "edge.request.refused": Counted("requests.refused", {"reason": "reason", "status": "status"}),
    "edge.run.failed": Counted("runs.failed", {"run": "run", "error": "error"}),
    "edge.run.put_off": Counted("runs.put_off", {"run": "run", "reason": "reason"}),
    "wiring.announcement.unroutable": Counted("messages.parked", {"reason": "type"}),
}
