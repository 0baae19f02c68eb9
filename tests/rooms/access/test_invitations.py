"""Invitations: made, redeemed once, refused otherwise, and never guessed (PA-1)."""

import threading
from datetime import date, timedelta

import pytest

from shared.access.count_guesses import MOST_OF_A_LOGIN, MOST_OF_AN_ADDRESS, TooManyTries
from shared.access.documents import InvitationOf, invitation_partition
from shared.access.make_invitation import BirthDateUnknown, CannotBeInvited, InvitationAsked
from shared.access.portal_access import (
    MOST_INVITATIONS,
    MOST_WRONG_DATES,
    CodeNotAccepted,
    InvitationExpired,
    InvitationUsed,
    LoginAlreadyLinked,
    NoSuchInvitation,
    NoSuchLogin,
    NotOpenAnyMore,
    PatientHasLogin,
)
from shared.audit.model import Action, Outcome
from shared.kernel.identity import PatientId
from shared.kernel.refusals import LostRace, Nonsense, NotFound, TransientFault
from tests.rooms.access.interrupted import Interrupted, Meanwhile
from tests.rooms.access.portal import BORN, LIAM, LIAM_BORN, SINEAD, Portal, a_patient, asked, login_id

A_DAY = timedelta(days=1)
WRONG = date(1980, 3, 1)


class TestInviting:
    def test_makes_a_code_that_is_kept_nowhere(self, portal: Portal) -> None:
        made = portal.invite()

        code = made.code.value
        rows = portal.house.file.read(
            lambda connection: connection.execute("SELECT partition, id, body FROM documents").fetchall()
        )
        everything = str([[bytes(one) if isinstance(one, bytes) else one for one in row] for row in rows])
        assert len(rows) >= 2
        assert code not in everything
        assert code.replace("-", "") not in everything

    def test_is_audited_with_its_commit(self, portal: Portal) -> None:
        portal.invite(asked(why="Asked at the desk"))

        (entry,) = portal.audited()
        assert (entry.what, entry.who, entry.patient_id) == ("invite_patient", "entra|nurse", SINEAD)
        assert (entry.why, entry.action) == ("Asked at the desk", Action.CREATE)

    def test_lets_a_former_invitation_open_nothing(self, portal: Portal) -> None:
        first, second = portal.invite(), portal.invite()

        assert [one.state for one in portal.ways_in().invitations] == ["open", "revoked"]
        with pytest.raises(CodeNotAccepted):
            portal.redeem(first.code)
        assert portal.redeem(second.code).patient_id == SINEAD

    @pytest.mark.parametrize(
        "changed",
        [
            {"active": False},
            {"deceasedBoolean": True},
            {"deceasedDateTime": "2026-03-01"},
            {"link": [{"type": "replaced-by", "other": {"reference": "Patient/liam"}}]},
        ],
    )
    def test_needs_a_record_of_somebody_living_and_in_use(
        self, portal: Portal, changed: dict[str, object]
    ) -> None:
        portal.write(a_patient(SINEAD, BORN.isoformat(), **changed))

        with pytest.raises(CannotBeInvited):
            portal.invite()

    @pytest.mark.parametrize("born", [None, "1980", "1980-02"])
    def test_asks_for_no_birthday_that_is_not_known(self, portal: Portal, born: str | None) -> None:
        portal.write(a_patient(SINEAD, born))

        with pytest.raises(BirthDateUnknown):
            portal.invite()
        made = portal.invite(InvitationAsked(asks_birth_date=False))

        assert portal.redeem(made.code, born=None).patient_id == SINEAD

    def test_invites_nobody_who_is_not_there(self, portal: Portal) -> None:
        with pytest.raises(NotFound):
            portal.invite(patient_id=PatientId("nobody"))

    @pytest.mark.parametrize("days", [0, -1, 91])
    def test_is_good_for_a_day_at_least_and_a_season_at_most(self, portal: Portal, days: int) -> None:
        with pytest.raises(Nonsense, match="lasts_days"):
            portal.invite(asked(lasts_days=days))

    def test_forgets_the_oldest_of_very_many(self, portal: Portal) -> None:
        made = [portal.invite() for _ in range(MOST_INVITATIONS + 3)]

        shown = portal.ways_in().invitations
        assert [one.invitation_id for one in shown] == [
            one.invitation_id for one in reversed(made[-MOST_INVITATIONS:])
        ]


