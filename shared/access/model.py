"""Roles, teams, scopes, and what they allow (capabilities §1.21)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shared.access.portal_access import FamilyScope
from shared.kernel.identity import PatientId
from shared.kernel.refusals import NotAllowed


class Role(StrEnum):
    """What somebody does here; a person may have several, and they add up."""

    BASIC_USER = "basic_user"
    CUSTOMER_SERVICE_REPRESENTATIVE = "customer_service_representative"
    CSR_MANAGER = "csr_manager"
    OMNICHANNEL_AGENT = "omnichannel_agent"
    OMNICHANNEL_SUPERVISOR = "omnichannel_supervisor"
    OMNICHANNEL_ADMINISTRATOR = "omnichannel_administrator"
    PRODUCTIVITY_TOOLS_USER = "productivity_tools_user"
    PRODUCTIVITY_TOOLS_ADMINISTRATOR = "productivity_tools_administrator"
    KNOWLEDGE_MANAGER = "knowledge_manager"
    HEALTHCARE_USER = "healthcare_user"
    HEALTHCARE_NON_CLINICAL_USER = "healthcare_non_clinical_user"
    FHIR_SYNC_ADMINISTRATOR = "fhir_sync_administrator"
    MARKETING_PROFESSIONAL = "marketing_professional"
    MARKETING_MANAGER = "marketing_manager"
    EVENT_PLANNER = "event_planner"
    EVENT_ADMINISTRATOR = "event_administrator"
    DATA_VIEWER = "data_viewer"
    DATA_CONTRIBUTOR = "data_contributor"
    DATA_ADMINISTRATOR = "data_administrator"
    PERSONAS_ADMINISTRATOR = "personas_administrator"
    CARE_COORDINATOR = "care_coordinator"
    OUTREACH_SPECIALIST = "outreach_specialist"
    PRIVACY_OFFICER = "privacy_officer"
    OPERATOR = "operator"


class Scope(StrEnum):
    """Whose things a role reaches: one's own, one's teams', everybody's."""

    OWN = "own"
    TEAM = "team"
    ORGANISATION = "organisation"

    def covers(self, other: "Scope") -> bool:
        """Say whether this reaches at least as far as `other`."""
        return _REACH.index(self) >= _REACH.index(other)


_REACH = (Scope.OWN, Scope.TEAM, Scope.ORGANISATION)

CLINICAL_ROLES = frozenset({Role.HEALTHCARE_USER, Role.CARE_COORDINATOR})
"""Who may be shown clinical data. Roles add up: a non-clinical role beside one takes nothing away."""

_TEAM_WIDE = frozenset({Role.CSR_MANAGER, Role.OMNICHANNEL_SUPERVISOR, Role.CARE_COORDINATOR})
_OWN_ONLY = frozenset(
    {
        Role.BASIC_USER,
        Role.CUSTOMER_SERVICE_REPRESENTATIVE,
        Role.OMNICHANNEL_AGENT,
        Role.PRODUCTIVITY_TOOLS_USER,
        Role.EVENT_PLANNER,
    }
)


@dataclass(frozen=True, slots=True)
class Grant:
    """A role, and how far it reaches."""

    role: Role
    scope: Scope


@dataclass(frozen=True, slots=True)
class Team:
    """An Entra group that passes roles on to its members."""

    id: str
    name: str
    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says of its bearer. A patient's issuer vouches for no roles and no groups."""

    issuer: str
    subject: str
    is_patient: bool
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    patient_id: PatientId | None = None
    is_service: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling: for a patient, `patient_id` is the record their login is linked to.

    `acts_by` is what they may do where `patient_id` is somebody else's, whom they act for (PA-9).
    `is_service`: no person, but a system of the house with permissions of its own.
    """

    subject: str
    issuer: str
    roles: frozenset[Role] = frozenset()
    teams: frozenset[str] = field(default_factory=frozenset[str])
    patient_id: PatientId | None = None
    scope: Scope = Scope.OWN
    is_patient: bool = False
    acts_by: frozenset[FamilyScope] | None = None
    is_service: bool = False

    @property
    def who(self) -> str:
        """Name the person as the audit does: unique among all issuers."""
        return f"{self.issuer}|{self.subject}"

    @property
    def ground(self) -> str | None:
        """Say on what ground a patient's login comes to the record; of staff, only an act can know."""
        if self.patient_id is None:
            return None
        return Reading.OWN_RECORD if self.acts_by is None else Reading.FAMILY


@dataclass(frozen=True, slots=True)
class ChatVisitor:
    """Whoever holds a conversation's token: it opens that one conversation, and nothing else (D12)."""

    conversation_id: str
    patient_id: PatientId | None
    user_id: str

    @property
    def subject(self) -> str:
        return self.user_id

    @property
    def issuer(self) -> str:
        return f"conversation/{self.conversation_id}"


@dataclass(frozen=True, slots=True)
class SealedLink:
    """Whoever has opened a link that only we can have written; `told` is what it says (D13)."""

    told: Mapping[str, str]

    @property
    def subject(self) -> str:
        return "|".join(self.told.values())

    @property
    def issuer(self) -> str:
        return "link"


class CareRelationshipMissing(NotAllowed):
    """You have no care relationship with this patient; give a reason to read on."""


class Reading(StrEnum):
    """On what ground somebody reads a patient's record."""

    OWN_RECORD = "own_record"
    CARE_RELATIONSHIP = "care_relationship"
    BREAK_GLASS = "break_glass"
    FAMILY = "family"
    SERVICE = "service"


def granted(role: Role) -> Grant:
    """Give the scope that a role has when it is given to a person directly."""
    if role in _OWN_ONLY:
        return Grant(role, Scope.OWN)
    return Grant(role, Scope.TEAM if role in _TEAM_WIDE else Scope.ORGANISATION)


def widest(grants: Iterable[Grant]) -> Scope:
    """Give the farthest reach among grants."""
    return max((grant.scope for grant in grants), key=_REACH.index, default=Scope.OWN)


def may(caller: Caller, *roles: Role) -> bool:
    """Say whether the caller has at least one of the roles."""
    return not caller.roles.isdisjoint(roles)


def reaches(caller: Caller, *, owner: str, team: str | None) -> bool:
    """Say whether something of `owner`, kept for `team`, lies within the caller's scope."""
    if owner == caller.who or caller.scope is Scope.ORGANISATION:
        return True
    return caller.scope is Scope.TEAM and team in caller.teams


def may_read_clinical(caller: Caller) -> bool:
    """Say whether clinical data may be shown: to those who treat, to patients their own, to family if let."""
    if caller.acts_by is not None:
        return FamilyScope.VIEW_CLINICAL in caller.acts_by
    return caller.patient_id is not None or may(caller, *CLINICAL_ROLES)


def reading_of(
    caller: Caller, patient_id: PatientId, *, has_care_relationship: bool, reason: str | None
) -> Reading:
    """Give the ground on which the caller reads this patient's record (D13).

    Without a care relationship a reason is asked for; what was read on a reason alone is shown to the privacy
    officer. A patient reads nobody's record but their own, whatever the reason. A system has ties to nobody,
    and comes to what its permissions name.
    """
    if caller.patient_id is not None:
        if caller.patient_id == patient_id:
            return Reading.OWN_RECORD if caller.acts_by is None else Reading.FAMILY
        raise CareRelationshipMissing
    if caller.is_service:
        return Reading.SERVICE
    if has_care_relationship:
        return Reading.CARE_RELATIONSHIP
    if reason is None or not reason.strip():
        raise CareRelationshipMissing
    return Reading.BREAK_GLASS
