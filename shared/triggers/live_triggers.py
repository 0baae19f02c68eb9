"""The triggers in force, compiled, by the type of resource they watch."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from threading import Lock

from shared.fhir.ports import Resource
from shared.kernel.clock import Clock
from shared.kernel.documents import Documents
from shared.triggers.documents import trigger_as_it_was, triggers_in_state
from shared.triggers.matching import CompiledTrigger, compiled

LAST = timedelta(seconds=1)
"""How long what was read is believed, in machine time: an edit works within two seconds everywhere."""

MOST_VERSIONS = 1000

ByType = Mapping[str, Sequence[CompiledTrigger]]


class LiveTriggers:
    """Reads the definitions at most once a second and compiles each version once.

    Stopped triggers are among them: they fire nothing, but what they have started is still taken back. Losing
    all of this costs a read, never a patient.
    """

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock
        self._lock = Lock()
        self._compiled: dict[str, tuple[str, CompiledTrigger]] = {}
        self._versions: dict[tuple[str, int], CompiledTrigger] = {}
        self._by_type: ByType = {}
        self._read_at = None

    def watching(self, resource_type: str) -> Sequence[CompiledTrigger]:
        """Give the triggers that watch a type."""
        with self._lock:
            now = self._clock.real()
            if self._read_at is None or not timedelta() <= now - self._read_at < LAST:
                self._by_type, self._read_at = self._read(), now
            return self._by_type.get(resource_type, ())

    def concern(self, resource: Resource) -> bool:
        """Say whether any of them is about what this resource is about."""
        return any(trigger.concerns(resource) for trigger in self.watching(resource["resourceType"]))

    def as_fired(self, trigger: CompiledTrigger, version: int | None) -> CompiledTrigger:
        """Give the version of a trigger by which something stands, whatever it has become since.

        Where nobody noted it, or it was made before all versions were kept, that is the one in force.
        """
        if version is None or version == trigger.definition.version:
            return trigger
        named = trigger.definition.id, version
        known = self._versions.get(named)
        if known is None:
            definition = trigger_as_it_was(self._documents, *named)
            if definition is None:
                return trigger
            if len(self._versions) >= MOST_VERSIONS:
                self._versions = {}
            known = self._versions[named] = compiled(definition)
        return known

    def _read(self) -> ByType:
        found = [*triggers_in_state(self._documents, "ready_to_use")]
        found += triggers_in_state(self._documents, "stopped")
        before, self._compiled = self._compiled, {}
        by_type: dict[str, list[CompiledTrigger]] = defaultdict(list)
        for document in found:
            etag, trigger = before.get(document.body.id, ("", None))
            if trigger is None or etag != document.etag:
                trigger = compiled(document.body)
            self._compiled[document.body.id] = (document.etag, trigger)
            by_type[document.body.resource_type].append(trigger)
        return by_type
