"""Who plays in the flow: people of the record whom one can write to, each in one scene only."""

from collections.abc import Iterator
from typing import Any

from local.narrator import BrokenPromise
from local.own_host import OwnHost
from shared.fhir.ports import Resource
from shared.kernel.clock import SystemClock
from shared.patients.in_fhir import profile_from
from shared.patients.model import Channel

REGION = "GB"


WRITTEN_BY = (Channel.SMS, Channel.EMAIL)


class NobodyLeft(BrokenPromise):
    """The record has too few people who can be reached and are in no journey yet."""

    def __init__(self) -> None:
        super().__init__("the record has too few people who can be reached")


class Cast:
    """Chooses people who are alive, can be reached by text message and e-mail, and are in no journey yet."""

    def __init__(self, host: OwnHost, token: str) -> None:
        self._host, self._token = host, token
        self._people = self._reachable()

    def next(self) -> Resource:
        """Give somebody new, as a FHIR Patient. Raises `NobodyLeft` when the record has too few people."""
        for patient in self._people:
            if not self._enrolments(patient["id"]):
                return patient
        raise NobodyLeft

    def _reachable(self) -> Iterator[Resource]:
        now = SystemClock().now()
        url: str | None = "/fhir/Patient?_count=200&_sort=_id"
        while url is not None:
            bundle = self._host.http.get(url).raise_for_status().json()
            for entry in bundle.get("entry", []):
                profile = profile_from(entry["resource"], region=REGION)
                if profile.is_reachable and all(profile.preferred(by, now) for by in WRITTEN_BY):
                    yield entry["resource"]
            url = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), None)

    def _enrolments(self, patient_id: str) -> list[Any]:
        headers = {"Authorization": f"Bearer {self._token}", "X-Reason": "looks for somebody to play"}
        answer = self._host.http.get(f"/api/patients/{patient_id}/enrolments", headers=headers)
        return answer.raise_for_status().json()["enrolments"]
