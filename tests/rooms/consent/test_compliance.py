from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.access.model import Caller
from shared.consent.compliance import (
    ChannelRule,
    ComplianceProfile,
    DoubleOptIn,
    NoSuchProfile,
    NothingIsDeleted,
    ProfileChangedMeanwhile,
    ProfileDraft,
    ProfileIsThere,
    ProfilePurpose,
    Topic,
    drafted,
    enforced,
)
from shared.consent.compliance_documents import STATE, profile_partition, version_id
from shared.consent.list_compliance_profiles import ListComplianceProfiles, WhichProfiles
from shared.consent.model import (
    USUAL_ENFORCEMENTS,
    Allowed,
    Choice,
    Consent,
    Denial,
    Denied,
    Enforcement,
    Purpose,
    Source,
    Use,
    may_contact,
)
from shared.consent.preferences import matters
from shared.consent.put_compliance_profile import KeptProfile, PutComplianceProfile
from shared.consent.read_compliance_profile import ReadComplianceProfile
from shared.kernel.identity import PatientId
from shared.kernel.refusals import Nonsense
from shared.patients.model import Channel
from tests.support.house import House, a_house

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PER = Caller("per", "https://staff.example")
ADA = PatientId("ada")
SCREENING, COURSES = Topic("screening", "Screening"), Topic("courses", "Kurser för blivande föräldrar")
INVITATIONS = ProfilePurpose(Purpose.COMMERCIAL, "Invitations", topics=(SCREENING, COURSES))
CARE = ProfilePurpose(Purpose.TRANSACTIONAL, "Your care")


def a_draft(**more: Any) -> ProfileDraft:
    settled: dict[str, Any] = {
        "name": "O'Brien & Åberg",
        "company_address": "Ansgarsgatan 1\n753 10 Uppsala",
        "purposes": (INVITATIONS, CARE),
    }
    return ProfileDraft(**{**settled, **more})


def a_profile(**more: Any) -> ComplianceProfile:
    return drafted("womens-health", a_draft(**more), None)


def ruled(purpose: ProfilePurpose, *rules: ChannelRule) -> ComplianceProfile:
    return a_profile(purposes=(replace(purpose, rules=rules),))


@pytest.fixture
def house(tmp_path: Path) -> Generator[House]:
    with a_house(tmp_path, (STATE,)) as one:
        yield one


def put(house: House, draft: ProfileDraft, if_match: str | None = None) -> KeptProfile:
    act = PutComplianceProfile(house.documents)
    return act(draft, profile_id="womens-health", caller=PER, now=NOON, if_match=if_match)


class TestEnforcement:
    def test_is_the_profiles_where_it_has_a_rule(self) -> None:
        strict = ruled(INVITATIONS, ChannelRule(Channel.EMAIL, Enforcement.RESTRICTIVE))
        use = Use(ADA, Channel.EMAIL, Purpose.COMMERCIAL, None)

        assert may_contact(USUAL_ENFORCEMENTS, (), use, NOON) == Allowed()
        assert may_contact(enforced(strict, USUAL_ENFORCEMENTS), (), use, NOON) == Denied(Denial.NOT_OPTED_IN)

    def test_is_the_houses_where_it_has_none(self) -> None:
        rules = enforced(a_profile(), USUAL_ENFORCEMENTS)

        assert rules.rules == USUAL_ENFORCEMENTS.rules

    def test_holds_also_when_the_profile_is_inactive(self) -> None:
        retired = replace(
            INVITATIONS, state="inactive", rules=(ChannelRule(Channel.EMAIL, Enforcement.RESTRICTIVE),)
        )
        profile = a_profile(purposes=(retired,), state="inactive")

        model = enforced(profile, USUAL_ENFORCEMENTS).model(Channel.EMAIL, Purpose.COMMERCIAL)

        assert model is Enforcement.RESTRICTIVE

    @given(
        channel=st.sampled_from(Channel),
        purpose=st.sampled_from(Purpose),
        model=st.sampled_from(Enforcement),
        topic=st.sampled_from([None, "screening"]),
        asked_of=st.sampled_from([None, "screening"]),
    )
    def test_never_sends_advertising_against_a_persons_word(
        self,
        channel: Channel,
        purpose: Purpose,
        model: Enforcement,
        topic: str | None,
        asked_of: str | None,
    ) -> None:
        """Whatever rules a profile may be kept with; push asks nothing (CO-3)."""
        wanted = replace(INVITATIONS, purpose=purpose, rules=(ChannelRule(channel, model),))
        try:
            profile = a_profile(purposes=(wanted,))
        except Nonsense:
            return
        no = Consent(ADA, Purpose.COMMERCIAL, topic, Choice.OPTED_OUT, NOON, Source.PATIENT)
        for used in (Channel.EMAIL, Channel.SMS, Channel.LETTER):
            use = Use(ADA, used, Purpose.COMMERCIAL, asked_of)
            answer = may_contact(enforced(profile, USUAL_ENFORCEMENTS), (no,), use, NOON)
            assert isinstance(answer, Denied) or topic not in {None, asked_of}


