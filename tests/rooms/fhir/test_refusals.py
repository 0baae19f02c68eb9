"""Refusals as a FHIR server says them."""

import pytest

from shared.fhir.ports import VersionMismatch
from shared.fhir.refusals import (
    NotPatchable,
    NotSelectiveEnough,
    NotSupported,
    ResourceDeleted,
    ResourceNotFound,
    ResourceTypeUnknown,
    answer_to,
)
from shared.kernel.refusals import LostRace, Nonsense, Throttled, TransientFault


class TestARefusal:
    @pytest.mark.parametrize(
        ("no", "status", "code"),
        [
            (ResourceNotFound(), 404, "not-found"),
            (ResourceTypeUnknown(), 404, "not-supported"),
            (ResourceDeleted(2), 410, "deleted"),
            (VersionMismatch(), 412, "conflict"),
            (NotSelectiveEnough(), 412, "multiple-matches"),
            (NotPatchable(), 422, "processing"),
            (LostRace(), 409, "conflict"),
            (Throttled(), 429, "throttled"),
            (TransientFault(), 503, "transient"),
            (NotSupported(("_sort", "not supported")), 400, "not-supported"),
            (Nonsense(("Patient.name", "missing")), 400, "invalid"),
        ],
    )
    def test_has_a_status_and_a_code(self, no: Exception, status: int, code: str) -> None:
        answered, outcome = answer_to(no)

        assert (answered, outcome["issue"][0]["code"]) == (status, code)

    def test_names_each_field_that_is_wrong(self) -> None:
        _, outcome = answer_to(Nonsense(("Patient.name", "missing"), ("Patient.gender", "string type")))

        assert [(i["expression"], i["diagnostics"]) for i in outcome["issue"]] == [
            (["Patient.name"], "missing"),
            (["Patient.gender"], "string type"),
        ]
