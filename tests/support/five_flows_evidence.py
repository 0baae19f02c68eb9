"""What those who took part know, and what the house says over HTTP when all is over."""

from dataclasses import dataclass, field
from typing import Any

from local.own_host import OwnHost
from tests.support.five_flows_asking import Asker, Pace
from tests.support.five_flows_desk import Representative
from tests.support.five_flows_hospital import Hospital
from tests.support.five_flows_patients import Booker, Patient
from tests.support.five_flows_scene import SEGMENTS, SURVEY, Person, sent

Row = dict[str, Any]


@dataclass
class Evidence:
    """Everybody's own account, beside the house's."""

    host: OwnHost
    pace: Pace
    patients: list[Patient]
    bookers: list[Booker]
    desk: list[Representative]
    hospital: Hospital
    board: list[Row] = field(default_factory=list[Row])
    work: dict[str, Row] = field(default_factory=dict[str, Row])
    results: Row = field(default_factory=Row)
    members: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    sent: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])

    @property
    def people(self) -> list[Person]:
        return [patient.person for patient in self.patients]

    def look_over_http(self) -> None:
        """Ask for what staff are shown."""
        roles = ["omnichannel_supervisor", "care_coordinator"]
        rita = Asker(self.host.url, self.pace, self.host.token("staff", subject="rita", roles=roles))
        self.board = _all_pages(rita, "/api/conversations", "conversations")
        self.results = rita.get(f"/api/surveys/{SURVEY}/results")["satisfaction"]
        self.work = {one.name: one.asker.get("/api/me/work") for one in self.desk}
        for segment in SEGMENTS:
            found = _all_pages(rita, f"/api/segments/{segment}/members", "members")
            self.members[segment] = {one["patient_id"] for one in found}
        self.sent = sent(self.host)


def _all_pages(asker: Asker, path: str, name: str) -> list[Row]:
    rows: list[Row] = []
    after: str | None = None
    while True:
        page = asker.get(path, params={"limit": "50"} | ({"after": after} if after else {}))
        rows += page[name]
        after = page["next"]
        if after is None:
            return rows
