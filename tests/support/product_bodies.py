"""A body that each route of chat, booking, surveys, segments and tasks takes gladly, all its texts in it."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, cast

A_SLOT = "a free slot"
"""Stands for the id of a slot that nobody has taken."""
Place = tuple[str | int, ...]

RULE: dict[str, Any] = {
    "kind": "all_of",
    "rules": [
        {"kind": "is_alive"},
        {
            "kind": "has_records",
            "resource": "Observation",
            "codes": [{"system": "http://loinc.org", "code": "4548-4"}],
            "tests": [{"kind": "value", "comparison": "above", "threshold": 9.0, "unit": "%"}],
        },
    ],
}
MEASURE: dict[str, Any] = {
    "name": "Tried",
    "description": "To be tried",
    "kind": "customer",
    "over": {
        "kind": "records",
        "resource": "Observation",
        "codes": [{"system": "http://loinc.org", "code": "4548-4"}],
        "when": {"kind": "within_days", "days": 400},
    },
    "calculations": [{"name": "status", "function": "last", "column": "status", "null_as": "unknown"}],
    "dimensions": [{"column": "patient.gender", "null_as": "unknown"}, {"column": "start", "by": "month"}],
    "among": RULE,
    "time_zone": "Europe/London",
}
PICTURE = {"contentType": "image/png", "contentUrl": "https://files.example/knee.png", "name": "knee"}
NAMED = [
    {"name": "given", "meaning": "Person.FirstName"},
    {"name": "family", "meaning": "Person.LastName"},
    {"name": "birthDate", "meaning": "Person.BirthDate"},
    {"name": "phone", "meaning": "Identity.Service.Phone"},
]
GOOD_BODIES: Mapping[str, dict[str, Any]] = {
    "book_own_appointment": {"slot_id": A_SLOT, "reason": "My knee"},
    "book_appointment": {"slot_id": A_SLOT, "reason": "Her knee"},
    "reschedule_own_appointment": {"slot_id": A_SLOT},
    "reschedule_appointment": {"slot_id": A_SLOT},
    "cancel_own_appointment": {"reason": "Better"},
    "cancel_appointment": {"reason": "Ill"},
    "set_presence": {"presence": "available", "display_name": "Sam"},
    "set_capacity": {"units": 2},
    "say_in_conversation": {"text": "Hello", "attachments": [PICTURE]},
    "post_activity": {
        "type": "message",
        "text": "Hello",
        "value": {"name": "Maria", "dose": 5},
        "attachments": [PICTURE],
        "channelData": {"clientActivityID": "mine"},
    },
    "hear_external_bot": {
        "type": "message",
        "id": "bots-own",
        "text": "May I help?",
        "suggestedActions": {"actions": [{"value": "Yes"}]},
        "channelData": {"deliveryMode": "bridged"},
    },
    "save_search": {"wanted": {"name": "maria"}, "name": "Maria", "description": "Rang today"},
    "put_relationship": {
        "name": "Whose team it is",
        "from_type": "Patient",
        "path": "participant.member",
        "to_type": "Practitioner",
        "through": "CareTeam",
        "through_path": "subject",
        "cardinality": "many_to_many",
    },
    "put_queue": {
        "name": "Tried",
        "members": ["https://staff.example#sam"],
        "operating_hours": {
            "zone": "Europe/London",
            "weekly": [{"days": [0], "starts": "08:00:00", "ends": "17:00:00"}],
            "holidays": {"country": "GB", "subdivision": "ENG"},
        },
    },
    "put_workstream": {
        "name": "Tried",
        "fallback_queue_id": "patient-services",
        "scenario_id": "patient-service-welcome",
        "routes": [
            {
                "queue_id": "medication-refills",
                "conditions": [{"name": "Topic", "operator": "equals", "value": "refill"}],
            }
        ],
        "survey_id": "csat",
    },
    "put_scenario": {
        "name": "Tried",
        "escape_words": ["person"],
        "escape_context": {"Topic": "person"},
        "escape_text": "I am connecting you.",
        "escape_summary": "Asked for a person.",
        "steps": [
            {"kind": "statement", "id": "greet", "text": "Welcome"},
            {
                "kind": "form",
                "id": "form",
                "ask": "Who are you?",
                "fields": [{"id": "name", "label": "Your name"}],
                "otherwise": "over",
                "submit": "Send",
                "retry": "Please look again at: {fields}.",
            },
            {
                "kind": "escalate",
                "id": "over",
                "text": "Thank you, {name}.",
                "context": {"Name": {"variable": "name"}},
                "summary": "It is {name}.",
            },
        ],
        "state": "draft",
    },
    "put_segment": {
        "name": "Tried",
        "description": "To be tried",
        "rule": RULE,
        "time_zone": "Europe/London",
    },
    "preview_segment": {"rule": RULE, "time_zone": "Europe/London"},
    "put_activity_type": {
        "name": "Order",
        "source": "Web shop",
        "kind": "sales_order",
        "fields": {"key": "id", "patient": "whose", "at": "at", "detail": "text"},
    },
    "take_in_activities": {
        "activity_type": "orders",
        "items": [{"id": "7", "whose": "maria", "at": "2026-10-01T08:00:00Z", "text": "Braces"}],
    },
    "put_export": {
        "name": "Letters",
        "what": {"kind": "patients", "columns": ["given", "email"]},
        "purpose": "Letters about the new building",
        "consented_for": "commercial",
    },
    "put_measure": MEASURE,
    "preview_measure": MEASURE,
    "put_survey": {
        "title": "How was it?",
        "thank_you": "Thank you.",
        "template_id": "csat-invitation",
        "channels": ["sms"],
        "language": "en",
        "alert_team": "front desk",
        "questions": [
            {
                "kind": "rating",
                "id": "satisfaction",
                "text": "How content are you?",
                "measures_satisfaction": True,
                "required": True,
                "lowest": "not",
                "highest": "very",
            },
            {"kind": "choice", "id": "settled", "text": "Settled?", "options": ["Yes", "No"]},
            {"kind": "text", "id": "more", "text": "What else?"},
        ],
    },
    "add_task": {
        "description": "Call her",
        "patient_id": "maria",
        "focus": "conversation/c1",
        "team": "front desk",
        "to": "nobody",
    },
    "put_matching": {
        "name": "Everybody",
        "sources": [
            {
                "id": "hospital",
                "reads": "record",
                "columns": NAMED,
                "winner": "most_recent",
                "updated": "updated",
            },
            {"id": "portal", "reads": "record", "columns": NAMED, "self_asserted": True},
        ],
        "aliases": [{"field": "last_name", "value": "obrian", "means": "obrien"}],
        "bypass": [{"field": "phone", "value": "0"}],
        "merge": [{"fields": ["first_name", "last_name"], "keep": "most_recent", "sources": ["hospital"]}],
    },
    "note_task": {"text": "Called, no answer"},
    "assign_task": {"to": "me"},
    "complete_task": {"outcome": "Reached"},
    "cancel_task": {"why": "Mistaken"},
    "reject_task": {"why": "Not mine"},
}


def text_places(value: Any, place: Place = ()) -> Iterator[Place]:
    """Give the places of all texts in a body."""
    if isinstance(value, str):
        yield place
    elif isinstance(value, dict | list):
        held = cast("dict[str, Any] | list[Any]", value)
        for name, inner in held.items() if isinstance(held, dict) else enumerate(held):
            yield from text_places(inner, (*place, name))


def with_text(body: Any, place: Place, text: str) -> Any:
    """Give the body with another text in one place."""
    changed = deepcopy(body)
    at = changed
    for name in place[:-1]:
        at = at[name]
    at[place[-1]] = text
    return changed
