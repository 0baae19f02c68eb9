"""Family: who may act for whom, for how long, and who never may (PA-9)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.access.act_on_behalf import NotOnBehalf
from shared.access.documents import acting_for, login_partition
from shared.access.family_terms import FamilyAsked, IsOfAge, NotRelated
from shared.access.in_fhir import is_related
from shared.access.invite_family import FamilyInvitationAsked, InviteFamily
from shared.access.model import CareRelationshipMissing, Reading, may_read_clinical, reading_of
from shared.access.portal_access import (
    CodeNotAccepted,
    FamilyScope,
    LoginAlreadyLinked,
    NoSuchGrant,
    is_of_age,
)
from shared.kernel.identity import PatientId
from tests.rooms.access.portal import (
    LIAM,
    LIAM_BORN,
    LIAMS_MOTHER,
    SINEAD,
    Portal,
    a_patient,
    asked,
)

MOTHER = "mother@phone"
ALL = tuple(FamilyScope)


@pytest.fixture
def let_in(portal: Portal) -> Portal:
    """Let Liam's mother in: she has no record of her own here."""
    portal.redeem(portal.invite_mother().code, MOTHER, born=LIAM_BORN)
    return portal


def refused(portal: Portal, subject: str = MOTHER, scope: str | None = "book_appointments") -> bool:
    try:
        portal.acting(subject, scope=scope)
    except NotOnBehalf:
        return True
    return False


class TestActingForSomebody:
    def test_is_what_they_were_let_do(self, let_in: Portal) -> None:
        acting = let_in.acting(MOTHER)

        assert (acting.patient_id, acting.subject) == (LIAM, MOTHER)
        assert acting.ground == Reading.FAMILY
        assert reading_of(acting, LIAM, has_care_relationship=False, reason=None) is Reading.FAMILY
        with pytest.raises(CareRelationshipMissing):
            reading_of(acting, SINEAD, has_care_relationship=True, reason="Curious")

    def test_is_denied_to_everybody_else(self, let_in: Portal) -> None:
        assert refused(let_in, "a stranger")
        assert refused(let_in, "")

    @pytest.mark.parametrize("scope", ["view_clinical", None, "everything"])
    def test_is_denied_beyond_what_was_given(self, let_in: Portal, scope: str | None) -> None:
        """None is a route that nobody uses for somebody else."""
        assert refused(let_in, scope=scope)

    @pytest.mark.parametrize("patient_id", ["sinead", "nobody", "../liam", "liam/x", "", "LIAM"])
    def test_is_denied_for_other_patients(self, let_in: Portal, patient_id: str) -> None:
        with pytest.raises(NotOnBehalf):
            let_in.acting(MOTHER, PatientId(patient_id))

    def test_does_not_make_the_record_theirs(self, let_in: Portal) -> None:
        assert let_in.who(MOTHER).patient_id is None

    def test_shows_nothing_clinical_unless_that_was_given(self, portal: Portal) -> None:
        portal.redeem(portal.invite_mother(FamilyScope.BOOK_APPOINTMENTS).code, MOTHER, born=LIAM_BORN)
        before = may_read_clinical(portal.acting(MOTHER))
        portal.redeem(portal.invite_mother(*ALL).code, MOTHER, born=LIAM_BORN)

        assert (before, may_read_clinical(portal.acting(MOTHER))) == (False, True)

    def test_is_for_patients_logins_not_for_staff(self, let_in: Portal) -> None:
        nurse = let_in.who(MOTHER)
        as_staff = type(nurse)(nurse.subject, nurse.issuer)

        with pytest.raises(NotOnBehalf):
            let_in.act_on_behalf(caller=as_staff, patient_id=LIAM, scope="book_appointments", now=let_in.now)


