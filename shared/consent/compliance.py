"""Compliance profiles: in whose name we write, about what, and what silence means (CO-2, CO-3).

A purpose is one for the whole house, so that a word about it counts under every profile that has it; what a
profile settles is how it is called, which topics it has, and how consent to it is enforced.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from shared.consent.model import Enforcement, EnforcementRule, Enforcements, Purpose
from shared.kernel.problems import NO_DEFINITION_ID, Problem, is_definition_id
from shared.kernel.refusals import AlreadyExists, Conflict, Nonsense, NotFound, Stale
from shared.patients.model import Channel

State = Literal["active", "inactive"]


class DoubleOptIn(StrEnum):
    """When a yes must be confirmed by whoever reads the contact point (CO-8)."""

    NEVER = "never"
    NEW_CONTACTS = "new_contacts"
    EVERY_SUBMIT = "every_submit"


class NoSuchProfile(NotFound):
    """There is no such compliance profile."""


class ProfileIsThere(AlreadyExists):
    """There is such a profile already; who changes it says in If-Match which version was seen."""


class ProfileChangedMeanwhile(Stale):
    """The profile has been changed since it was read."""


class NothingIsDeleted(Conflict):
    """A purpose or topic that people have answered is never taken away: make it inactive instead."""


@dataclass(frozen=True, slots=True)
class Topic:
    """Something within a purpose that people can want; inactive, it is offered no more but still counts."""

    id: str
    name: str
    description: str = ""
    state: State = "active"


@dataclass(frozen=True, slots=True)
class ChannelRule:
    """How consent is enforced on one channel."""

    channel: Channel
    model: Enforcement


@dataclass(frozen=True, slots=True)
class ProfilePurpose:
    """A purpose as a profile uses it; on a channel that has no rule here, the house's rule holds."""

    purpose: Purpose
    name: str
    description: str = ""
    state: State = "active"
    rules: tuple[ChannelRule, ...] = ()
    topics: tuple[Topic, ...] = ()


@dataclass(frozen=True, slots=True)
class ProfileDraft:
    """What people put into a profile.

    `unsubscribe` is what one click takes back: the message's topic where it has one, or its whole purpose.
    `confirmed_by` is the template that asks for a confirmation, where `double_opt_in` wants one, and
    `reminded_after` says after how many days each it asks anew while nothing was said.
    """

    name: str
    company_address: str
    purposes: tuple[ProfilePurpose, ...]
    unsubscribe: Literal["topic", "purpose"] = "topic"
    double_opt_in: DoubleOptIn = DoubleOptIn.NEVER
    confirmed_by: str | None = None
    reminded_after: tuple[int, ...] = ()
    state: State = "active"


@dataclass(frozen=True, slots=True)
class ComplianceProfile:
    """A profile at one of its versions."""

    id: str
    version: int
    content: ProfileDraft
    state: State

    def purpose(self, purpose: Purpose) -> ProfilePurpose | None:
        """Give how it uses a purpose, if it does."""
        return next((one for one in self.content.purposes if one.purpose is purpose), None)

    def has(self, purpose: Purpose, topic: str | None) -> bool:
        """Say whether it has that purpose and, if one is named, that topic of it; whatever their state."""
        found = self.purpose(purpose)
        return found is not None and (topic is None or any(one.id == topic for one in found.topics))


def enforced(profile: ComplianceProfile, usual: Enforcements) -> Enforcements:
    """Give the rules under a profile: its own first, active or not (CO-2), then the house's."""
    own = (
        EnforcementRule(rule.channel, purpose.purpose, rule.model)
        for purpose in profile.content.purposes
        for rule in purpose.rules
    )
    return Enforcements((*own, *usual.rules))


MOST_TOPICS_OF_A_PURPOSE = 50
MOST_REMINDERS = 3
LAST_DAY = 27
"""A reminder comes before the link that it repeats has ended (CO-8: 28 days)."""
LONGEST_NAME = 100
LONGEST_DESCRIPTION = 500
_ALWAYS_ASKED = {Channel.EMAIL, Channel.SMS, Channel.LETTER}


