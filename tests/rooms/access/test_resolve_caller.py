"""From claims to a caller."""

from collections.abc import Generator
from pathlib import Path

import pytest

from shared.access.documents import defining, linking, login_partition, team_partition
from shared.access.model import Claims, Grant, Role, Scope, Team
from shared.access.resolve_caller import ResolveCaller
from shared.access.who_am_i import CallerShown, WhoAmI
from shared.kernel.identity import PatientId
from tests.support.house import A_MINUTE_BEFORE_SUMMER_TIME, House, a_house

NORTH = Team("north", "North ward", (Grant(Role.CARE_COORDINATOR, Scope.TEAM),))


@pytest.fixture
def house(tmp_path: Path) -> Generator[House]:
    with a_house(tmp_path) as one:
        yield one


def staff(*, roles: tuple[str, ...] = (), groups: tuple[str, ...] = ()) -> Claims:
    return Claims("entra", "nurse", is_patient=False, roles=roles, groups=groups)


class TestResolveCaller:
    def test_knows_roles_by_name_and_no_others(self, house: House) -> None:
        caller = ResolveCaller(house.documents)(staff(roles=("operator", "emperor")))

        assert (caller.roles, caller.scope) == (frozenset({Role.OPERATOR}), Scope.ORGANISATION)

    def test_passes_a_teams_roles_on(self, house: House) -> None:
        house.documents.commit(team_partition("north"), changes=[defining(NORTH)])

        caller = ResolveCaller(house.documents)(
            staff(roles=("basic_user",), groups=("north", "chess club", "a/b", ""))
        )

        assert caller.roles == {Role.BASIC_USER, Role.CARE_COORDINATOR}
        assert (caller.teams, caller.scope) == (frozenset({"north"}), Scope.TEAM)

    def test_finds_the_record_a_login_is_linked_to(self, house: House) -> None:
        link = linking("external", "login", PatientId("ada"), at=A_MINUTE_BEFORE_SUMMER_TIME)
        house.documents.commit(login_partition("external", "login"), changes=[link])
        resolve = ResolveCaller(house.documents)

        linked = resolve(Claims("external", "login", is_patient=True))
        elsewhere = resolve(Claims("other", "login", is_patient=True))

        assert (linked.patient_id, elsewhere.patient_id) == ("ada", None)

    def test_believes_an_issuer_that_names_the_record(self, house: House) -> None:
        claims = Claims("portal", "login", is_patient=True, patient_id=PatientId("grace"))

        assert ResolveCaller(house.documents)(claims).patient_id == "grace"

    def test_gives_a_patient_no_roles(self, house: House) -> None:
        claims = Claims("portal", "login", is_patient=True, roles=("operator",), groups=("north",))

        assert ResolveCaller(house.documents)(claims).roles == frozenset()


class TestWhoAmI:
    def test_tells_callers_what_they_may(self, house: House) -> None:
        caller = ResolveCaller(house.documents)(staff(roles=("healthcare_user", "basic_user")))

        assert WhoAmI()(caller=caller) == CallerShown(
            "nurse",
            "entra",
            (Role.BASIC_USER, Role.HEALTHCARE_USER),
            (),
            Scope.ORGANISATION,
            None,
            may_read_clinical=True,
        )