class TestTerms:
    def test_end_with_their_time(self, portal: Portal) -> None:
        until = portal.now + timedelta(days=7)
        portal.redeem(portal.invite_mother(until=until).code, MOTHER, born=LIAM_BORN)
        portal.house.clock.pass_by(timedelta(days=7) - timedelta(microseconds=1))
        before = refused(portal)
        portal.house.clock.pass_by(timedelta(microseconds=1))

        assert (before, refused(portal)) == (False, True)

    def test_of_a_guardian_end_at_midnight_of_the_eighteenth_birthday_where_the_house_is(
        self, portal: Portal
    ) -> None:
        """In Dublin's summer that is eleven in the evening by UTC, on the day before."""
        portal.redeem(portal.invite_mother(as_guardian=True).code, MOTHER, born=LIAM_BORN)
        midnight = datetime(2028, 7, 30, 23, 0, tzinfo=UTC)
        portal.house.clock.pass_by(midnight - portal.now - timedelta(seconds=1))
        before = refused(portal)
        portal.house.clock.pass_by(timedelta(seconds=1))

        assert (before, refused(portal)) == (False, True)
        assert portal.family(MOTHER).acting_for == ()

    def test_of_others_go_on_after_it(self, let_in: Portal) -> None:
        let_in.house.clock.pass_by(timedelta(days=365 * 5))

        assert not refused(let_in)

    @pytest.mark.parametrize(
        "changed",
        [
            {"active": False},
            {"patient": {"reference": "Patient/sinead"}},
            {"patient": {"reference": "https://elsewhere.example/Patient/liam"}},
            {"period": {"end": "2026-03-28"}},
            {"period": {"start": "2026-04"}},
        ],
    )
    def test_end_when_the_record_says_so(self, let_in: Portal, changed: dict[str, Any]) -> None:
        before = refused(let_in)
        let_in.write(LIAMS_MOTHER | changed)

        assert (before, refused(let_in)) == (False, True)

    @pytest.mark.parametrize(
        "period", [{"end": "soon"}, {"start": 2026}, {"end": ""}, {"end": "2026-13"}, "2026", []]
    )
    def test_do_not_hold_by_what_cannot_be_read(self, portal: Portal, period: Any) -> None:
        assert is_related(LIAMS_MOTHER, LIAM, portal.now)
        assert not is_related(LIAMS_MOTHER | {"period": period}, LIAM, portal.now)

    @pytest.mark.parametrize(
        "changed",
        [
            {"active": False},
            {"deceasedBoolean": True},
            {"link": [{"type": "replaced-by", "other": {"reference": "Patient/sinead"}}]},
        ],
    )
    def test_end_with_the_patients_record(self, let_in: Portal, changed: dict[str, Any]) -> None:
        let_in.write(a_patient(LIAM, LIAM_BORN.isoformat(), **changed))

        assert refused(let_in)

    @given(
        born=st.dates(date(1900, 1, 1), date(2030, 1, 1)),
        days=st.integers(0, 40_000),
    )
    def test_of_age_is_never_unsaid(self, born: Any, days: int) -> None:
        """From one day on, and on all days after it: the day is the eighteenth birthday."""
        today = born + timedelta(days=days)
        leap = (born.month, born.day) == (2, 29)
        birthday = born.replace(year=born.year + 18, **({"month": 3, "day": 1} if leap else {}))

        assert is_of_age(born, today, at_age=18) is (today >= birthday)


