"""The steps of a scenario as data (BH-3). `{name}` in a text stands for what the variable holds."""

from dataclasses import dataclass, field
from typing import Literal, Union

Operator = Literal["equals", "not_equals", "contains", "above", "below", "is_set"]
PromptType = Literal["text", "number", "date", "choice"]
FieldType = Literal["text", "email", "number", "date", "choice"]


@dataclass(frozen=True, slots=True)
class FromVariable:
    """Whatever the variable holds when it is needed; what it does not hold is left out."""

    variable: str


ContextValue = str | int | FromVariable
"""A value of a context: text or a whole number, as BH-4 has it, given here or taken from a variable."""


@dataclass(frozen=True, slots=True)
class StatementStep:
    """Say something and go on."""

    kind: Literal["statement"]
    id: str
    text: str
    next: str | None = None


@dataclass(frozen=True, slots=True)
class PromptStep:
    """Ask for one thing and keep it in a variable; after `retries` answers that are none, go elsewhere."""

    kind: Literal["prompt"]
    id: str
    ask: str
    variable: str
    otherwise: str
    type: PromptType = "text"
    choices: tuple[str, ...] = ()
    card_text: str = "Please choose."
    retry: str = "I did not understand that."
    retries: int = 2
    longest: int = 500
    next: str | None = None


@dataclass(frozen=True, slots=True)
class FormField:
    """One thing to fill in; its id is also the variable that keeps it."""

    id: str
    label: str
    type: FieldType = "text"
    required: bool = True
    longest: int = 200
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FormStep:
    """Ask for several things on one card; they come back together.

    `{fields}` in `retry` names those that were missing or wrong.
    """

    kind: Literal["form"]
    id: str
    ask: str
    fields: tuple[FormField, ...]
    otherwise: str
    submit: str = "Send"
    retry: str = "Please look again at: {fields}."
    retries: int = 2
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compare a variable with a value; a variable that holds nothing only ever is `not_equals`."""

    variable: str
    operator: Operator
    value: str | int | None = None


@dataclass(frozen=True, slots=True)
class AllOf:
    """True when each of these is."""

    all_of: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when at least one of these is."""

    any_of: tuple["Condition", ...]


Condition = Union[Comparison, AllOf, AnyOf]  # noqa: UP007  # it refers to itself, by name


@dataclass(frozen=True, slots=True)
class BranchStep:
    """Go one of two ways, `otherwise` being the following step; nothing is said."""

    kind: Literal["branch"]
    id: str
    when: Condition
    then: str
    otherwise: str | None = None


@dataclass(frozen=True, slots=True)
class ConfirmStep:
    """Ask a question of yes or no, in the patient's own words; the first of each is what the button says."""

    kind: Literal["confirm"]
    id: str
    ask: str
    no: str
    otherwise: str
    yes_words: tuple[str, ...] = (
        "Yes",
        "y",
        "yeah",
        "yep",
        "ok",
        "okay",
        "sure",
        "correct",
        "that's right",
        "right",
    )
    no_words: tuple[str, ...] = ("No", "n", "nope", "not", "wrong", "incorrect", "don't")
    card_text: str = "Please choose."
    retry: str = "Please answer yes or no."
    retries: int = 2
    next: str | None = None


@dataclass(frozen=True, slots=True)
class BookStep:
    """Offer free times, book the chosen one, and say how it went; `{appointment}` is the time booked."""

    kind: Literal["book"]
    id: str
    ask: str
    otherwise: str
    days: int = 14
    specialty: str | FromVariable | None = None
    mode: str | FromVariable | None = None
    most: int = 5
    reason: str | None = None
    none_of_these: str = "None of these"
    card_text: str = "Please choose."
    retry: str = "Please choose one of the times."
    retries: int = 2
    waiting_text: str = "One moment, I am booking it."
    booked_text: str = "You are booked: {appointment}."
    refused_text: str = "I am sorry, that time could not be booked."
    no_slots_text: str = "There are no free times at the moment."
    next: str | None = None


@dataclass(frozen=True, slots=True)
class EscalateStep:
    """Hand over to a person (BH-4); the patient sees `text`, the representative `summary` (BH-9)."""

    kind: Literal["escalate"]
    id: str
    context: dict[str, ContextValue] = field(default_factory=dict[str, ContextValue])
    text: str | None = None
    summary: str | None = None


@dataclass(frozen=True, slots=True)
class EndStep:
    """Say goodbye (BH-6)."""

    kind: Literal["end"]
    id: str
    text: str | None = None
    context: dict[str, ContextValue] = field(default_factory=dict[str, ContextValue])


Step = StatementStep | PromptStep | FormStep | BranchStep | ConfirmStep | BookStep | EscalateStep | EndStep