def drafted(profile_id: str, draft: ProfileDraft, before: ComplianceProfile | None) -> ComplianceProfile:
    """Make the next version of a profile. Raises `Nonsense`, or `NothingIsDeleted`."""
    problems = list(_problems(profile_id, draft))
    if problems:
        raise Nonsense(*problems)
    if before is not None and any(
        not _is_in(draft, purpose.purpose, topic)
        for purpose in before.content.purposes
        for topic in (None, *(one.id for one in purpose.topics))
    ):
        raise NothingIsDeleted
    version = before.version if before else 0
    if before is not None and before.content == draft:
        return before
    return ComplianceProfile(profile_id, version + 1, draft, draft.state)


def _is_in(draft: ProfileDraft, purpose: Purpose, topic: str | None) -> bool:
    return ComplianceProfile("", 0, draft, draft.state).has(purpose, topic)


def _problems(profile_id: str, draft: ProfileDraft) -> Iterator[Problem]:
    if not is_definition_id(profile_id):
        yield "profile_id", NO_DEFINITION_ID
    yield from _words("name", draft.name, LONGEST_NAME)
    yield from _words("company_address", draft.company_address, LONGEST_DESCRIPTION)
    times = Counter(one.purpose for one in draft.purposes)
    if not draft.purposes:
        yield "purposes", "none"
    if (draft.double_opt_in is DoubleOptIn.NEVER) != (draft.confirmed_by is None):
        yield "confirmed_by", "needed for double opt-in, and only for that"
    if draft.confirmed_by is not None and not is_definition_id(draft.confirmed_by):
        yield "confirmed_by", "not the id of a template"
    yield from _problems_of_reminders(draft)
    for number, purpose in enumerate(draft.purposes):
        if times[purpose.purpose] > 1:
            yield f"purposes.{number}.purpose", "not the only one"
        for field, problem in _problems_of(purpose):
            yield f"purposes.{number}.{field}", problem


def _problems_of_reminders(draft: ProfileDraft) -> Iterator[Problem]:
    days = draft.reminded_after
    if days and draft.double_opt_in is DoubleOptIn.NEVER:
        yield "reminded_after", "only for double opt-in"
    is_in_order = list(days) == sorted(set(days))
    if len(days) > MOST_REMINDERS or not is_in_order or not all(1 <= day <= LAST_DAY for day in days):
        yield "reminded_after", f"not up to {MOST_REMINDERS} days from 1 to {LAST_DAY}, in order"


def _problems_of(purpose: ProfilePurpose) -> Iterator[Problem]:
    yield from _words("name", purpose.name, LONGEST_NAME)
    yield from _words("description", purpose.description, LONGEST_DESCRIPTION, may_be_empty=True)
    channels = [rule.channel for rule in purpose.rules]
    if len(set(channels)) < len(channels):
        yield "rules", "more than one for a channel"
    for number, rule in enumerate(purpose.rules):
        is_advertising = purpose.purpose is Purpose.COMMERCIAL and rule.channel in _ALWAYS_ASKED
        if is_advertising and rule.model is Enforcement.DISABLED:
            yield f"rules.{number}.model", "advertising is never sent against a person's word"
    topics = [topic.id for topic in purpose.topics]
    if len(topics) > MOST_TOPICS_OF_A_PURPOSE or len(set(topics)) < len(topics):
        yield "topics", f"not up to {MOST_TOPICS_OF_A_PURPOSE} different ones"
    for number, topic in enumerate(purpose.topics):
        if not is_definition_id(topic.id):
            yield f"topics.{number}.id", NO_DEFINITION_ID
        named = _words("name", topic.name, LONGEST_NAME)
        described = _words("description", topic.description, LONGEST_DESCRIPTION, may_be_empty=True)
        yield from ((f"topics.{number}.{field}", problem) for field, problem in (*named, *described))


def _words(field: str, text: str, longest: int, *, may_be_empty: bool = False) -> Iterator[Problem]:
    is_there = bool(text.strip()) or (may_be_empty and not text)
    if not is_there or len(text) > longest or any(ord(sign) < 32 and sign != "\n" for sign in text):
        yield field, f"not words of up to {longest} characters"
