"""Who plays in the story: grown-up people of the record, who can be reached and have nothing booked."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from local.flow_cast import Cast, NobodyLeft
from local.own_host import OwnHost
from local.sample.consents import CARE
from shared.fhir.ports import Resource

_OF_AGE = timedelta(days=18 * 366)
DIABETES = "http://snomed.info/sct|44054006"


class StoryCast(Cast):
    """Chooses people who could come to a clinic, who have forbidden no message, and are in no journey yet."""

    def __init__(self, host: OwnHost, token: str) -> None:
        super().__init__(host, token)
        self._played: set[str] = set()

    def next(self) -> Resource:
        """Give somebody new, as a FHIR Patient. Raises `NobodyLeft` when the record has too few people."""
        return self._first(self._everybody())

    def next_with_diabetes(self) -> Resource:
        """Give somebody with type 2 diabetes who is not in the segment of those who are out of range."""
        path = f"/fhir/Condition?code={DIABETES}&clinical-status=active&_count=500"
        bundle = self._host.http.get(path).raise_for_status().json()
        ids = {entry["resource"]["subject"]["reference"].split("/")[-1] for entry in bundle.get("entry", [])}
        return self._first(
            person
            for person in self._everybody()
            if person["id"] in ids and not self._is_in("diabetes-out-of-range", person)
        )

    def _first(self, people: Iterator[Resource]) -> Resource:
        for person in people:
            if person["id"] not in self._played and self._suits(person):
                self._played.add(person["id"])
                return person
        raise NobodyLeft

    def _everybody(self) -> Iterator[Resource]:
        return self._reachable()

    def _suits(self, person: Resource) -> bool:
        is_grown_up = person.get("birthDate", "9999") <= (self._host.now() - _OF_AGE).date().isoformat()
        return (
            is_grown_up
            and not self._enrolments(person["id"])
            and not self._has_booked(person)
            and not any(map(_forbids_care, self._found("Consent", person)))
        )

    def _has_booked(self, person: Resource) -> bool:
        now = self._host.now().isoformat()
        return any(one.get("start", "") >= now[:10] for one in self._found("Appointment", person))

    def _is_in(self, segment_id: str, person: Resource) -> bool:
        path = f"/api/patients/{person['id']}/segments/{segment_id}/explain"
        headers = {"Authorization": f"Bearer {self._token}", "X-Reason": "looks for somebody to play"}
        answer = self._host.http.get(path, headers=headers)
        return bool(answer.raise_for_status().json()["holds"])

    def _found(self, kind: str, person: Resource) -> list[Resource]:
        bundle = self._host.http.get(f"/fhir/{kind}?patient={person['id']}&_count=500").raise_for_status()
        return [entry["resource"] for entry in bundle.json().get("entry", [])]


def _forbids_care(consent: Resource) -> bool:
    provision: dict[str, Any] = consent.get("provision", {})
    purposes = {purpose.get("code") for purpose in provision.get("purpose", [])}
    return provision.get("type") == "deny" and bool(purposes & set(CARE))


def called(person: Resource) -> str:
    """Give somebody's first and last name; Synthea's numbers are left out."""
    name = person["name"][0]
    return re.sub(r"\d+", "", f"{name['given'][0]} {name['family']}")


def first_name(person: Resource) -> str:
    """Give somebody's first name."""
    return re.sub(r"\d+", "", person["name"][0]["given"][0])
