"""What a bot hands over with a conversation: names, and text or whole numbers (BH-4). Pure."""

from collections.abc import Mapping

from shared.conversations.bot.script import ContextValue, FromVariable


def resolved(context: Mapping[str, ContextValue], variables: Mapping[str, str | int]) -> dict[str, str | int]:
    """Look up what comes from variables; what a variable does not hold is left out."""
    held = {name: looked_up(value, variables) for name, value in context.items()}
    return {name: value for name, value in held.items() if value is not None}


def looked_up(value: ContextValue, variables: Mapping[str, str | int]) -> str | int | None:
    """Give the value itself, or what the variable holds."""
    return variables.get(value.variable) if isinstance(value, FromVariable) else value
