"""The segments that come with the product, as files beside room segments."""

from collections.abc import Mapping
from importlib.resources import files

from shared.adapters.codec import from_json
from shared.segments.ports import ShippedSegments
from shared.segments.rules import SegmentDraft

FOLDER = "shipped"


class PackagedSegments(ShippedSegments):
    """Reads `shared/segments/shipped/{segment_id}.json`, as strictly as what people post."""

    def drafts(self) -> Mapping[str, SegmentDraft]:
        found = (file for file in files("shared.segments").joinpath(FOLDER).iterdir())
        named = {file.name.removesuffix(".json"): file for file in found if file.name.endswith(".json")}
        return {
            name: from_json(named[name].read_bytes(), SegmentDraft, strangers=False) for name in sorted(named)
        }
