"""How a commit is made in Cosmos DB: one batch, and what its answer, or the lack of one, means (D4).

A batch is sent again only if it is known not to stand, or if its guards let it stand once at most. Whoever
lost the answer looks at what was to be written, and sees by the stamps whether the commit is there. Only a
commit that was altogether written over in that moment is taken for lost, and its act runs again.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson
from azure.core.exceptions import AzureError

from shared.adapters import cosmos_faults as faults
from shared.adapters.codec import to_json
from shared.adapters.commit_limits import (
    ANNOUNCEMENT,
    APPEND_ONLY,
    kind_of,
    refuse,
    refuse_impossible,
    refuse_too_large,
)
from shared.adapters.cosmos_account import CosmosAccount, Item
from shared.adapters.cosmos_costs import tell_fault
from shared.adapters.cosmos_items import JsonObject, Operation, Spelling, Standing, is_dead
from shared.adapters.cosmos_queries import NAMED
from shared.adapters.cosmos_reads import CosmosReads, Sessions
from shared.kernel.clock import Clock
from shared.kernel.documents import Commit, Create, Delete, Index, Replace
from shared.kernel.identity import IdSource
from shared.kernel.refusals import AlreadyExists, LostRace

LONGEST_SECONDS = 10
"""After so long there is no other attempt: somebody waits for the first."""
_PAUSES = (0.02, 0.04, 0.08, 0.16, 0)
"""Seconds after each attempt; after the last there is none."""

Etags = dict[str, str]


@dataclass(frozen=True, slots=True)
class PreparedCommit:
    """A commit that is possible, encoded; it can be spelt as a batch again and again."""

    commit: Commit
    spelling: Spelling
    texts: Mapping[str, bytes]
    told: Sequence[JsonObject]

    def batch(self, standing: Mapping[str, Standing]) -> list[Operation]:
        """Spell it, guards first; the SDK takes such operations apart, so each attempt needs new ones."""
        spelling = self.spelling
        return [
            *(spelling.resting_on(guard.id, guard.etag) for guard in self.commit.unchanged),
            *(self._change(change, standing) for change in self.commit.changes),
            *(("upsert", (told,)) for told in self.told),
        ]

    def etags(self, standing: Mapping[str, Standing]) -> Etags:
        """Give the etag of each document as the batch writes it."""
        return {
            change.id: self.spelling.stamp(_version(change, standing.get(change.id)))
            for change in self.commit.changes
            if not isinstance(change, Delete)
        }

    @property
    def created(self) -> Sequence[str]:
        return [change.id for change in self.commit.changes if isinstance(change, Create)]

    @property
    def witnesses(self) -> Sequence[str]:
        """Name the documents that bear the commit's stamp once it stands."""
        changed = [change.id for change in self.commit.changes if not _leaves_nothing(change)]
        return [*changed, *(told.id for told in self.commit.announcements)]

    def _change(self, change: Create | Replace | Delete, standing: Mapping[str, Standing]) -> Operation:
        if isinstance(change, Delete):
            return self.spelling.burying(change.id, change.etag)
        text = self.texts[change.id]
        if isinstance(change, Replace):
            return self.spelling.replacing(change, text)
        if change.id in standing:
            return self.spelling.reviving(change, text, standing[change.id])
        return ("create", (self.spelling.new(change, text, version=change.version),))


