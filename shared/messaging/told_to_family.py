"""What of a message family may be told in their copy of it (PA-9). Pure.

What is not named here is missed by a template like what is not there, so that whatever is added to a resource
or to a message does not reach family by itself.
"""

from collections.abc import Iterator, Mapping

from shared.fhir.ports import Resource
from shared.patients.read_own_resources import OF_NOBODY

OF_A_VISIT = frozenset(
    {
        "appointmentType",
        "end",
        "minutesDuration",
        "participant",
        "requestedPeriod",
        "serviceCategory",
        "serviceType",
        "specialty",
        "start",
        "status",
    }
)
"""Elements of Appointment (FHIR R4) as `view_administrative` opens them, without what it is for."""
OF_PEOPLE_AND_PLACES = frozenset({"address", "alias", "name", "telecom"})
"""Of what is about nobody all is told; of the patient, the name."""
VALUES_FOR_FAMILY = frozenset({"appointment_at", "appointment_mode", "appointment_place", "appointment_with"})
"""Values of a message that tell of a visit as the above does."""
_ITS_READERS_ALONE = frozenset({"confirm_url", "survey_url"})
"""Links by which whoever has them speaks for the patient."""


def told_to_family(resources: Mapping[str, Resource]) -> Mapping[str, Resource]:
    """Give what those may be told of resources who may not know of the patient's health."""
    return dict(_open(resources))


def values_for_family(values: Mapping[str, str], *, may_know_of_health: bool) -> Mapping[str, str]:
    """Give what a copy may say of the values of the message that it is a copy of."""
    if may_know_of_health:
        return {name: value for name, value in values.items() if name not in _ITS_READERS_ALONE}
    return {name: value for name, value in values.items() if name in VALUES_FOR_FAMILY}


def _open(resources: Mapping[str, Resource]) -> Iterator[tuple[str, Resource]]:
    for name, resource in resources.items():
        kind = resource["resourceType"]
        if kind in OF_NOBODY:
            yield name, resource
        elif kind in {"Appointment", "Patient"}:
            fields = OF_A_VISIT if kind == "Appointment" else {"name"}
            yield name, {of: value for of, value in resource.items() if of in fields}
