"""Every cross-partition question that is foreseen, collected from the rooms (D4)."""

from shared.audit.documents import BY_PATIENT
from shared.journeys.documents import DUE
from shared.journeys.documents import STATE as JOURNEY_STATE
from shared.messaging.documents import CLAIMED_UNTIL, DECISION_STATE, RELEASE_AT, SUPPRESSED_SINCE
from shared.operations.documents import PARKED_AT
from shared.triggers.documents import FIRED_FOR
from shared.triggers.documents import STATE as TRIGGER_STATE
from shared.wiring.relay import MADE_AT

INDEXES = (
    MADE_AT,
    BY_PATIENT,
    DUE,
    JOURNEY_STATE,
    CLAIMED_UNTIL,
    DECISION_STATE,
    RELEASE_AT,
    SUPPRESSED_SINCE,
    PARKED_AT,
    FIRED_FOR,
    TRIGGER_STATE,
)
