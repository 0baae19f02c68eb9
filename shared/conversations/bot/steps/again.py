"""Asking again: an answer that is none is asked for anew, a few times, and then the bot goes elsewhere."""

from dataclasses import replace

from shared.conversations.bot.model import BotStanding, Said
from shared.conversations.bot.steps.outcome import GoOn, Outcome, Stay


def asked_again(
    standing: BotStanding, *, retry: str, asks: tuple[Said, ...], retries: int, otherwise: str
) -> Outcome:
    """Say that it was no answer and ask again, or go to `otherwise` after `retries` of those."""
    if standing.tries >= retries:
        return GoOn(to=otherwise)
    return Stay(replace(standing, tries=standing.tries + 1), (Said(retry), *asks))
