"""How a trigger that names attributes reacts to a resource as it is now (FH-10): pure."""

from dataclasses import dataclass, replace

from shared.fhir.ports import Resource
from shared.triggers.attributes import changed_between
from shared.triggers.before import Before, Created, Stood, Unknown, Version
from shared.triggers.matching import CompiledTrigger


@dataclass(frozen=True, slots=True)
class Reaction:
    """To which version a trigger that names attributes reacted last, and why.

    `changed` are those that differed from `before`. Nothing differed in what was created; and where the
    record could not say what stood before, `is_before_unknown`. `stands_from` is the first occurrence that
    stands since; should they be taken back, it is again as if it had reacted to `falls_back_to`.
    """

    to: Version | None
    before: Version | None
    changed: tuple[str, ...]
    stands_from: int
    falls_back_to: Version | None
    is_before_unknown: bool = False

    def fallen(self) -> "Reaction":
        """Give what is left when all that stands is taken back."""
        return replace(self, to=self.falls_back_to)


def reaction(
    trigger: CompiledTrigger, resource: Resource, before: Before, standing: Reaction | None, occurrence: int
) -> Reaction | None:
    """Say how it reacts: to a creation, to a change, or for want of knowing better; None if not at all.

    `standing` is its last reaction, if that was not taken back. A creation counts if it met the trigger and
    the trigger asks for creations; else it is what later versions are compared with.
    """
    definition, now_stands = trigger.definition, Version.of(resource)
    reacts = Reaction(now_stands, None, (), occurrence, None)
    match before:
        case Unknown():
            reacts = replace(reacts, is_before_unknown=True)
        case Created(first) if definition.when == "either" and trigger.holds(first):
            pass
        case Created(former) | Stood(former):
            changed = changed_between(former, resource, definition.changed)
            if not changed:
                return None
            stood = Version.of(former)
            reacts = replace(reacts, before=stood, changed=changed, falls_back_to=stood)
    if standing is None:
        return reacts
    return replace(reacts, stands_from=standing.stands_from, falls_back_to=standing.falls_back_to)
