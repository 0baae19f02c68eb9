"""What the gate looks at, the rules it goes by, and the three things a check can say."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.calendars.model import QuietTime
from shared.consent.copies.model import Copy
from shared.consent.model import USUAL_ENFORCEMENTS, Consent, Enforcements, Purpose
from shared.messaging.gate.shown import Shown
from shared.messaging.model import Channel, DecideSending, Reason
from shared.messaging.suppression import Suppression
from shared.messaging.template import MessageTemplate
from shared.patients.model import Profile


@dataclass(frozen=True, slots=True)
class Situation:
    """One message, and all that is known about its person and its contact point at an instant.

    Without a profile the person is gone from the record; `related` is whom it goes to where that is somebody
    of theirs, unless they are gone, and `copy` the word on which they are copied, while it stands, or that
    they are asked for, while that is open. `sent` are the last 30 days' commercial messages. `enforcements`
    are those of the template's compliance profile, where it has one. `trigger` is what was told that led to
    it, and `about` what is known of the reader, as a template may speak of them.
    """

    order: DecideSending
    profile: Profile | None
    template: MessageTemplate | None
    consents: tuple[Consent, ...]
    suppression: Suppression | None
    sent: tuple[datetime, ...]
    outreach_is_on: bool
    now: datetime
    enforcements: Enforcements | None = None
    company_address: str | None = None
    preferences_url: str | None = None
    one_click_url: str | None = None
    trigger: Shown | None = None
    about: Shown | None = None
    related: Profile | None = None
    copy: Copy | None = None

    @property
    def reader(self) -> Profile | None:
        """Who is to read it."""
        return self.related if self.order.related_person_id else self.profile

    @property
    def purpose(self) -> Purpose | None:
        """What it is for: what its template says; but no notice about the account is advertising."""
        if self.template is None:
            return None
        return Purpose.TRANSACTIONAL if self.order.is_account_notice else self.template.content.purpose


@dataclass(frozen=True, slots=True)
class QuietRule:
    """A quiet time, for some channels and purposes; of several the first that fits counts (CO-11)."""

    channels: tuple[Channel, ...]
    purposes: tuple[Purpose, ...]
    quiet: QuietTime


@dataclass(frozen=True, slots=True)
class FrequencyCap:
    """How many commercial messages a contact point gets within rolling 24 hours, 7 and 30 days; None: any."""

    channel: Channel
    a_day: int | None = None
    a_week: int | None = None
    a_month: int | None = None


@dataclass(frozen=True, slots=True)
class GateRules:
    """What the house has decided. Messages held by a quiet time are let go evenly over `release_over`."""

    enforcements: Enforcements = USUAL_ENFORCEMENTS
    quiet_rules: tuple[QuietRule, ...] = ()
    frequency_caps: tuple[FrequencyCap, ...] = ()
    release_over: timedelta = field(default=timedelta(minutes=30))


@dataclass(frozen=True, slots=True)
class Pass:
    """Nothing against it."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Not now; the whole gate is asked again then."""

    reason: Reason
    until: datetime


@dataclass(frozen=True, slots=True)
class Refuse:
    """Not at all."""

    reason: Reason


Opinion = Pass | Hold | Refuse
