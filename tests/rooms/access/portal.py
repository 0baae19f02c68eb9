"""A house with a record, and whoever comes to its portal."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from shared.access.act_on_behalf import ActOnBehalf
from shared.access.close_way_in import CloseWayIn, WhyClosed
from shared.access.count_guesses import CountGuesses
from shared.access.end_family_access import EndFamilyAccess
from shared.access.family_terms import FamilyAsked, Terms
from shared.access.follow_merges import FollowMerges
from shared.access.invitation_codes import InvitationCodes
from shared.access.invite_patient import InvitationMade, InvitePatient
from shared.access.list_family import ListFamily
from shared.access.list_invitations import ListInvitations, WaysIn
from shared.access.look_up_invitation import LookUpInvitation
from shared.access.make_invitation import InvitationAsked, MakeInvitation
from shared.access.model import Caller, Claims, Role
from shared.access.open_invitation import CodeTyped, OpenInvitation
from shared.access.portal_access import FamilyScope
from shared.access.redeem_invitation import Redeemed, RedeemInvitation
from shared.access.remove_login import RemoveLogin
from shared.access.resolve_caller import ResolveCaller
from shared.access.revoke_invitation import RevokeInvitation
from shared.adapters.codec import from_plain
from shared.adapters.sqlite_record import SqliteRecord
from shared.audit.model import RecordAudit
from shared.fhir.ports import Write
from shared.kernel.documents import Documents
from shared.kernel.identity import PatientId, RandomIds, derived
from shared.kernel.sensitive import Sensitive
from shared.messaging.invitation_letters import InvitationLetters
from shared.patients.contact_keys import ContactKeys
from shared.wiring.house_rules import INVITATION_TEMPLATES
from tests.support.house import House, a_house

SINEAD = PatientId("sinead")
LIAM = PatientId("liam")
BORN = date(1980, 2, 29)
LIAM_BORN = date(2010, 7, 31)
NURSE = Caller("nurse", "entra", frozenset({Role.CARE_COORDINATOR}))
PORTAL = "https://login.example/patients"
BOOKS = (FamilyScope.BOOK_APPOINTMENTS, FamilyScope.VIEW_ADMINISTRATIVE)


@dataclass(slots=True)
class Portal:
    """Everything that lets people in, over one store and one record; `address` is where they ask from."""

    house: House
    record: SqliteRecord
    documents: Documents
    address: str | None = "192.0.2.7"
    codes: InvitationCodes = field(default_factory=lambda: InvitationCodes(Sensitive(b"a key of the test")))

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    @property
    def terms(self) -> Terms:
        return Terms(self.record, 18, "Europe/Dublin")

    @property
    def open_invitation(self) -> OpenInvitation:
        count = CountGuesses(self.documents, self.codes)
        return OpenInvitation(self.documents, self.record, self.codes, count)

    # -- the record

    def write(self, *resources: dict[str, Any]) -> None:
        self.record.transaction([Write("PUT", one["resourceType"], one["id"], one) for one in resources])

    # -- staff

    def invite(
        self, wanted: InvitationAsked | None = None, *, patient_id: PatientId = SINEAD, by: Caller = NURSE
    ) -> InvitationMade:
        return self.invite_patient(wanted or asked(), patient_id=patient_id, caller=by, now=self.now)

    @property
    def invite_patient(self) -> InvitePatient:
        make = MakeInvitation(self.documents, self.record, self.codes, self.terms, timedelta(days=30))
        return InvitePatient(make, RandomIds())

    def invite_mother(self, *scopes: FamilyScope, **changed: Any) -> InvitationMade:
        """Invite Liam's mother to act for him."""
        family = FamilyAsked("liams-mother", scopes or BOOKS, **changed)
        return self.invite(asked(family=family, why="His mother"), patient_id=LIAM)

    def ways_in(self, patient_id: PatientId = SINEAD) -> WaysIn:
        letters = InvitationLetters(
            self.documents, ContactKeys(Sensitive(b"a key of the test")), "IE", INVITATION_TEMPLATES
        )
        return ListInvitations(self.documents, self.record, letters)(patient_id=patient_id, now=self.now)

    def revoke(self, invitation_id: str, *, patient_id: PatientId = SINEAD) -> None:
        act = RevokeInvitation(CloseWayIn(self.documents))
        act(
            WhyClosed("Sent to an old address"),
            patient_id=patient_id,
            invitation_id=invitation_id,
            caller=NURSE,
            now=self.now,
        )

    def remove_login(self, login_id: str, *, patient_id: PatientId = SINEAD) -> None:
        act = RemoveLogin(CloseWayIn(self.documents))
        act(
            WhyClosed("Telephone stolen"),
            patient_id=patient_id,
            login_id=login_id,
            caller=NURSE,
            now=self.now,
        )

    def end_family_access(self, grant_id: str, *, patient_id: PatientId = LIAM, by: Caller = NURSE) -> None:
        act = EndFamilyAccess(CloseWayIn(self.documents))
        act(WhyClosed("A court says so"), patient_id=patient_id, grant_id=grant_id, caller=by, now=self.now)

    # -- whoever comes

    def who(self, subject: str, **claimed: Any) -> Caller:
        """Resolve a patient's login as a request would."""
        claims = Claims(PORTAL, subject, is_patient=True, **claimed)
        return ResolveCaller(self.documents, FollowMerges(self.record))(claims)

    def redeem(
        self, code: Sensitive[str] | str, subject: str = "sinead@phone", *, born: date | None = BORN
    ) -> Redeemed:
        act = RedeemInvitation(self.documents, self.open_invitation)
        return act(typed(code, born), caller=self.who(subject), address=self.address, now=self.now)

    def look_up(self, code: Sensitive[str] | str, subject: str, *, born: date | None = BORN) -> Any:
        act = LookUpInvitation(self.open_invitation)
        return act(typed(code, born), caller=self.who(subject), address=self.address, now=self.now)

    @property
    def act_on_behalf(self) -> ActOnBehalf:
        return ActOnBehalf(self.documents, self.record, self.terms)

    def acting(
        self, subject: str, patient_id: PatientId = LIAM, scope: str | None = "book_appointments"
    ) -> Caller:
        who = self.who(subject)
        return self.act_on_behalf(caller=who, patient_id=patient_id, scope=scope, now=self.now)

    def family(self, subject: str) -> Any:
        return ListFamily(self.documents, self.act_on_behalf)(caller=self.who(subject), now=self.now)

    # -- what was told

    def audited(self) -> list[RecordAudit]:
        """Give the audit entries that commits have announced, in their order."""
        changes, _ = self.house.change_feed.read("test", limit=10_000)
        told = [one["body"]["content"] for one in changes if one["kind"] == "announcement"]
        return [from_plain(content, RecordAudit) for content in told]