class TestInviting:
    @pytest.mark.parametrize("related", ["nobody", "sineads-brother"])
    def test_needs_the_record_to_know_them(self, portal: Portal, related: str) -> None:
        portal.write(
            {
                "resourceType": "RelatedPerson",
                "id": "sineads-brother",
                "patient": {"reference": "Patient/sinead"},
            }
        )

        with pytest.raises(NotRelated):
            portal.invite(
                asked(family=FamilyAsked(related, ALL), why="Says so"),
                patient_id=LIAM,
            )

    def test_makes_nobody_guardian_of_who_is_of_age(self, portal: Portal) -> None:
        portal.write(
            {"resourceType": "RelatedPerson", "id": "her-son", "patient": {"reference": "Patient/sinead"}}
        )

        with pytest.raises(IsOfAge):
            portal.invite(asked(family=FamilyAsked("her-son", ALL, as_guardian=True), why="Says so"))

    def test_takes_the_date_of_birth_of_the_patient_not_of_the_mother(self, portal: Portal) -> None:
        with pytest.raises(CodeNotAccepted):
            portal.redeem(portal.invite_mother().code, MOTHER)

    def test_does_not_touch_the_patients_own_invitation(self, portal: Portal) -> None:
        mine = portal.invite(patient_id=LIAM)
        portal.invite_mother()

        assert portal.redeem(mine.code, "liam@phone", born=LIAM_BORN).patient_id == LIAM

    def test_lets_nobody_act_for_themselves(self, portal: Portal) -> None:
        portal.redeem(portal.invite(patient_id=LIAM).code, "liam@phone", born=LIAM_BORN)

        with pytest.raises(LoginAlreadyLinked):
            portal.redeem(portal.invite_mother().code, "liam@phone", born=LIAM_BORN)

    def test_works_for_who_is_a_patient_too(self, portal: Portal) -> None:
        portal.redeem(portal.invite().code, MOTHER)
        portal.redeem(portal.invite_mother().code, MOTHER, born=LIAM_BORN)

        assert portal.who(MOTHER).patient_id == SINEAD
        assert portal.acting(MOTHER).patient_id == LIAM

    def test_can_be_done_by_the_patient(self, portal: Portal) -> None:
        portal.redeem(portal.invite(patient_id=LIAM).code, "liam@phone", born=LIAM_BORN)
        wanted = FamilyInvitationAsked("liams-mother", (FamilyScope.VIEW_ADMINISTRATIVE,))

        made = InviteFamily(portal.invite_patient)(
            wanted, patient_id=LIAM, caller=portal.who("liam@phone"), now=portal.now
        )
        portal.redeem(made.code, MOTHER, born=LIAM_BORN)

        assert refused(portal, scope="book_appointments")
        assert not refused(portal, scope="view_administrative")
        assert portal.audited()[-2].what == "invite_family"


class TestEnding:
    def test_is_at_once_and_for_good(self, let_in: Portal) -> None:
        (grant,) = let_in.ways_in(LIAM).family

        let_in.end_family_access(grant.grant_id)

        assert refused(let_in)
        assert let_in.family(MOTHER).acting_for == ()
        entry = let_in.audited()[-1]
        assert (entry.what, entry.why, entry.patient_id) == ("end_family_access", "A court says so", LIAM)

    def test_finds_nothing_under_another_patient(self, let_in: Portal) -> None:
        (grant,) = let_in.ways_in(LIAM).family
        let_in.invite()

        with pytest.raises(NoSuchGrant):
            let_in.end_family_access(grant.grant_id, patient_id=SINEAD)


class TestShowing:
    def test_has_both_sides(self, let_in: Portal) -> None:
        let_in.redeem(let_in.invite(patient_id=LIAM).code, "liam@phone", born=LIAM_BORN)

        (grant,) = let_in.family("liam@phone").let_in
        (acting,) = let_in.family(MOTHER).acting_for

        assert (grant.terms.related_person_id, grant.given_by) == ("liams-mother", "staff")
        assert "nurse" not in str(grant)
        assert (acting.patient_id, set(acting.scopes)) == (
            LIAM,
            {FamilyScope.BOOK_APPOINTMENTS, FamilyScope.VIEW_ADMINISTRATIVE},
        )
        assert let_in.family("liam@phone").acting_for == ()

    def test_rests_on_the_patients_own_list(self, portal: Portal) -> None:
        """A pointer whose grant was never committed, or is gone, shows nobody."""
        place = login_partition("https://login.example/patients", MOTHER)
        portal.documents.commit(place, changes=[acting_for(LIAM, at=portal.now)])

        assert portal.family(MOTHER).acting_for == ()
