from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.consent.legacy_flags import refusals_of
from shared.consent.model import Choice, Consent, Purpose, Source, choice_of
from shared.patients.in_fhir import LEGACY_FLAG, profile_from
from shared.patients.model import Channel, LegacyFlag, Profile
from tests.rooms.patients.builders import a_patient

NOON = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)


def marked(*flags: LegacyFlag, **more: Any) -> Profile:
    extension = [{"url": f"{LEGACY_FLAG}{flag}", "valueBoolean": True} for flag in flags]
    return profile_from(a_patient(extension=extension, **more), region="GB")


def refused(profile: Profile, channel: Channel) -> set[Purpose]:
    return {one.purpose for one in refusals_of(profile, channel, now=NOON)}


class TestLegacyFlags:
    @pytest.mark.parametrize(
        ("flag", "channel", "purposes"),
        [
            (LegacyFlag.DO_NOT_EMAIL, Channel.EMAIL, {Purpose.COMMERCIAL, Purpose.TRANSACTIONAL}),
            (LegacyFlag.DO_NOT_EMAIL, Channel.SMS, set[Purpose]()),
            (LegacyFlag.DO_NOT_BULK_EMAIL, Channel.EMAIL, {Purpose.COMMERCIAL}),
            (LegacyFlag.DO_NOT_TRACK, Channel.EMAIL, {Purpose.TRACKING}),
            (LegacyFlag.DO_NOT_TRACK, Channel.SMS, {Purpose.TRACKING}),
        ],
    )
    def test_refuse_what_they_meant(self, flag: LegacyFlag, channel: Channel, purposes: set[Purpose]) -> None:
        assert refused(marked(flag), channel) == purposes

    @pytest.mark.parametrize(
        "extension",
        [
            {"url": f"{LEGACY_FLAG}do-not-email", "valueBoolean": False},
            {"url": f"{LEGACY_FLAG}do-not-email", "valueString": "true"},
            {"url": f"{LEGACY_FLAG}do-not-knock", "valueBoolean": True},
            {"url": "do-not-email", "valueBoolean": True},
            {"valueBoolean": True},
            "do-not-email",
        ],
    )
    def test_are_not_what_is_not_one_or_is_not_set(self, extension: object) -> None:
        profile = profile_from(a_patient(extension=[extension]), region="GB")

        assert profile.legacy_flags == frozenset()

    def test_count_against_whatever_was_said_before(self) -> None:
        profile = marked(LegacyFlag.DO_NOT_BULK_EMAIL)
        yes = Consent(
            profile.patient_id,
            Purpose.COMMERCIAL,
            None,
            Choice.OPTED_IN,
            NOON - timedelta(seconds=1),
            Source.PATIENT,
        )
        known = (yes, *refusals_of(profile, Channel.EMAIL, now=NOON))

        assert choice_of(known, profile.patient_id, Purpose.COMMERCIAL, None, NOON) is Choice.OPTED_OUT