asked = partial(InvitationAsked, asks_birth_date=True)
"""As invitations usually are."""


def typed(code: Sensitive[str] | str, born: date | None) -> CodeTyped:
    spelt = Sensitive(code) if isinstance(code, str) else code
    return CodeTyped(spelt, None if born is None else Sensitive(born))


def login_id(subject: str) -> str:
    return derived(PORTAL, subject)


def a_patient(patient_id: PatientId, born: str | None, **more: Any) -> dict[str, Any]:
    told = {"birthDate": born} if born else {}
    return {"resourceType": "Patient", "id": patient_id, "active": True} | told | more


SINEADS = a_patient(
    SINEAD,
    BORN.isoformat(),
    name=[{"family": "O'Brien", "given": ["Sinéad"]}],
    telecom=[
        {"system": "phone", "value": "+353 85 123 4567"},
        {"system": "email", "value": "old@example.org", "use": "old", "rank": 1},
        {"system": "email", "value": "work@example.org", "rank": 2},
        {"system": "email", "value": "sinead@example.org", "rank": 1},
    ],
)
LIAMS = a_patient(LIAM, LIAM_BORN.isoformat(), name=[{"family": "Ní Dhomhnaill", "given": ["Liam"]}])
LIAMS_MOTHER: dict[str, Any] = {
    "resourceType": "RelatedPerson",
    "id": "liams-mother",
    "active": True,
    "patient": {"reference": "Patient/liam"},
    "relationship": [
        {
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "MTH"},
            ]
        }
    ],
}


@contextmanager
def a_portal(folder: Path) -> Generator[Portal]:
    """Open one, with Sinéad, who is grown up, and Liam, who is not, and his mother in the record."""
    with a_house(folder) as house:
        record = SqliteRecord(folder / "record.db", clock=house.clock)
        portal = Portal(house, record, house.documents)
        portal.write(SINEADS, LIAMS, LIAMS_MOTHER)
        try:
            yield portal
        finally:
            record.close()
