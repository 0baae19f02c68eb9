"""How one resource points at another."""

import pytest

from shared.fhir.references import Reference, reference_of, referring_otherwise


class TestAReference:
    @pytest.mark.parametrize(
        ("text", "meaning"),
        [
            ("Patient/maria", Reference("Patient", "maria")),
            ("Patient/maria/_history/3", Reference("Patient", "maria", "3")),
            (
                "https://other.example/fhir/Patient/1",
                Reference("Patient", "1", None, "https://other.example/fhir"),
            ),
            ("http://localhost:7071/fhir/Patient/1", Reference("Patient", "1")),
            ("urn:uuid:3fdc72f4-a11d-4a9d-9260-a9f745779e1d", None),
            ("#contained", None),
            ("Patient?identifier=1", None),
            ("Patient/has space", None),
        ],
    )
    def test_is_read_by_its_shape(self, text: str, meaning: Reference | None) -> None:
        assert reference_of(text, home="http://localhost:7071/fhir") == meaning


class TestReferringOtherwise:
    def test_changes_references_at_any_depth_and_nothing_else(self) -> None:
        resource = {
            "text": {"div": "<div>urn:uuid:a</div>"},
            "participant": [{"actor": {"reference": "urn:uuid:a", "display": "urn:uuid:a"}}],
            "subject": {"reference": "Patient/b"},
        }

        changed = referring_otherwise(resource, {"urn:uuid:a": "Patient/1"}.get)

        assert changed["participant"] == [{"actor": {"reference": "Patient/1", "display": "urn:uuid:a"}}]
        assert changed["text"] == resource["text"]
        assert changed["subject"] == {"reference": "Patient/b"}
        assert resource["participant"] == [{"actor": {"reference": "urn:uuid:a", "display": "urn:uuid:a"}}]