class TestRedeeming:
    def test_links_the_login_from_the_next_request_on(self, portal: Portal) -> None:
        code = portal.invite().code
        before = portal.who("sinead@phone").patient_id

        portal.redeem(code)

        assert (before, portal.who("sinead@phone").patient_id) == (None, SINEAD)
        (login,) = portal.ways_in().logins
        assert login.login_id == login_id("sinead@phone")
        entry = portal.audited()[-1]
        assert (entry.what, entry.outcome, entry.patient_id) == ("redeem_invitation", Outcome.DONE, SINEAD)

    def test_answers_again_after_a_lost_answer(self, portal: Portal) -> None:
        code = portal.invite().code
        first = portal.redeem(code)
        portal.house.clock.pass_by(timedelta(minutes=5))

        again = portal.redeem(code.value.lower())

        assert again == first
        assert len([one for one in portal.audited() if one.what == "redeem_invitation"]) == 1

    def test_happens_once_for_a_code(self, portal: Portal) -> None:
        code = portal.invite().code
        portal.redeem(code)

        with pytest.raises(InvitationUsed):
            portal.redeem(code, "somebody else")

        assert portal.who("somebody else").patient_id is None

    def test_happens_once_however_many_try_at_once(self, portal: Portal) -> None:
        code = portal.invite(asked(another_login=True)).code
        portal.address = None
        outcomes: list[object] = []

        def redeem(name: str) -> None:
            for _ in range(8):
                try:
                    outcomes.append(portal.redeem(code, name).patient_id)
                except LostRace:
                    continue
                except InvitationUsed as refused:
                    outcomes.append(type(refused))
                return

        threads = [threading.Thread(target=redeem, args=(f"login {n}",)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(map(str, outcomes)) == sorted(["sinead", *[str(InvitationUsed)] * 5])
        linked = [n for n in range(6) if portal.who(f"login {n}").patient_id == SINEAD]
        assert len(linked) == 1

    def test_comes_too_late(self, portal: Portal) -> None:
        code = portal.invite(asked(lasts_days=2)).code
        portal.house.clock.pass_by(2 * A_DAY - timedelta(seconds=1))
        assert portal.look_up(code, "sinead@phone").email is not None
        portal.house.clock.pass_by(timedelta(seconds=1))

        with pytest.raises(InvitationExpired):
            portal.redeem(code)

        assert portal.ways_in().invitations[0].state == "expired"
        portal.house.clock.pass_by(100 * A_DAY)
        with pytest.raises(CodeNotAccepted):
            portal.redeem(code)

    def test_is_told_the_same_of_a_revoked_code_and_of_none(self, portal: Portal) -> None:
        """Whoever holds a letter that went astray learns nothing by it."""
        made = portal.invite()
        portal.revoke(made.invitation_id)

        for code in (made.code, portal.codes.made_of("never made")):
            with pytest.raises(CodeNotAccepted):
                portal.redeem(code)

    def test_asks_for_the_date_of_birth_before_it_tells_anything(self, portal: Portal) -> None:
        used = portal.invite()
        portal.redeem(used.code)
        portal.house.clock.pass_by(timedelta(hours=1))

        with pytest.raises(CodeNotAccepted):
            portal.redeem(used.code, "thief", born=WRONG)
        with pytest.raises(InvitationUsed):
            portal.redeem(used.code, "thief", born=BORN)

    @pytest.mark.parametrize("born", [WRONG, None])
    def test_refuses_another_date_of_birth_and_says_so_to_the_audit(
        self, portal: Portal, born: date | None
    ) -> None:
        code = portal.invite().code

        with pytest.raises(CodeNotAccepted):
            portal.redeem(code, "thief", born=born)

        entry = portal.audited()[-1]
        assert (entry.what, entry.outcome) == ("redeem_invitation", Outcome.REFUSED)
        assert entry.who.endswith("|thief")
        assert portal.ways_in().invitations[0].wrong_dates == 1

    def test_is_blocked_for_good_by_guessing_dates_from_many_logins(self, portal: Portal) -> None:
        code = portal.invite().code
        for n in range(MOST_WRONG_DATES):
            portal.address = f"192.0.2.{n}"
            with pytest.raises(CodeNotAccepted):
                portal.redeem(code, f"thief {n}", born=WRONG)

        with pytest.raises(CodeNotAccepted):
            portal.redeem(code, born=BORN)

        assert portal.ways_in().invitations[0].state == "blocked"

    def test_is_refused_to_a_login_that_is_in_another_record(self, portal: Portal) -> None:
        portal.redeem(portal.invite().code, "shared tablet")
        other = portal.invite(patient_id=LIAM)

        with pytest.raises(LoginAlreadyLinked):
            portal.redeem(other.code, "shared tablet", born=LIAM_BORN)

        assert portal.who("shared tablet").patient_id == SINEAD
        assert portal.redeem(other.code, "liam@phone", born=LIAM_BORN).patient_id == LIAM

    def test_lets_a_second_login_in_only_where_staff_said_so(self, portal: Portal) -> None:
        portal.redeem(portal.invite().code)
        without, allowed = (
            asked(),
            asked(another_login=True),
        )

        with pytest.raises(PatientHasLogin):
            portal.redeem(portal.invite(without).code, "sinead@desk")
        portal.redeem(portal.invite(allowed).code, "sinead@desk")

        assert {portal.who(name).patient_id for name in ("sinead@phone", "sinead@desk")} == {SINEAD}

    def test_lets_nobody_into_the_record_of_somebody_who_died_since(self, portal: Portal) -> None:
        code = portal.invite().code
        portal.write(a_patient(SINEAD, BORN.isoformat(), deceasedBoolean=True))

        with pytest.raises(CodeNotAccepted):
            portal.redeem(code)


class TestRedeemingCutOff:
    def test_leaves_nobody_in_and_goes_on_when_asked_again(self, portal: Portal) -> None:
        """Killed at each of its commits in turn; the same request again ends in the same place."""
        code = portal.invite().code
        broken = 0
        for commits in range(1, 10):
            interrupted = Interrupted(portal.house.documents, after=commits)
            portal.documents = interrupted
            try:
                portal.redeem(code)
            except TransientFault:
                broken += 1
                assert portal.who("sinead@phone").patient_id is None
            else:
                break
            finally:
                portal.documents = portal.house.documents

        assert broken >= 3
        assert portal.who("sinead@phone").patient_id == SINEAD

    def test_keeps_a_login_from_two_records_at_once(self, portal: Portal) -> None:
        """Its way to the one has begun; another request of the same login does not turn it round."""
        mine, other = portal.invite(), portal.invite(patient_id=LIAM)
        portal.documents = Interrupted(portal.house.documents, after=4)
        with pytest.raises(TransientFault):
            portal.redeem(mine.code)
        portal.documents = portal.house.documents

        with pytest.raises(LoginAlreadyLinked):
            portal.redeem(other.code, born=LIAM_BORN)
        portal.house.clock.pass_by(timedelta(minutes=2))
        portal.redeem(other.code, born=LIAM_BORN)

        assert portal.who("sinead@phone").patient_id == LIAM


class TestGuessing:
    def test_is_stopped_for_a_login_and_begins_anew_in_an_hour(self, portal: Portal) -> None:
        code = portal.invite().code
        for n in range(MOST_OF_A_LOGIN):
            with pytest.raises(CodeNotAccepted):
                portal.redeem(portal.codes.made_of(f"guess {n}"))

        with pytest.raises(TooManyTries) as stopped:
            portal.redeem(code)

        wait = stopped.value.retry_after
        assert wait is not None
        portal.house.clock.pass_by(wait)
        assert portal.redeem(code).patient_id == SINEAD

    def test_is_stopped_for_an_address_whatever_the_login(self, portal: Portal) -> None:
        for n in range(MOST_OF_AN_ADDRESS):
            with pytest.raises(CodeNotAccepted):
                portal.redeem(portal.codes.made_of(f"guess {n}"), f"login {n}")

        with pytest.raises(TooManyTries):
            portal.look_up(portal.codes.made_of("guess"), "one more")

        portal.address = "198.51.100.1"
        with pytest.raises(CodeNotAccepted):
            portal.redeem(portal.codes.made_of("guess"), "one more")

    def test_counts_no_slip_of_the_thumb(self, portal: Portal) -> None:
        code = portal.invite().code
        for _ in range(MOST_OF_A_LOGIN + 1):
            with pytest.raises(Nonsense):
                portal.redeem(code.value[:-1])

        assert portal.redeem(code).patient_id == SINEAD

    def test_keeps_neither_logins_nor_addresses_with_the_counts(self, portal: Portal) -> None:
        with pytest.raises(CodeNotAccepted):
            portal.redeem(portal.codes.made_of("guess"), "sinead@phone")

        rows = portal.house.file.read(
            lambda connection: connection.execute(
                "SELECT partition, id FROM documents WHERE partition LIKE 'guesses/%'"
            ).fetchall()
        )
        assert len(rows) == 2
        assert not [row for row in rows if "sinead" in str(row) or "192.0.2.7" in str(row)]


class TestLookingUp:
    def test_shows_the_mailbox_to_fill_in(self, portal: Portal) -> None:
        made = portal.invite()

        opened = portal.look_up(made.code, "sinead@phone")

        assert opened.email.value == "sinead@example.org"
        assert opened.expires_at == made.expires_at
        assert portal.ways_in().invitations[0].state == "open"

    def test_shows_nothing_without_the_date_of_birth(self, portal: Portal) -> None:
        made = portal.invite()

        with pytest.raises(CodeNotAccepted):
            portal.look_up(made.code, "thief", born=None)

    def test_shows_nothing_of_what_was_used(self, portal: Portal) -> None:
        made = portal.invite()
        portal.redeem(made.code)

        with pytest.raises(InvitationUsed):
            portal.look_up(made.code, "sinead@phone")


class TestTakingAway:
    def test_puts_a_login_out_with_its_next_request(self, portal: Portal) -> None:
        code = portal.invite().code
        portal.redeem(code)
        (login,) = portal.ways_in().logins

        portal.remove_login(login.login_id)

        assert portal.who("sinead@phone").patient_id is None
        entry = portal.audited()[-1]
        assert (entry.what, entry.why, entry.action) == ("remove_login", "Telephone stolen", Action.DELETE)

    def test_is_not_undone_by_the_old_code(self, portal: Portal) -> None:
        code = portal.invite().code
        portal.redeem(code)
        portal.remove_login(login_id("sinead@phone"))

        with pytest.raises(InvitationUsed):
            portal.redeem(code)

        portal.redeem(portal.invite().code)
        assert portal.who("sinead@phone").patient_id == SINEAD

    def test_holds_against_a_request_that_had_begun(self, portal: Portal) -> None:
        """The invitation is revoked after it was read for redeeming, and before that is committed."""
        made = portal.invite()
        portal.documents = Meanwhile(
            portal.house.documents, "patient/sinead", lambda: portal.revoke(made.invitation_id)
        )

        with pytest.raises(LostRace):
            portal.redeem(made.code)

        portal.documents = portal.house.documents
        assert portal.who("sinead@phone").patient_id is None
        with pytest.raises(CodeNotAccepted):
            portal.redeem(made.code)

    def test_frees_the_login_for_the_record_it_should_have_had(self, portal: Portal) -> None:
        portal.redeem(portal.invite().code, "liam@phone")
        portal.remove_login(login_id("liam@phone"))
        portal.house.clock.pass_by(timedelta(minutes=2))

        portal.redeem(portal.invite(patient_id=LIAM).code, "liam@phone", born=LIAM_BORN)

        assert portal.who("liam@phone").patient_id == LIAM

    def test_of_an_invitation_is_done_once(self, portal: Portal) -> None:
        made = portal.invite()
        portal.revoke(made.invitation_id)
        portal.revoke(made.invitation_id)

        assert [one.what for one in portal.audited()] == ["invite_patient", "revoke_invitation"]

    def test_finds_nothing_under_another_patient(self, portal: Portal) -> None:
        made = portal.invite()
        portal.redeem(made.code)
        portal.invite(patient_id=LIAM)

        with pytest.raises(NoSuchInvitation):
            portal.revoke(made.invitation_id, patient_id=LIAM)
        with pytest.raises(NoSuchLogin):
            portal.remove_login(login_id("sinead@phone"), patient_id=LIAM)
        with pytest.raises(NotOpenAnyMore):
            portal.revoke(made.invitation_id)


class TestWhereACodeLeads:
    def test_says_nothing_but_whose_it_is(self, portal: Portal) -> None:
        made = portal.invite()

        page = portal.documents.list(invitation_partition(made.invitation_id), "invitation", InvitationOf)

        assert [document.body for document in page.items] == [InvitationOf(SINEAD)]
