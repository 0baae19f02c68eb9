"""The switches in force."""

from datetime import datetime, timedelta
from threading import Lock

from shared.kernel.clock import Clock
from shared.kernel.documents import Documents
from shared.operations.feature_documents import features_of
from shared.operations.features import Feature, FeatureIsOff, Features

LAST = timedelta(seconds=1)
"""How long what was read is believed, in machine time: a switch works within two seconds everywhere."""


class LiveFeatures:
    """Reads the switches at most once a second. Losing them costs a read."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock
        self._lock = Lock()
        self._read_at: datetime | None = None
        self._features = Features()

    def has(self, feature: Feature) -> bool:
        """Say whether it is on."""
        with self._lock:
            self._refresh()
            return self._features.has(feature)

    def require(self, feature: Feature) -> None:
        """Raise `FeatureIsOff` where it is."""
        if not self.has(feature):
            raise FeatureIsOff

    def _refresh(self) -> None:
        now = self._clock.real()
        if self._read_at is not None and timedelta() <= now - self._read_at < LAST:
            return
        found = features_of(self._documents)
        self._features, self._read_at = found.body if found else Features(), now
