"""What was sent to a patient's family, as the patient is given it: what it says, not where its reader is."""

from collections.abc import Mapping
from typing import Any

Body = Mapping[str, Any]

ASKS_THEM = "copies:"
"""Why a message was sent that asks its reader to say yes: whoever has its link could say so for them."""


def without_reader(body: Body) -> dict[str, Any]:
    """Give a message, or what was decided of one, without its reader's address or the link they answer by.

    What went to the patient is given as it is.
    """
    spelt = "asked" if "asked" in body else "order"
    asked: Body = body[spelt]
    if asked.get("related_person_id") is None:
        return dict(body)
    given = {
        **body,
        spelt: {name: value for name, value in asked.items() if name not in ("address", "values")},
    }
    given.pop("address", None)
    if asked["because"].startswith(ASKS_THEM):
        given.pop("rendered", None)
    return given
