"""An item of a source is read by its type's fields; what cannot be is named, and never repeated (UN-13)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.activities.activity_types import BY_OUR_ID, ActivityTypeDraft, Fields, Naming
from shared.activities.definitions import problems
from shared.activities.read_item import read_item

FIELDS = Fields("order.id", "customer", "order.placed_at", "state", "text", "link", "order.changed_at")
GOOD: dict[str, Any] = {
    "order": {"id": 4711, "placed_at": "2026-03-29T01:30:00+01:00", "changed_at": "2026-03-29T02:00:00Z"},
    "customer": "Patient/o-brien.7",
    "state": "placed",
    "text": "Two of the knee braces, size M; don't ring.",
    "link": "https://shop.example/orders/4711?of=me",
    "what nobody asked for": [1, 2],
}
FIRST = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)


def problems_in(**changed: Any) -> dict[str, str]:
    return dict(read_item({**GOOD, **changed}, FIELDS, BY_OUR_ID).problems)


class TestAnItem:
    def test_is_read_by_the_names_of_its_source(self) -> None:
        read = read_item(GOOD, FIELDS, BY_OUR_ID)

        assert read.problems == ()
        assert read.item is not None
        assert (read.item.key, read.item.named, read.item.at) == (
            "4711",
            "o-brien.7",
            FIRST,
        )
        assert read.item.as_of == FIRST.replace(hour=2, minute=0)
        assert (read.item.event, read.item.url) == ("placed", GOOD["link"])

    def test_needs_only_key_patient_and_time(self) -> None:
        bare = {"order": GOOD["order"], "customer": "ada", "state": "", "text": None}

        read = read_item(
            {**bare, "order": {"id": "a", "placed_at": "2026-03-29T00:30:00Z"}}, FIELDS, BY_OUR_ID
        )

        assert read.item is not None
        assert (read.item.event, read.item.detail, read.item.as_of) == (None, None, FIRST)

    @pytest.mark.parametrize(
        ("changed", "wrong"),
        [
            ({"order": None}, {"key": "missing", "at": "missing"}),
            ({"order": "4711"}, {"key": "missing", "at": "missing"}),
            ({"order": {"id": True, "placed_at": "2026-03-29T00:30:00Z"}}, {"key": "cannot be read"}),
            ({"order": {"id": "a" * 201, "placed_at": "2026-03-29T00:30:00Z"}}, {"key": "cannot be read"}),
            ({"order": {"id": "a", "placed_at": "2026-03-29T00:30:00"}}, {"at": "cannot be read"}),
            ({"order": {"id": "a", "placed_at": "yesterday"}}, {"at": "cannot be read"}),
            ({"order": {"id": "a", "placed_at": "0001-01-01T00:00:00+14:00"}}, {"at": "cannot be read"}),
            ({"customer": "Practitioner/ada"}, {"patient": "cannot be read"}),
            ({"customer": "a/b"}, {"patient": "cannot be read"}),
            ({"customer": ""}, {"patient": "missing"}),
            ({"state": "a\x00b"}, {"event": "cannot be read"}),
            ({"state": "\ud800"}, {"event": "cannot be read"}),
            ({"state": {"code": "placed"}}, {"event": "cannot be read"}),
            ({"text": "x" * 2001}, {"detail": "cannot be read"}),
            ({"link": "javascript:alert(1)"}, {"url": "cannot be read"}),
            ({"link": "https://shop.example/a b"}, {"url": "cannot be read"}),
        ],
    )
    def test_that_cannot_be_read_says_which_field(
        self, changed: dict[str, Any], wrong: dict[str, str]
    ) -> None:
        assert problems_in(**changed) == wrong

    @given(
        item=st.dictionaries(
            st.sampled_from(("order", "customer", "state", "text", "link")),
            st.recursive(
                st.one_of(
                    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8)
                ),
                lambda inner: st.one_of(
                    st.lists(inner, max_size=2),
                    st.dictionaries(st.sampled_from(("id", "placed_at", "changed_at")), inner, max_size=3),
                ),
                max_leaves=6,
            ),
        )
    )
    def test_is_read_or_refused_whatever_it_is(self, item: dict[str, Any]) -> None:
        read = read_item(item, FIELDS, BY_OUR_ID)

        assert (read.item is None) == bool(read.problems)


class TestAName:
    @pytest.mark.parametrize(
        ("naming", "given", "read"),
        [
            (
                Naming("identifier"),
                "https://shop.example/customers|0815",
                "https://shop.example/customers|0815",
            ),
            (Naming("identifier", "urn:oid:1.2"), "0815", "urn:oid:1.2|0815"),
            (Naming("identifier", "urn:oid:1.2"), 815, "urn:oid:1.2|815"),
            (Naming("identifier", "urn:oid:1.2"), "urn:oid:1.3|0815", None),
            (Naming("identifier"), "0815", None),
            (Naming("identifier"), "|0815", None),
            (Naming("identifier"), "urn:oid:1.2|", None),
            (Naming("person", matching="all"), "3f9a", "3f9a"),
            (Naming("source_key", matching="all", source="shop"), "O'Neill,7", "O'Neill,7"),
            (Naming("source_key", matching="all", source="shop"), 815, "815"),
            (Naming("source_key", matching="all", source="shop"), " ", None),
            (BY_OUR_ID, "urn:oid:1.2|0815", None),
        ],
    )
    def test_is_read_as_its_type_says(self, naming: Naming, given: Any, read: str | None) -> None:
        found = read_item({**GOOD, "customer": given}, FIELDS, naming)

        assert (found.item.named if found.item else None) == read
        assert found.problems == (() if read else (("patient", "cannot be read"),))


class TestAType:
    @pytest.mark.parametrize(
        ("changed", "path"),
        [
            ({"name": ""}, "name"),
            ({"name": "a\x07"}, "name"),
            ({"source": "house"}, "source"),
            ({"source": "a~b"}, "source"),
            ({"naming": Naming("identifier", "not a system")}, "naming.system"),
            ({"naming": Naming("record", "urn:oid:1.2")}, "naming.system"),
            ({"naming": Naming("person")}, "naming.matching"),
            ({"naming": Naming("identifier", matching="all")}, "naming.matching"),
            ({"naming": Naming("source_key", source="shop")}, "naming.matching"),
            ({"naming": Naming("source_key", matching="all")}, "naming.source"),
            ({"naming": Naming("source_key", matching="all", source="the shop")}, "naming.source"),
            ({"naming": Naming("person", matching="all", source="shop")}, "naming.source"),
            ({"waits_days": 31}, "waits_days"),
            ({"waits_days": -1}, "waits_days"),
            ({"fields": Fields("", "whose", "at")}, "fields.key"),
            ({"fields": Fields("a..b", "whose", "at")}, "fields.key"),
            ({"fields": Fields("id", "whose", "at", url="$.link")}, "fields.url"),
        ],
    )
    def test_that_makes_no_sense_is_refused(self, changed: dict[str, Any], path: str) -> None:
        settled: dict[str, Any] = {
            "name": "Orders",
            "source": "Web shop",
            "kind": "sales_order",
            "fields": FIELDS,
        }

        assert {where for where, _ in problems("orders", ActivityTypeDraft(**settled | changed))} == {path}

    @pytest.mark.parametrize("type_id", ["", "Orders", "house-appointments", "a" * 41, "a/b"])
    def test_needs_an_id_that_can_stand_in_a_path_and_is_not_ours(self, type_id: str) -> None:
        draft = ActivityTypeDraft("Orders", "Web shop", "sales_order", FIELDS)

        assert [path for path, _ in problems(type_id, draft)] == ["type_id"]
