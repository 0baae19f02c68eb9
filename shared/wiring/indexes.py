"""Every cross-partition question that is foreseen, collected from the rooms (D4)."""

from shared.activities.documents import INDEXES as OF_ACTIVITIES
from shared.appointments.documents import INDEXES as OF_APPOINTMENTS
from shared.audit.documents import INDEXES as OF_AUDIT
from shared.consent.compliance_documents import STATE as COMPLIANCE_STATE
from shared.consent.data_requests.documents import STATE as DATA_REQUEST_STATE
from shared.consent.documents import SAID_BY
from shared.conversations.bot.documents import STATE as SCENARIO_STATE
from shared.conversations.documents import INDEXES as OF_CONVERSATIONS
from shared.exports.documents import INDEXES as OF_EXPORTS
from shared.journeys.documents import INDEXES as OF_JOURNEYS
from shared.matching.documents import INDEXES as OF_MATCHING
from shared.measures.documents import INDEXES as OF_MEASURES
from shared.messaging.documents import CLAIMED_UNTIL, DECISION_STATE, RELEASE_AT, SUPPRESSED_SINCE
from shared.operations.documents import INDEXES as OF_OPERATIONS
from shared.patients.documents import INDEXES as OF_PATIENTS
from shared.routing.documents import INDEXES as OF_ROUTING
from shared.segments.documents import INDEXES as OF_SEGMENTS
from shared.surveys.documents import INDEXES as OF_SURVEYS
from shared.tasks.documents import INDEXES as OF_TASKS
from shared.triggers.custom_documents import CUSTOM_STATE
from shared.triggers.documents import FIRED_FOR
from shared.triggers.documents import STATE as TRIGGER_STATE
from shared.wiring.relay import MADE_AT

INDEXES = (
    MADE_AT,
    *OF_AUDIT,
    CLAIMED_UNTIL,
    DECISION_STATE,
    RELEASE_AT,
    SUPPRESSED_SINCE,
    SAID_BY,
    COMPLIANCE_STATE,
    DATA_REQUEST_STATE,
    FIRED_FOR,
    TRIGGER_STATE,
    CUSTOM_STATE,
    SCENARIO_STATE,
    *OF_ACTIVITIES,
    *OF_APPOINTMENTS,
    *OF_CONVERSATIONS,
    *OF_EXPORTS,
    *OF_JOURNEYS,
    *OF_MEASURES,
    *OF_MATCHING,
    *OF_OPERATIONS,
    *OF_PATIENTS,
    *OF_ROUTING,
    *OF_SEGMENTS,
    *OF_SURVEYS,
    *OF_TASKS,
)
