"""Show which features are on."""

from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.operations.feature_documents import features_of
from shared.operations.features import Features


@dataclass(frozen=True, slots=True)
class KeptFeatures:
    """The switches as they are, with the etag to set them by; None while nobody has set them."""

    features: Features
    etag: str | None


@dataclass(frozen=True, slots=True)
class ReadFeatures:
    """Gives the switches as they are now, and who has set them so."""

    documents: Documents

    def __call__(self) -> KeptFeatures:
        found = features_of(self.documents)
        return KeptFeatures(found.body, found.etag) if found else KeptFeatures(Features(), None)
