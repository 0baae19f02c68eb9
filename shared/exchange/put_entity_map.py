"""Say of a type of resource what may pass, and which way (FH-5, FH-7)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from shared.access.model import Caller
from shared.exchange.keep_entity_map import keep_entity_map
from shared.exchange.model import WRITTEN_BY_THE_HOUSE, Message
from shared.exchange.read_entity_map import KeptEntityMap
from shared.kernel.documents import Documents
from shared.kernel.refusals import Nonsense


@dataclass(frozen=True, slots=True)
class EntityMapWanted:
    """What shall pass: `messages` while enabled; `write_back` is for what the house itself writes."""

    is_enabled: bool
    messages: tuple[Message, ...]
    write_back: bool = False


@dataclass(frozen=True, slots=True)
class PutEntityMap:
    """Sets the switches of one type, in force with the next bundle; its concepts stay. Audited."""

    documents: Documents

    def __call__(
        self,
        wanted: EntityMapWanted,
        *,
        resource_type: str,
        caller: Caller,
        now: datetime,
        if_match: str | None,
    ) -> KeptEntityMap:
        """Set it, or raise `Nonsense`, `NoSuchResourceType`, `EntityMapIsThere` or `…ChangedMeanwhile`."""
        problems = list(_problems(wanted, resource_type))
        if problems:
            raise Nonsense(*problems)
        return keep_entity_map(
            self.documents,
            resource_type,
            lambda was: replace(
                was, is_enabled=wanted.is_enabled, messages=wanted.messages, write_back=wanted.write_back
            ),
            caller=caller,
            now=now,
            if_match=if_match,
            what="put_entity_map",
        )


def _problems(wanted: EntityMapWanted, resource_type: str) -> Iterator[tuple[str, str]]:
    if len(set(wanted.messages)) != len(wanted.messages):
        yield "messages", "one of them twice"
    if wanted.is_enabled and not wanted.messages:
        yield "messages", "an enabled type passes at least one"
    if wanted.write_back and resource_type not in WRITTEN_BY_THE_HOUSE:
        yield "write_back", "the house writes nothing of this type"
