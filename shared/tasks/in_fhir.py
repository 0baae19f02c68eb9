"""A task as a FHIR R4 Task (http://hl7.org/fhir/R4/task.html)."""

from typing import Any

from shared.fhir.references import ID, reference_of
from shared.tasks.model import Note, Task, TaskCode

CODES = "urn:patient-engagement:task-code"
TASKS = "urn:patient-engagement:task"
PEOPLE = "urn:patient-engagement:person"

ELEMENTS = frozenset(
    {
        "identifier",
        "status",
        "statusReason",
        "intent",
        "priority",
        "code",
        "description",
        "focus",
        "for",
        "authoredOn",
        "lastModified",
        "requester",
        "performerType",
        "owner",
        "reasonCode",
        "note",
        "restriction",
        "output",
    }
)
"""What `task_resource` may say."""

_DISPLAY: dict[TaskCode, str] = {
    "follow-up": "Follow up",
    "call-back": "Call back",
    "low-satisfaction": "Look after a patient who was not content",
    "outreach": "Reach out",
}


def task_resource(task: Task) -> dict[str, Any]:
    """Spell a task as FHIR has it.

    Staff have no Practitioner in the record that we could be sure of, so they are named by an identifier; so
    is a conversation, for which FHIR has no resource. Whose list it stands on is its `performerType`.
    """
    spelt: dict[str, Any] = {
        "resourceType": "Task",
        "id": task.id if ID.fullmatch(task.id) else None,
        "identifier": [{"system": TASKS, "value": task.id}],
        "status": task.status,
        "statusReason": {"text": task.why_not.value} if task.why_not else None,
        "intent": "order",
        "priority": task.priority,
        "code": {"coding": [{"system": CODES, "code": task.code, "display": _DISPLAY[task.code]}]},
        "description": task.description.value,
        "focus": _reference(task.focus) if task.focus else None,
        "for": {"reference": f"Patient/{task.patient_id}"} if task.patient_id else None,
        "authoredOn": task.authored_on.isoformat(),
        "lastModified": task.last_modified.isoformat(),
        "requester": _person(task.requester) if task.requester else None,
        "performerType": [{"text": task.team}] if task.team else None,
        "owner": _person(task.owner) if task.owner else None,
        "reasonCode": {"text": task.because} if task.because else None,
        "note": [_annotation(note) for note in task.notes] or None,
        "restriction": {"period": {"end": task.due_at.isoformat()}} if task.due_at else None,
        "output": [_outcome(task.outcome.value)] if task.outcome else None,
    }
    return {name: value for name, value in spelt.items() if value is not None}


def _reference(text: str) -> dict[str, Any]:
    if reference_of(text) is not None:
        return {"reference": text}
    kind, _, named = text.partition("/")
    return {"identifier": {"system": f"urn:patient-engagement:{kind}", "value": named}}


def _person(who: str) -> dict[str, Any]:
    return {"identifier": {"system": PEOPLE, "value": who}}


def _annotation(note: Note) -> dict[str, Any]:
    return {"authorString": note.by, "time": note.at.isoformat(), "text": note.text.value}


def _outcome(text: str) -> dict[str, Any]:
    return {
        "type": {"coding": [{"system": CODES, "code": "outcome"}], "text": "Outcome"},
        "valueString": text,
    }
