"""Roles, scopes, and the ground on which somebody reads a record."""

import pytest

from shared.access.model import (
    Caller,
    CareRelationshipMissing,
    Grant,
    Reading,
    Role,
    Scope,
    granted,
    may,
    may_read_clinical,
    reaches,
    reading_of,
    widest,
)
from shared.kernel.identity import PatientId

ADA, GRACE = PatientId("ada"), PatientId("grace")


def staff(*roles: Role, scope: Scope = Scope.OWN, teams: frozenset[str] = frozenset()) -> Caller:
    return Caller("nurse", "entra", frozenset(roles), teams, scope=scope)


def patient(patient_id: PatientId = ADA) -> Caller:
    return Caller("login", "external", patient_id=patient_id)


class TestRoles:
    def test_add_up(self) -> None:
        both = staff(Role.DATA_VIEWER, Role.KNOWLEDGE_MANAGER)

        assert may(both, Role.DATA_VIEWER)
        assert may(both, Role.OPERATOR, Role.KNOWLEDGE_MANAGER)
        assert not may(both, Role.OPERATOR)

    @pytest.mark.parametrize("role", Role)
    def test_show_clinical_data_to_those_who_treat_only(self, role: Role) -> None:
        treats = {Role.HEALTHCARE_USER, Role.CARE_COORDINATOR}

        assert may_read_clinical(staff(role)) is (role in treats)

    def test_lose_nothing_by_a_non_clinical_role_beside(self) -> None:
        assert may_read_clinical(staff(Role.HEALTHCARE_USER, Role.HEALTHCARE_NON_CLINICAL_USER))

    def test_show_patients_their_own(self) -> None:
        assert may_read_clinical(patient())


class TestScope:
    def test_is_the_widest_of_all_grants(self) -> None:
        grants = [Grant(Role.OPERATOR, Scope.TEAM), Grant(Role.BASIC_USER, Scope.OWN)]

        assert (widest(grants), widest([])) == (Scope.TEAM, Scope.OWN)

    @pytest.mark.parametrize(
        ("role", "scope"),
        [
            (Role.OMNICHANNEL_AGENT, Scope.OWN),
            (Role.OMNICHANNEL_SUPERVISOR, Scope.TEAM),
            (Role.OMNICHANNEL_ADMINISTRATOR, Scope.ORGANISATION),
        ],
    )
    def test_follows_from_the_role(self, role: Role, scope: Scope) -> None:
        assert granted(role) == Grant(role, scope)

    @pytest.mark.parametrize(
        ("scope", "owner", "team", "within"),
        [
            (Scope.OWN, "entra|nurse", None, True),
            (Scope.OWN, "entra|other", "north", False),
            (Scope.TEAM, "entra|other", "north", True),
            (Scope.TEAM, "entra|other", "south", False),
            (Scope.TEAM, "entra|other", None, False),
            (Scope.ORGANISATION, "entra|other", "south", True),
        ],
    )
    def test_says_whose_things_are_reached(
        self, scope: Scope, owner: str, team: str | None, *, within: bool
    ) -> None:
        caller = staff(scope=scope, teams=frozenset({"north"}))

        assert reaches(caller, owner=owner, team=team) is within

    def test_covers_what_is_narrower(self) -> None:
        assert Scope.ORGANISATION.covers(Scope.TEAM)
        assert Scope.TEAM.covers(Scope.TEAM)
        assert not Scope.OWN.covers(Scope.TEAM)


class TestReadingOf:
    def test_asks_no_reason_of_those_who_treat(self) -> None:
        reading = reading_of(staff(Role.HEALTHCARE_USER), ADA, has_care_relationship=True, reason=None)

        assert reading is Reading.CARE_RELATIONSHIP

    @pytest.mark.parametrize("reason", [None, "", "   "])
    def test_asks_others_for_a_reason(self, reason: str | None) -> None:
        with pytest.raises(CareRelationshipMissing):
            reading_of(staff(Role.HEALTHCARE_USER), ADA, has_care_relationship=False, reason=reason)

    def test_breaks_the_glass_for_a_reason(self) -> None:
        reading = reading_of(
            staff(Role.HEALTHCARE_USER), ADA, has_care_relationship=False, reason="Found unconscious"
        )

        assert reading is Reading.BREAK_GLASS

    def test_lets_patients_read_their_own(self) -> None:
        assert reading_of(patient(), ADA, has_care_relationship=False, reason=None) is Reading.OWN_RECORD

    @pytest.mark.parametrize("has_care_relationship", [True, False])
    def test_lets_no_patient_read_anothers(self, *, has_care_relationship: bool) -> None:
        with pytest.raises(CareRelationshipMissing):
            reading_of(patient(), GRACE, has_care_relationship=has_care_relationship, reason="Curious")
