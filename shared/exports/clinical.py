"""Which exports speak of somebody's health, so that only clinical staff may have them made."""

from shared.exports.definitions import Members, Values, What
from shared.kernel.documents import Documents
from shared.measures.clinical import rests_on_clinical_data
from shared.measures.documents import measure_at
from shared.segments.clinical import is_clinical
from shared.segments.documents import nested_in, segment_at


def is_of_health(documents: Documents, what: What) -> bool:
    """Say so of what it is made of, as that is now. Raises `NoSuchSegment` or `NoSuchMeasure`."""
    match what:
        case Members(segment_id=segment_id):
            rule = segment_at(documents, segment_id).body.rule
            return is_clinical(documents, rule, nested_in(documents, rule))
        case Values(measure_id=measure_id):
            return rests_on_clinical_data(documents, measure_at(documents, measure_id).body)
        case _:
            return False
