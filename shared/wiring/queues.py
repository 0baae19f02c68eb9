"""The one table of announcement type → queue → session key (architecture §2).

`setting` names the application setting that holds the queue's name; `infra/queues.json` creates the queues.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue, the announcement types that go into it, and the content field whose value is the session."""

    name: str
    setting: str
    carries: tuple[str, ...]
    session_key: str | None = None

    @property
    def in_sessions(self) -> bool:
        return self.session_key is not None


QUEUES = (
    Queue("fhir-changes", "FHIR_CHANGES_QUEUE", ("ResourceChanged",)),  # and by Event Grid, or its web hook
    Queue("change-polls", "CHANGE_POLLS_QUEUE", ("PollChanges",), "source"),
    Queue("patient-changes", "PATIENT_CHANGES_QUEUE", ("ReactToChange",), "patient_id"),
    Queue("patient-projections", "PATIENT_PROJECTIONS_QUEUE", ("ProjectChange",)),
    Queue(
        "patient-refreshes",
        "PATIENT_REFRESHES_QUEUE",
        ("AdvanceRefresh", "BeginScheduledRefresh", "EndOverdueStage"),
        "refresh_id",
    ),
    Queue("journey-starts", "JOURNEY_STARTS_QUEUE", ("TriggerFired", "CustomTriggerFired"), "patient_id"),
    Queue("journey-stops", "JOURNEY_STOPS_QUEUE", ("TriggerWithdrawn",), "patient_id"),
    Queue("journey-appointments", "JOURNEY_APPOINTMENTS_QUEUE", ("AppointmentChanged",), "patient_id"),
    Queue("journey-memberships", "JOURNEY_MEMBERSHIPS_QUEUE", ("MembershipChanged",), "patient_id"),
    Queue("journey-steps", "JOURNEY_STEPS_QUEUE", ("AdvanceEnrolment",), "patient_id"),
    Queue("message-requests", "MESSAGE_REQUESTS_QUEUE", ("SendMessage",), "patient_id"),
    Queue("message-cancellations", "MESSAGE_CANCELLATIONS_QUEUE", ("CancelMessage",), "patient_id"),
    Queue("send-decisions", "SEND_DECISIONS_QUEUE", ("DecideSending",), "contact"),
    Queue("sending-cancellations", "SENDING_CANCELLATIONS_QUEUE", ("CancelSending",), "contact"),
    Queue("deliveries", "DELIVERIES_QUEUE", ("DeliverMessage",)),
    Queue("claim-settlements", "CLAIM_SETTLEMENTS_QUEUE", ("SettleClaim",)),
    Queue("message-outcomes", "MESSAGE_OUTCOMES_QUEUE", ("MessageMoved", "MessageUsed"), "patient_id"),
    Queue("messages-to-record", "MESSAGES_TO_RECORD_QUEUE", ("MessageMoved",)),
    Queue("work-offers", "WORK_OFFERS_QUEUE", ("OfferWork",), "queue_id"),
    Queue("work-settlements", "WORK_SETTLEMENTS_QUEUE", ("SettleWork",), "queue_id"),
    Queue("work-assignments", "WORK_ASSIGNMENTS_QUEUE", ("AssignWork",), "queue_id"),
    Queue("capacity-reservations", "CAPACITY_RESERVATIONS_QUEUE", ("ReserveCapacity",), "representative_id"),
    Queue("capacity-settlements", "CAPACITY_SETTLEMENTS_QUEUE", ("SettleCapacity",), "representative_id"),
    Queue("reserved-work", "RESERVED_WORK_QUEUE", ("CapacityReserved",), "queue_id"),
    Queue("conversation-offers", "CONVERSATION_OFFERS_QUEUE", ("WorkOffered",), "work_id"),
    Queue("lapsed-offers", "LAPSED_OFFERS_QUEUE", ("LapseOffer",), "conversation_id"),
    Queue("idle-conversations", "IDLE_CONVERSATIONS_QUEUE", ("CloseIdleConversation",), "conversation_id"),
    Queue("conversation-bookings", "CONVERSATION_BOOKINGS_QUEUE", ("BookingSettled",), "conversation_id"),
    Queue("conversation-ratings", "CONVERSATION_RATINGS_QUEUE", ("RecordSatisfaction",), "conversation_id"),
    Queue("bookings", "BOOKINGS_QUEUE", ("BookForPatient",), "patient_id"),
    Queue("booking-settlements", "BOOKING_SETTLEMENTS_QUEUE", ("SettleBooking",), "patient_id"),
    Queue("survey-invitations", "SURVEY_INVITATIONS_QUEUE", ("ConversationClosed",), "conversation_id"),
    Queue(
        "own-activities",
        "OWN_ACTIVITIES_QUEUE",
        ("ConversationClosed", "AppointmentChanged", "SurveyAnswered", "PlaceActivity"),
    ),
    Queue("segment-refreshes", "SEGMENT_REFRESHES_QUEUE", ("RefreshSegment",), "segment_id"),
    Queue("measure-refreshes", "MEASURE_REFRESHES_QUEUE", ("RefreshMeasure",), "measure_id"),
    Queue("export-runs", "EXPORT_RUNS_QUEUE", ("AdvanceExport",), "export_id"),
    Queue("reconsiderations", "RECONSIDERATIONS_QUEUE", ("ReconsiderPatient",), "patient_id"),
    Queue("matching-work", "MATCHING_WORK_QUEUE", ("WorkOnPersons",), "matching_id"),
    Queue("task-requests", "TASK_REQUESTS_QUEUE", ("CreateTask",)),
    Queue("answers-to-record", "ANSWERS_TO_RECORD_QUEUE", ("SurveyAnswered",)),
    Queue("tasks-to-record", "TASKS_TO_RECORD_QUEUE", ("TaskChanged",)),
    Queue("kept-consents", "KEPT_CONSENTS_QUEUE", ("ConsentKept",), "patient_id"),
    Queue("opt-in-confirmations", "OPT_IN_CONFIRMATIONS_QUEUE", ("ConfirmationRequested",), "patient_id"),
    Queue("data-requests", "DATA_REQUESTS_QUEUE", ("CarryOutDataRequest",), "request_id"),
    Queue("audit-entries", "AUDIT_ENTRIES_QUEUE", ("RecordAudit",)),
    Queue("operator-decisions", "OPERATOR_DECISIONS_QUEUE", ("CarryOutDecision",)),
)

BY_TYPE = {
    carried: tuple(queue for queue in QUEUES if carried in queue.carries)
    for carried in dict.fromkeys(carried for queue in QUEUES for carried in queue.carries)
}
SESSION_QUEUES = frozenset(queue.name for queue in QUEUES if queue.in_sessions)
