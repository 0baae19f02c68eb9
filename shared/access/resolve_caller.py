"""From what a token says to who is calling."""

from dataclasses import dataclass

from shared.access.documents import login_of, team_of
from shared.access.model import Caller, Claims, Role, granted, widest
from shared.kernel.documents import Documents


@dataclass(frozen=True, slots=True)
class ResolveCaller:
    """Find the roles, teams and scope of staff, and the record of a patient.

    Roles and groups that nobody here has heard of count for nothing.
    """

    documents: Documents

    def __call__(self, claims: Claims) -> Caller:
        return self._patient(claims) if claims.is_patient else self._staff(claims)

    def _patient(self, claims: Claims) -> Caller:
        patient_id = claims.patient_id
        if patient_id is None:
            login = login_of(self.documents, claims.issuer, claims.subject)
            patient_id = login.patient_id if login else None
        return Caller(claims.subject, claims.issuer, patient_id=patient_id)

    def _staff(self, claims: Claims) -> Caller:
        found = (team_of(self.documents, group) for group in claims.groups)
        teams = [team for team in found if team is not None]
        direct = [granted(Role(name)) for name in claims.roles if name in _ROLE_NAMES]
        grants = [*direct, *(grant for team in teams for grant in team.grants)]
        return Caller(
            claims.subject,
            claims.issuer,
            roles=frozenset(grant.role for grant in grants),
            teams=frozenset(team.id for team in teams),
            scope=widest(grants),
        )


_ROLE_NAMES = frozenset(role.value for role in Role)
