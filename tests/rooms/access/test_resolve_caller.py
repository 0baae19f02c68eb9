"""From claims to a caller."""

from itertools import pairwise
from typing import Any

import pytest

from shared.access.documents import defining, linking, login_partition, team_partition
from shared.access.follow_merges import MOST_MERGES, FollowMerges
from shared.access.model import Caller, Claims, Grant, Role, Scope, Team
from shared.access.resolve_caller import ResolveCaller
from shared.access.who_am_i import CallerShown, WhoAmI
from shared.kernel.identity import PatientId
from tests.rooms.access.portal import Portal, a_patient
from tests.support.house import A_MINUTE_BEFORE_SUMMER_TIME
from tests.support.portal import let_in

NORTH = Team("north", "North ward", (Grant(Role.CARE_COORDINATOR, Scope.TEAM),))


def staff(*, roles: tuple[str, ...] = (), groups: tuple[str, ...] = ()) -> Claims:
    return Claims("entra", "nurse", is_patient=False, roles=roles, groups=groups)


def resolved(portal: Portal, claims: Claims) -> Caller:
    return ResolveCaller(portal.documents, FollowMerges(portal.record))(claims)


class TestResolveCaller:
    def test_knows_roles_by_name_and_no_others(self, portal: Portal) -> None:
        caller = resolved(portal, staff(roles=("operator", "emperor")))

        assert (caller.roles, caller.scope) == (frozenset({Role.OPERATOR}), Scope.ORGANISATION)

    def test_passes_a_teams_roles_on(self, portal: Portal) -> None:
        portal.documents.commit(team_partition("north"), changes=[defining(NORTH)])

        caller = resolved(portal, staff(roles=("basic_user",), groups=("north", "chess club", "a/b", "")))

        assert caller.roles == {Role.BASIC_USER, Role.CARE_COORDINATOR}
        assert (caller.teams, caller.scope) == (frozenset({"north"}), Scope.TEAM)

    def test_finds_the_record_a_login_is_linked_to(self, portal: Portal) -> None:
        let_in(portal.documents, "external", "login", PatientId("ada"))

        linked = resolved(portal, Claims("external", "login", is_patient=True))
        elsewhere = resolved(portal, Claims("other", "login", is_patient=True))

        assert (linked.patient_id, elsewhere.patient_id) == ("ada", None)

    def test_lets_nobody_in_by_the_way_to_a_record_alone(self, portal: Portal) -> None:
        """Whether a login is in, the record's list of ways in says; the pointer only says where to look."""
        link = linking("external", "login", PatientId("ada"), at=A_MINUTE_BEFORE_SUMMER_TIME)
        portal.documents.commit(login_partition("external", "login"), changes=[link])

        assert resolved(portal, Claims("external", "login", is_patient=True)).patient_id is None

    def test_believes_an_issuer_that_names_the_record(self, portal: Portal) -> None:
        claims = Claims("portal", "login", is_patient=True, patient_id=PatientId("grace"))

        assert resolved(portal, claims).patient_id == "grace"

    def test_gives_a_patient_no_roles(self, portal: Portal) -> None:
        claims = Claims("portal", "login", is_patient=True, roles=("operator",), groups=("north",))

        assert resolved(portal, claims).roles == frozenset()


def merged_into(other: str | None, **more: Any) -> dict[str, Any]:
    return {"link": [{"type": "replaced-by", "other": {"reference": other}}], **more}


