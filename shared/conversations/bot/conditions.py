"""Whether a condition is true of what the bot knows (BH-3: branch on a boolean expression). Pure."""

from collections.abc import Mapping

from shared.conversations.bot.answers import day, whole_number
from shared.conversations.bot.script import AllOf, AnyOf, Comparison, Condition
from shared.conversations.bot.words import likened

Variables = Mapping[str, str | int]


def is_true(condition: Condition, variables: Variables) -> bool:
    """Judge it; what cannot be compared is not so."""
    match condition:
        case AllOf(all_of):
            return all(is_true(part, variables) for part in all_of)
        case AnyOf(any_of):
            return any(is_true(part, variables) for part in any_of)
        case Comparison():
            return _compares(condition, variables.get(condition.variable, ""))


def _compares(comparison: Comparison, held: str | int) -> bool:
    wanted = "" if comparison.value is None else comparison.value
    match comparison.operator:
        case "is_set":
            return held != ""
        case "equals":
            return likened(str(held)) == likened(str(wanted))
        case "not_equals":
            return likened(str(held)) != likened(str(wanted))
        case "contains":
            return wanted != "" and likened(str(wanted)) in likened(str(held))
        case "above":
            return _difference(held, wanted) > 0
        case "below":
            return _difference(held, wanted) < 0


def _difference(held: str | int, wanted: str | int) -> int:
    """Say which is more, of two whole numbers or two days; 0 where they are neither."""
    numbers = whole_number(str(held)), whole_number(str(wanted))
    if numbers[0] is not None and numbers[1] is not None:
        return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1])
    days = day(str(held)), day(str(wanted))
    if days[0] is not None and days[1] is not None:
        return (days[0] > days[1]) - (days[0] < days[1])
    return 0