@dataclass(slots=True)
class CosmosCommits:
    """Makes commits, each all or nothing and once at most."""

    account: CosmosAccount
    sessions: Sessions
    reads: CosmosReads
    clock: Clock
    ids: IdSource
    indexes: Sequence[Index]

    def prepared(self, commit: Commit) -> PreparedCommit:
        """Encode a commit. Raises `ValueError` for what Cosmos DB would refuse, and for naive instants."""
        refuse_impossible(commit)
        texts = {
            change.id: to_json(change.body) for change in commit.changes if not isinstance(change, Delete)
        }
        spelling = Spelling(commit.partition, self.ids.new(), self.clock.now(), self.indexes)
        made_at = self.clock.real().isoformat()  # machine time: a clock that travels would hide it
        told = [spelling.announced(each, made_at=made_at) for each in commit.announcements]
        bodies = (*texts.values(), *(orjson.dumps(each["body"]) for each in told))
        refuse_too_large([body.decode() for body in bodies])
        return PreparedCommit(commit, spelling, texts, told)

    def make(self, prepared: PreparedCommit) -> Etags:
        """Make it durable and give the new etags, or raise what `Documents.commit` promises."""
        if not prepared.batch({}):
            return {}
        return _Attempts(self, prepared).made()

    def send(self, prepared: PreparedCommit, standing: Mapping[str, Standing]) -> None:
        """Send the batch once."""
        partition = prepared.commit.partition
        try:
            self.account.documents(partition).execute_item_batch(
                prepared.batch(standing),
                partition,
                response_hook=lambda headers, _: self.sessions.keep(partition, headers),
            )
        except AzureError as error:
            self.sessions.keep(partition, faults.headers_of(error))
            raise

    def stands(self, prepared: PreparedCommit) -> bool:
        """Say whether the commit is there: whether anything that it wrote has not been written over since."""
        ours = f"-{prepared.spelling.token}"
        return any(item["stamp"].endswith(ours) for item in self._found(prepared, prepared.witnesses))

    def standing(self, prepared: PreparedCommit) -> dict[str, Standing]:
        """Look at what stands where the commit would create."""
        now = prepared.spelling.now
        return {
            item["id"]: Standing(item["version"], item["stamp"], is_dead(item, now))
            for item in self._found(prepared, prepared.created)
        }

    def _found(self, prepared: PreparedCommit, ids: Sequence[str]) -> Sequence[Item]:
        partition = prepared.commit.partition
        if len(ids) > 1:
            return self.reads.in_partition(partition, NAMED, {"ids": ids}, len(ids))
        items = [self.reads.item(partition, each) for each in ids]
        return [item for item in items if item is not None]


@dataclass(slots=True)
class _Attempts:
    """The attempts to make one commit, and what the earlier ones have found."""

    commits: CosmosCommits
    prepared: PreparedCommit
    standing: dict[str, Standing] = field(default_factory=dict[str, Standing])

    def made(self) -> Etags:
        began = time.monotonic()
        for pause in _PAUSES:
            try:
                self.commits.send(self.prepared, self.standing)
            except AzureError as error:
                tell_fault(faults.status_of(error))
                if not self._stands_though(error):
                    is_late = time.monotonic() - began > LONGEST_SECONDS
                    self._go_on_after(error, pause=0 if is_late else pause)
                    continue
            return self.prepared.etags(self.standing)
        raise LostRace

    def _stands_though(self, error: AzureError) -> bool:
        """Say whether the commit is there after all: the answer was lost, or it lost against itself."""
        refused = faults.failed_operation(error) is not None
        return (refused or faults.may_have_been_done(error)) and self.commits.stands(self.prepared)

    def _go_on_after(self, error: AzureError, *, pause: float) -> None:
        """Come back if another attempt is worth it and can do no harm, else raise what this one means.

        Without a pause to make, there is no other attempt.
        """
        place, status = faults.failed_operation(error), faults.status_of(error)
        if status == faults.TOO_LARGE:
            refuse("a commit whose documents are too large together with their names")
        if place is not None and status == faults.EXISTS:
            self._make_way()
        elif place is not None and status in (faults.NO_LONGER_SO, faults.NOT_THERE):
            self._look_again_or_lose()
        elif pause and (status == faults.TRY_AGAIN or faults.may_have_been_done(error)):
            time.sleep(pause)
        else:
            raise faults.fault(error) from None

    def _make_way(self) -> None:
        """Find the dead that stand where something is to be created. Raises `AlreadyExists`."""
        found = self.commits.standing(self.prepared)
        append_only = self.prepared.commit.partition.startswith(APPEND_ONLY)
        if append_only or any(not each.is_dead for each in found.values()):
            raise AlreadyExists from None
        self.standing = found

    def _look_again_or_lose(self) -> None:
        """Begin anew if what was dead may have changed since. Raises `LostRace`."""
        if not self.standing:
            raise LostRace from None
        self.standing = {}


def _leaves_nothing(change: Create | Replace | Delete) -> bool:
    return isinstance(change, Delete) and kind_of(change.id) == ANNOUNCEMENT


def _version(change: Create | Replace, standing: Standing | None) -> int:
    return change.version if standing is None else max(change.version, standing.version + 1)
