"""Who did what to whom, and why."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum

from shared.kernel import asking
from shared.kernel.identity import PatientId


class Outcome(StrEnum):
    """What came of it."""

    DONE = "done"
    REFUSED = "refused"


class Action(StrEnum):
    """What kind of act it was (FHIR R4 AuditEvent.action)."""

    CREATE = "C"
    READ = "R"
    UPDATE = "U"
    DELETE = "D"
    EXECUTE = "E"


BREAK_GLASS = "break_glass"
"""The ground of whoever reads a record without a care relationship (D13)."""
OWN_RECORD = "own_record"
FAMILY = "family"


@dataclass(frozen=True, slots=True)
class RecordAudit:
    """Keep in mind what a person did; announced in the commit of the act itself, so neither stands alone.

    `entry_id` says what it is (act, subject, version), `what` names the act, `subject` what it was done to.
    `roles` and `ground` are those of whoever asks while it is made.
    """

    entry_id: str
    at: datetime
    who: str
    what: str
    subject: str
    patient_id: PatientId | None = None
    why: str | None = None
    action: Action | None = None
    outcome: Outcome = Outcome.DONE
    roles: tuple[str, ...] = field(default_factory=asking.roles, compare=False)
    ground: str | None = field(default_factory=asking.ground, compare=False)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit, written once and never changed."""

    at: datetime
    who: str
    what: str
    subject: str
    patient_id: PatientId | None
    why: str | None
    recorded_at: datetime
    action: Action | None = None
    outcome: Outcome = Outcome.DONE
    roles: tuple[str, ...] = ()
    ground: str | None = None

    @property
    def kind(self) -> Action:
        """Say what kind of act it was; where nobody noted it, its name says."""
        return self.action or action_named(self.what)


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """What the privacy officer asks: what was done in a time, to a patient, or by somebody.

    Days are those of UTC; `until` is the last of them. `who` is spelt as entries spell it. `what` names an
    act; `refused` and `break_glass` leave out everything else.
    """

    day: date | None = None
    patient_id: PatientId | None = None
    after: str | None = None
    limit: int = 100
    since: date | None = None
    until: date | None = None
    who: str | None = None
    what: str | None = None
    refused: bool = False
    break_glass: bool = False

    def wants(self, entry: AuditEntry) -> bool:
        """Say whether an entry is one of those asked for."""
        day = entry.at.astimezone(UTC).date()
        return (
            (self.day is None or day == self.day)
            and (self.patient_id is None or entry.patient_id == self.patient_id)
            and (self.who is None or entry.who == self.who)
            and (self.what is None or entry.what == self.what)
            and (self.since is None or day >= self.since)
            and (self.until is None or day <= self.until)
            and (not self.refused or entry.outcome is Outcome.REFUSED)
            and (not self.break_glass or entry.ground == BREAK_GLASS)
        )


def action_named(what: str) -> Action:
    """Tell from an act's name what kind it is; one that nobody knows is an execution."""
    return _BY_VERB.get(what.partition("_")[0], Action.EXECUTE)


_VERBS = {
    Action.READ: "read list show explain preview search look export",
    Action.CREATE: "record add book create invite redeem install",
    Action.UPDATE: "put set cancel reschedule assign start complete reject note end revoke",
    Action.DELETE: "remove discard",
}
_BY_VERB = {verb: action for action, verbs in _VERBS.items() for verb in verbs.split()}
