"""Take a FHIR Bundle into the record, as far as the entity maps let it pass (FH-6)."""

from dataclasses import dataclass
from datetime import datetime

from shared.access.model import Caller
from shared.exchange.bundles import BundleType, bundle_in
from shared.exchange.settle_bundle import SettleBundle
from shared.exchange.write_entries import EntryResult, WriteEntries


@dataclass(frozen=True, slots=True)
class BundleWritten:
    """What came of a bundle, entry by entry in its own order."""

    type: BundleType
    results: tuple[EntryResult, ...]


@dataclass(frozen=True, slots=True)
class WriteBundle:
    """Settles which resources are meant, and writes them as `WriteEntries` promises."""

    write_entries: WriteEntries

    def __call__(self, *, body: bytes, caller: Caller, now: datetime) -> BundleWritten:
        """Take it in, or raise `Nonsense`, `EntriesRefused`, `EntriesChangedMeanwhile` or `LostRace`."""
        record, reading = self.write_entries.record, self.write_entries.reading
        asked = bundle_in(body, reading)
        sent = SettleBundle(record, reading)(asked.entries)
        results = self.write_entries(sent, type_=asked.type, act="write_bundle", caller=caller, now=now)
        return BundleWritten(asked.type, results)
