"""Who may come in? Every route names exactly one door (D13); a test refuses a route that does not."""

from dataclasses import dataclass, replace
from typing import Literal

RoleName = Literal[
    "basic_user",
    "customer_service_representative",
    "csr_manager",
    "omnichannel_agent",
    "omnichannel_supervisor",
    "omnichannel_administrator",
    "productivity_tools_user",
    "productivity_tools_administrator",
    "knowledge_manager",
    "healthcare_user",
    "healthcare_non_clinical_user",
    "fhir_sync_administrator",
    "marketing_professional",
    "marketing_manager",
    "event_planner",
    "event_administrator",
    "data_viewer",
    "data_contributor",
    "data_administrator",
    "personas_administrator",
    "care_coordinator",
    "outreach_specialist",
    "privacy_officer",
    "operator",
]
"""The roles of room access by name: importing the room costs every cold start. A test holds both equal."""

FamilyScopeName = Literal["view_administrative", "view_clinical", "book_appointments"]
"""What family may be let do, by name; a test holds it equal to the room's too."""

DoorKind = Literal[
    "roles",
    "signed in",
    "patient",
    "patient login",
    "conversation token",
    "signed link",
    "webhook proof",
    "public",
]


TieTo = Literal["path", "path, but for a no", "body", "query", "task", "conversation", "act"]
"""Where a request says whose data it is about.

`path` and `body` name a `patient_id`, `query` a `patient`; `task` and `conversation` stand in the path, and
know whose they are. An `act` asks for the tie itself: it reads the person anyhow, and shows the tie it found.
"""


@dataclass(frozen=True, slots=True)
class Door:
    """One way in.

    `roles` names who may; `secret` names the setting whose secret proves a web hook,
    `purpose` what a link was sealed for, `family` what somebody must have been let do who acts for a patient.
    `of_source`: the setting lists several, and the path says whose.
    `tie`: staff need a tie to the patient who is named there, or a reason, unless a role of theirs is among
    those of `looks_after_all` (decision 41).
    """

    kind: DoorKind
    roles: frozenset[str] = frozenset()
    secret: str | None = None
    purpose: str | None = None
    by_code: bool = False
    family: str | None = None
    of_source: bool = False
    tie: TieTo | None = None
    looks_after_all: frozenset[str] = frozenset()

    def tied(self, to: TieTo = "path", *, but_for: RoleName | None = None) -> "Door":
        """Give the door to the data of one patient, which staff open with a tie to them or for a reason."""
        return replace(self, tie=to, looks_after_all=frozenset({but_for} if but_for else ()))


def roles(*names: RoleName) -> Door:
    """Let in staff who have at least one of these roles, their own or a team's."""
    return Door("roles", frozenset(names))


def webhook_proof(secret: str) -> Door:
    """Let in a system that signs.

    `X-Webhook-Signature` is `sha256=` and the HMAC-SHA256 of `timestamp.body`; `X-Webhook-Timestamp` is of
    now, in Unix seconds.
    """
    return Door("webhook proof", secret=secret)


def webhook_code(secret: str) -> Door:
    """Let in a system that cannot sign, such as Event Grid, by the secret itself.

    It stands in `?code=` or `X-Webhook-Code`.
    """
    return Door("webhook proof", secret=secret, by_code=True)


def source_code(secret: str) -> Door:
    """Let in one of the systems that a setting lists, the one named in the path as `{source}`, by its secret.

    It stands in `?code=` or `X-Webhook-Code`, which a FHIR Subscription can send as a header.
    """
    return Door("webhook proof", secret=secret, by_code=True, of_source=True)


def signed_link(purpose: Literal["survey", "preferences"]) -> Door:
    """Let in whoever has a link that we have sealed for this purpose; it stands in the path as `{link}`."""
    return Door("signed link", purpose=purpose)


SIGNED_IN = Door("signed in")
"""Anyone whose token is good, staff or patient: for what concerns only themselves."""
PATIENT_LOGIN = Door("patient login")
"""Anyone whom a patients' issuer vouches for, whether in a record yet or not: to come into one."""
PATIENT = Door("patient")
"""A patient, who acts for the record their own login is linked to."""


def patient_or_family(scope: FamilyScopeName) -> Door:
    """Let in a patient, or whom they let do this for them, who names them in the header `On-Behalf-Of`."""
    return Door("patient", family=scope)


CONVERSATION_TOKEN = Door("conversation token", purpose="conversation")
"""Whoever holds the token of one conversation; which one, the token says."""
PUBLIC = Door("public")
