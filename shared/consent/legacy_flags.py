"""What a contact's old flags say, where a house that comes from them still wants them heard (CO-16)."""

from collections.abc import Iterator
from datetime import datetime

from shared.consent.model import Choice, Consent, Purpose, Source
from shared.patients.model import Channel, LegacyFlag, Profile

_MEANS: dict[LegacyFlag, tuple[tuple[Channel, ...], tuple[Purpose, ...]]] = {
    LegacyFlag.DO_NOT_EMAIL: ((Channel.EMAIL,), (Purpose.COMMERCIAL, Purpose.TRANSACTIONAL)),
    LegacyFlag.DO_NOT_BULK_EMAIL: ((Channel.EMAIL,), (Purpose.COMMERCIAL,)),
    LegacyFlag.DO_NOT_TRACK: (tuple(Channel), (Purpose.TRACKING,)),
}


def refusals_of(profile: Profile, channel: Channel, *, now: datetime) -> Iterator[Consent]:
    """Read them as refusals of now: a flag that is set counts, whatever was said before it is taken away."""
    for flag in sorted(profile.legacy_flags):
        channels, purposes = _MEANS[flag]
        if channel in channels:
            for purpose in purposes:
                yield Consent(
                    profile.patient_id, purpose, None, Choice.OPTED_OUT, now, Source.IMPORTED, reason=flag
                )
