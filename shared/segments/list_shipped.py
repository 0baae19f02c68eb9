"""Show the segments that come with the product (SG-7)."""

from dataclasses import dataclass

from shared.kernel.documents import Documents
from shared.segments.documents import looking_in
from shared.segments.ports import ShippedSegments


@dataclass(frozen=True, slots=True)
class ShippedSegment:
    """One of them, and whether there is a segment of its id here."""

    id: str
    name: str
    description: str
    is_installed: bool


@dataclass(frozen=True, slots=True)
class ShippedFound:
    """All of them."""

    segments: tuple[ShippedSegment, ...]


@dataclass(frozen=True, slots=True)
class ListShipped:
    """Gives them in order of their ids."""

    documents: Documents
    shipped: ShippedSegments

    def __call__(self) -> ShippedFound:
        look = looking_in(self.documents)
        drafts = sorted(self.shipped.drafts().items())
        return ShippedFound(
            tuple(
                ShippedSegment(segment_id, draft.name, draft.description, look(segment_id) is not None)
                for segment_id, draft in drafts
            )
        )