class TestAProfile:
    def test_is_kept_in_versions(self, house: House) -> None:
        first = put(house, a_draft())
        second = put(house, a_draft(name="Kvinnohälsan"), first.etag)

        assert [first.profile.version, second.profile.version] == [1, 2]
        older = house.documents.read(profile_partition("womens-health"), version_id(1), ComplianceProfile)
        assert older.body == first.profile
        assert ReadComplianceProfile(house.documents)(profile_id="womens-health") == second

    def test_kept_again_as_it_is_makes_no_version(self, house: House) -> None:
        first = put(house, a_draft())

        assert put(house, a_draft(), first.etag) == first

    def test_is_changed_by_nobody_who_has_not_seen_it(self, house: House) -> None:
        first = put(house, a_draft())
        put(house, a_draft(name="Kvinnohälsan"), first.etag)

        with pytest.raises(ProfileIsThere):
            put(house, a_draft())
        with pytest.raises(ProfileChangedMeanwhile):
            put(house, a_draft(), first.etag)

    @pytest.mark.parametrize(
        "purposes",
        [(INVITATIONS,), (CARE,), (replace(INVITATIONS, topics=(SCREENING,)), CARE)],
    )
    def test_loses_no_purpose_and_no_topic(self, house: House, purposes: tuple[ProfilePurpose, ...]) -> None:
        etag = put(house, a_draft()).etag

        with pytest.raises(NothingIsDeleted):
            put(house, a_draft(purposes=purposes), etag)

    def test_lets_a_topic_become_inactive(self, house: House) -> None:
        etag = put(house, a_draft()).etag
        retired = replace(INVITATIONS, topics=(replace(SCREENING, state="inactive"), COURSES))

        profile = put(house, a_draft(purposes=(retired, CARE)), etag).profile

        assert profile.has(Purpose.COMMERCIAL, "screening")
        offered = [topic for _, topic, _, _ in matters(profile, (Purpose.TRANSACTIONAL, None))]
        assert offered == [None, "courses", None]

    def test_is_found_by_its_state(self, house: House) -> None:
        put(house, a_draft(state="inactive"))
        listed = ListComplianceProfiles(house.documents)

        assert listed(WhichProfiles("active")).profiles == ()
        assert [one.id for one in listed(WhichProfiles("inactive")).profiles] == ["womens-health"]

    def test_that_is_not_there_is_not_found(self, house: House) -> None:
        with pytest.raises(NoSuchProfile):
            ReadComplianceProfile(house.documents)(profile_id="womens-health")

    @pytest.mark.parametrize(
        ("more", "field"),
        [
            ({"name": " "}, "name"),
            ({"company_address": ""}, "company_address"),
            ({"company_address": "a\x00b"}, "company_address"),
            ({"purposes": ()}, "purposes"),
            ({"purposes": (CARE, CARE)}, "purposes.0.purpose"),
            ({"double_opt_in": DoubleOptIn.EVERY_SUBMIT}, "confirmed_by"),
            ({"confirmed_by": "please-confirm"}, "confirmed_by"),
            ({"purposes": (replace(CARE, topics=(SCREENING, SCREENING)),)}, "purposes.0.topics"),
            ({"purposes": (replace(CARE, topics=(Topic("A B", "x"),)),)}, "purposes.0.topics.0.id"),
            ({"purposes": (replace(CARE, topics=(Topic("a", ""),)),)}, "purposes.0.topics.0.name"),
            (
                {
                    "purposes": (
                        replace(INVITATIONS, rules=(ChannelRule(Channel.SMS, Enforcement.DISABLED),)),
                    )
                },
                "purposes.0.rules.0.model",
            ),
        ],
    )
    def test_is_refused_by_the_name_of_what_is_wrong(self, more: dict[str, Any], field: str) -> None:
        with pytest.raises(Nonsense) as refused:
            a_profile(**more)

        assert field in {name for name, _ in refused.value.fields}
