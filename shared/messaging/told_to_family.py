"""What of a patient's resources family may be told who may not know of their health (PA-9). Pure."""

from collections.abc import Iterator, Mapping

from shared.fhir.ports import Resource
from shared.patients.read_own_resources import OF_NOBODY

OPEN_TYPES = OF_NOBODY | {"Appointment", "Patient"}
"""As `view_administrative` opens them; what else is the patient's own is taken to tell of their health."""
WHY_THEY_COME = frozenset(
    {
        "basedOn",
        "comment",
        "description",
        "patientInstruction",
        "reasonCode",
        "reasonReference",
        "supportingInformation",
        "text",
    }
)
"""Elements of Appointment (FHIR R4) by which a visit tells what it is for."""


def told_to_family(resources: Mapping[str, Resource]) -> Mapping[str, Resource]:
    """Give what may be told of them; the rest is missed by a template like what is not there."""
    return dict(_open(resources))


def _open(resources: Mapping[str, Resource]) -> Iterator[tuple[str, Resource]]:
    for name, resource in resources.items():
        if resource["resourceType"] == "Appointment":
            yield name, {of: value for of, value in resource.items() if of not in WHY_THEY_COME}
        elif resource["resourceType"] in OPEN_TYPES:
            yield name, resource