class TestMergedRecords:
    @pytest.fixture(autouse=True)
    def ada(self, portal: Portal) -> None:
        let_in(portal.documents, "external", "login", PatientId("ada"))

    def of(self, portal: Portal) -> PatientId | None:
        return resolved(portal, Claims("external", "login", is_patient=True)).patient_id

    def chain(self, portal: Portal, *ids: str) -> None:
        """Merge each record into the next."""
        for one, following in pairwise(ids):
            portal.write(a_patient(PatientId(one), None, **merged_into(f"Patient/{following}")))

    def test_are_followed_to_the_one_that_counts(self, portal: Portal) -> None:
        self.chain(portal, "ada", "ada-2", "ada-3")
        portal.write(a_patient(PatientId("ada-3"), None))

        assert self.of(portal) == "ada-3"
        named = Claims("portal", "x", is_patient=True, patient_id=PatientId("ada-2"))
        assert resolved(portal, named).patient_id == "ada-3"

    def test_lead_back_once_they_are_taken_apart(self, portal: Portal) -> None:
        self.chain(portal, "ada", "ada-2")
        portal.write(a_patient(PatientId("ada"), None))

        assert self.of(portal) == "ada"

    @pytest.mark.parametrize("circle", [("ada", "ada"), ("ada", "b", "ada"), ("ada", "b", "c", "b")])
    def test_in_a_circle_open_nothing(self, portal: Portal, circle: tuple[str, ...]) -> None:
        self.chain(portal, *circle)

        assert self.of(portal) is None

    @pytest.mark.parametrize(("merges", "found"), [(MOST_MERGES, True), (MOST_MERGES + 1, False)])
    def test_are_followed_so_far_and_no_farther(self, portal: Portal, merges: int, *, found: bool) -> None:
        ids = ["ada", *(f"ada-{n}" for n in range(merges))]
        self.chain(portal, *ids)
        portal.write(a_patient(PatientId(ids[-1]), None))

        assert self.of(portal) == (ids[-1] if found else None)

    @pytest.mark.parametrize(
        "reference", ["https://elsewhere.example/fhir/Patient/b", "Person/b", "#", "", None]
    )
    def test_elsewhere_are_not_ours(self, portal: Portal, reference: str | None) -> None:
        portal.write(a_patient(PatientId("b"), None))
        link = {"type": "replaced-by", "other": {"reference": reference} if reference else {"display": "B"}}
        portal.write(a_patient(PatientId("ada"), None, link=[link]))

        assert self.of(portal) == "ada"

    @pytest.mark.parametrize(
        "links",
        [
            [("replaced-by", "b"), ("replaced-by", "c")],
            [("replaced-by", "b"), ("replaces", "b")],
        ],
    )
    def test_that_contradict_each_other_open_nothing(
        self, portal: Portal, links: list[tuple[str, str]]
    ) -> None:
        """Whose record it is now nobody can say: not Ada's login, nor one that comes to her by a merge."""
        told = [{"type": kind, "other": {"reference": f"Patient/{other}"}} for kind, other in links]
        portal.write(a_patient(PatientId("ada"), None, link=told))
        portal.write(a_patient(PatientId("b"), None))
        portal.write(a_patient(PatientId("before"), None, **merged_into("Patient/ada")))
        named = Claims("portal", "x", is_patient=True, patient_id=PatientId("before"))

        assert (self.of(portal), resolved(portal, named).patient_id) == (None, None)

    def test_that_say_the_same_twice_are_followed(self, portal: Portal) -> None:
        told = [{"type": "replaced-by", "other": {"reference": "Patient/b"}}] * 2
        portal.write(a_patient(PatientId("ada"), None, link=told))
        portal.write(a_patient(PatientId("b"), None))

        assert self.of(portal) == "b"

    def test_that_are_only_alike_are_not_followed(self, portal: Portal) -> None:
        link = {"type": "seealso", "other": {"reference": "Patient/b"}}
        portal.write(a_patient(PatientId("ada"), None, link=[link]))

        assert self.of(portal) == "ada"


class TestWhoAmI:
    def test_tells_callers_what_they_may(self, portal: Portal) -> None:
        caller = resolved(portal, staff(roles=("healthcare_user", "basic_user")))

        assert WhoAmI()(caller=caller) == CallerShown(
            "nurse",
            "entra",
            (Role.BASIC_USER, Role.HEALTHCARE_USER),
            (),
            Scope.ORGANISATION,
            None,
            may_read_clinical=True,
        )
