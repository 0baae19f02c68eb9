from typing import Any

import pytest

from shared.kernel.refusals import Nonsense
from shared.triggers.change_events import change_event
from tests.rooms.triggers.builders import a_cloud_event, an_event


class TestChangeEvent:
    def test_reads_event_grids_own_schema(self) -> None:
        event = change_event(an_event())

        assert (event.happened, event.reference, event.version) == ("created", ("Observation", "march"), 1)
        assert event.at.isoformat() == "2026-03-02T09:00:00.123456+00:00"

    def test_reads_cloud_events_with_the_newer_names_and_a_version_in_text(self) -> None:
        event = change_event(a_cloud_event())

        assert (event.happened, event.reference, event.version) == ("updated", ("Observation", "march"), 2)

    def test_reads_a_deletion(self) -> None:
        event = change_event(an_event(eventType="Microsoft.HealthcareApis.FhirResourceDeleted"))

        assert event.happened == "deleted"

    @pytest.mark.parametrize(
        ("event", "field"),
        [
            ([an_event()], "body"),
            (None, "body"),
            (an_event(id=7), "id"),
            (an_event(data=None), "data"),
            (an_event(eventType="Microsoft.Storage.BlobCreated"), "eventType"),
            (an_event(eventTime="yesterday"), "eventTime"),
            (a_cloud_event(type=None), "type"),
            (an_event(data={**an_event()["data"], "resourceType": "../Patient"}), "data.resourceType"),
            (an_event(data={**an_event()["data"], "resourceFhirId": "a/b"}), "data.resourceFhirId"),
            (an_event(data={**an_event()["data"], "resourceVersionId": True}), "data.resourceVersionId"),
            (an_event(data={**an_event()["data"], "resourceVersionId": "-1"}), "data.resourceVersionId"),
        ],
    )
    def test_refuses_nonsense_by_the_name_of_the_field(self, event: Any, field: str) -> None:
        with pytest.raises(Nonsense) as refused:
            change_event(event)

        assert [path for path, _ in refused.value.fields] == [field]

    def test_never_repeats_a_value_that_it_refuses(self) -> None:
        event = an_event(data={**an_event()["data"], "resourceFhirId": "943 476 5919"})

        with pytest.raises(Nonsense) as refused:
            change_event(event)

        assert "943" not in str(refused.value)
