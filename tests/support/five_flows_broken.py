"""What is taken out of the house to see that the kill test of five flows can fail."""

from typing import NamedTuple

from tests.support.broken_house import Break


class Notice(NamedTuple):
    """How many people and kills, in which scene, show that something is missing; and what is then found."""

    broken: Break
    scene: tuple[str, str, str]
    finding: str


WITHOUT = {
    "the derived id of an invitation": Notice(
        Break(
            "shared/surveys/documents.py",
            'derived("survey invitation", survey_id, conversation_id)',
            '__import__("secrets").token_hex(20)',
        ),
        ("24", "3", "parting"),
        "not asked about once",
    ),
    # Between the search for overlaps and the write it also dawdles: a busy machine alone does not always.
    "the guards of a booking": Notice(
        Break(
            "shared/appointments/guards.py",
            "if_match=version_of(guard))",
            'if_match=__import__("time").sleep(0.2))',
        ),
        ("24", "0", "booking"),
        "overlap",
    ),
}
