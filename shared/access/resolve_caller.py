"""From what a token says to who is calling."""

from dataclasses import dataclass

from shared.access.documents import login_of, portal_of, team_of
from shared.access.follow_merges import FollowMerges
from shared.access.model import Caller, Claims, Role, granted, widest
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId, derived


@dataclass(frozen=True, slots=True)
class ResolveCaller:
    """Find the roles, teams and scope of staff, and the record of a patient (PA-2).

    Roles and groups that nobody here has heard of count for nothing. A patient's login is in a record when
    the record's own list of ways in has it: what was taken from that list is out with the next request. Of
    all a token claims of its bearer only the id of a patient counts, and that only from an issuer trusted
    with it.
    """

    documents: Documents
    follow_merges: FollowMerges

    def __call__(self, claims: Claims) -> Caller:
        return self._patient(claims) if claims.is_patient else self._staff(claims)

    def _patient(self, claims: Claims) -> Caller:
        named = claims.patient_id or self._linked(claims)
        patient_id = self.follow_merges(named) if named is not None else None
        return Caller(claims.subject, claims.issuer, patient_id=patient_id, is_patient=True)

    def _linked(self, claims: Claims) -> PatientId | None:
        login = login_of(self.documents, claims.issuer, claims.subject)
        access = portal_of(self.documents, login.body.patient_id) if login else None
        if login is None or access is None:
            return None
        is_in = access.body.login(derived(claims.issuer, claims.subject)) is not None
        return login.body.patient_id if is_in else None

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
            is_service=claims.is_service,
        )


_ROLE_NAMES = frozenset(role.value for role in Role)
