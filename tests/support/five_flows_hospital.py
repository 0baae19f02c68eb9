"""The hospital of the ordeal: it writes and deletes what moves patients into segments and out of them."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from local.own_host import OwnHost
from tests.support.five_flows_asking import Asker, Pace, until
from tests.support.five_flows_scene import A1C, ASTHMA, ASTHMA_CODE, DIABETES_CODE, HIGH_SUGAR, Person

_AS_FHIR = {"Content-Type": "application/fhir+json"}
WATCHES = {"X-Reason": "watches the ordeal"}
_PERCENT = {"unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}
_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"

Step = tuple[str, str, dict[str, Any] | None, bool | None]
"""A method, a path, a body, and whether they are then in the segment (None: as before)."""


class Hospital:
    """Writes one change after the other, each once the one before is seen in the memberships.

    `comings` counts how often each patient came into each segment.
    """

    def __init__(self, host: OwnHost, pace: Pace) -> None:
        token = host.token("staff", subject="cara", roles=["care_coordinator"])
        self.writer, self.reader = Asker(host.url, pace), Asker(host.url, pace, token)
        self.morning = host.now().isoformat()
        self.comings: Counter[tuple[str, str]] = Counter()

    def treat(self, person: Person) -> None:
        """Let one patient come and go."""
        segment = HIGH_SUGAR if person.number % 2 else ASTHMA
        for method, path, body, is_in in self._course(person):
            content = None if body is None else json.dumps(body)
            self.writer.ask(method, path, content=content, headers=_AS_FHIR).raise_for_status()
            if is_in is not None:
                self.comings[person.id, segment] += is_in
                until(lambda: self._stands(person, segment) == is_in, f"{segment} {person.id} {is_in}")  # noqa: B023  # called before it changes

    def _course(self, person: Person) -> Iterator[Step]:
        return self._with_diabetes(person) if person.number % 2 else self._with_asthma(person)

    def _with_diabetes(self, person: Person) -> Iterator[Step]:
        yield _put(_condition(person, "dm", DIABETES_CODE, "active"), then=None)
        yield _put(self._result(person, 1, 9.1), then=True)
        yield _put(self._result(person, 1, 5.5), then=False)
        yield _put(self._result(person, 2, 8.2), then=True)
        yield "DELETE", f"/fhir/Observation/a1c-{person.number}-2", None, False
        if person.number % 4 == 1:
            yield _put(self._result(person, 3, 7.9), then=True)

    def _with_asthma(self, person: Person) -> Iterator[Step]:
        yield _put(_condition(person, "a", ASTHMA_CODE, "active"), then=True)
        yield _put(_condition(person, "a", ASTHMA_CODE, "inactive"), then=False)
        yield _put(_condition(person, "a", ASTHMA_CODE, "active"), then=True)
        yield "DELETE", f"/fhir/Condition/a-{person.number}", None, False
        if person.number % 4 == 0:
            yield _put(_condition(person, "b", ASTHMA_CODE, "active"), then=True)

    def _result(self, person: Person, number: int, value: float) -> dict[str, Any]:
        return {
            "resourceType": "Observation",
            "id": f"a1c-{person.number}-{number}",
            "status": "final",
            "code": {"coding": [A1C]},
            "subject": {"reference": f"Patient/{person.id}"},
            "effectiveDateTime": self.morning,
            "valueQuantity": {"value": value, **_PERCENT},
        }

    def _stands(self, person: Person, segment: str) -> bool:
        found = self.reader.get(f"/api/patients/{person.id}/segments", headers=WATCHES)["memberships"]
        return any(one["is_member"] for one in found if one["segment_id"] == segment)


def _put(resource: dict[str, Any], *, then: bool | None) -> Step:
    return "PUT", f"/fhir/{resource['resourceType']}/{resource['id']}", resource, then


def _condition(person: Person, name: str, code: dict[str, str], status: str) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": f"{name}-{person.number}",
        "clinicalStatus": {"coding": [{"system": _CLINICAL, "code": status}]},
        "code": {"coding": [code]},
        "subject": {"reference": f"Patient/{person.id}"},
    }
