"""What the system knows of the caller, told to the caller."""

from dataclasses import dataclass

from shared.access.model import Caller, Role, Scope, may_read_clinical
from shared.kernel.identity import PatientId


@dataclass(frozen=True, slots=True)
class CallerShown:
    """Who you are here, and what that allows."""

    subject: str
    issuer: str
    roles: tuple[Role, ...]
    teams: tuple[str, ...]
    scope: Scope
    patient_id: PatientId | None
    may_read_clinical: bool


@dataclass(frozen=True, slots=True)
class WhoAmI:
    """Tell callers their roles, teams and scope, so that a desk shows only what they may use."""

    def __call__(self, *, caller: Caller) -> CallerShown:
        return CallerShown(
            caller.subject,
            caller.issuer,
            tuple(sorted(caller.roles)),
            tuple(sorted(caller.teams)),
            caller.scope,
            caller.patient_id,
            may_read_clinical(caller),
        )
