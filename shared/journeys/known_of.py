"""What steps may ask about: what the event said that began a run, and what it refers to now (FH-11)."""

from collections.abc import Mapping
from typing import Any

from shared.journeys.model import Enrolment, Journey, OnlyIfStep
from shared.patients.read_own_resources import ReadOwnResources, parts_of


def known_of(enrolment: Enrolment, journey: Journey, own_resources: ReadOwnResources) -> Mapping[str, Any]:
    """Give it by the attributes' names, if any step asks; what is gone or not this patient's is left out."""
    told = enrolment.told_of
    if told is None or not any(isinstance(step, OnlyIfStep) for step in journey.steps):
        return {}
    wanted = {name: parts_of(text) for name, text in told.references.items()}
    own = own_resources(enrolment.patient_id, list(wanted.values()))
    there = {name: own[reference] for name, reference in wanted.items() if reference in own}
    return {**told.given.value, **there}
