import pytest

from shared.kernel.documents import Document, as_seen
from shared.kernel.refusals import AlreadyExists, Conflict, Stale


class ListIsThere(AlreadyExists):
    """There is such a list already."""


class ListChangedMeanwhile(Stale):
    """The list has been changed since it was read."""


KEPT = Document("list/ward-7", "current", 3, "etag-3", "the ward's list")


def refusal(before: Document[str] | None, if_match: str | None) -> type[Exception] | None:
    try:
        as_seen(before, if_match, is_there=ListIsThere, changed=ListChangedMeanwhile)
    except (Conflict, Stale) as refused:
        return type(refused)
    return None


class TestAsSeen:
    @pytest.mark.parametrize(
        ("before", "if_match", "refused"),
        [
            (None, None, None),
            (KEPT, "etag-3", None),
            (KEPT, None, ListIsThere),
            (KEPT, "etag-2", ListChangedMeanwhile),
            (KEPT, "", ListChangedMeanwhile),
            (None, "etag-3", ListChangedMeanwhile),
        ],
    )
    def test_lets_through_only_what_was_seen_or_is_new(
        self, before: Document[str] | None, if_match: str | None, refused: type[Exception] | None
    ) -> None:
        assert refusal(before, if_match) is refused
