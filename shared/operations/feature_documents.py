"""Where the switches are kept: one document for the whole organisation."""

from shared.kernel.documents import Document, Documents
from shared.operations.features import Features

ORGANISATION = "features/organisation"
CURRENT = "features~current"


def features_of(documents: Documents) -> Document[Features] | None:
    """Give the switches as somebody has set them, or None while nobody has."""
    return documents.look(ORGANISATION, CURRENT, Features)
