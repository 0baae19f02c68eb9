"""Our Bicep, read by a linter of our own.

There is no Bicep compiler here. Checked are syntax (tree-sitter's grammar), names, each property of a
resource against Azure's management libraries of one version each (or, where none describes it, `own_shapes`),
values and lengths as far as they can be known without deploying, calls of modules, parameter files, and the
rules of this house. Not checked is whether Azure would take it: the compiler's own analysis, properties that
only a later version has, policies, quotas, regions, what-if.
"""

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.support.bicep.azure_types import FROM_LIBRARIES
from tests.support.bicep.lint import lint
from tests.support.bicep.own_shapes import OWN
from tests.support.bicep.project import Project
from tests.support.bicep.reading import resource_kind
from tests.support.tree import ROOT

INFRA = ROOT / "infra"
HELD = Path(__file__).parent / "bicep_faults"
FAULTS: list[dict[str, str]] = json.loads((HELD / "faults.json").read_text())
HARMLESS: list[dict[str, str]] = json.loads((HELD / "harmless.json").read_text())


def changed(one: dict[str, str]) -> dict[str, str]:
    text = (INFRA / one["file"]).read_text()
    assert one["before"] in text, "the place to be changed is no longer there"
    return {one["file"]: text.replace(one["before"], one["after"], 1)}


def resources_used() -> set[str]:
    return {
        resource_kind(one) for template in Project(INFRA).templates() for one in template.of_kind("resource")
    }


class TestOurBicep:
    def test_has_nothing_wrong_with_it(self) -> None:
        assert lint(INFRA) == []

    def test_is_described_by_azures_libraries_or_listed_as_described_by_us(self) -> None:
        assert set(FROM_LIBRARIES) | set(OWN) == resources_used()
        assert not set(FROM_LIBRARIES) & set(OWN)

    def test_lies_in_one_place(self) -> None:
        outside = [
            path
            for path in ROOT.glob("*/**/*.bicep*")
            if not path.is_relative_to(INFRA) and not path.relative_to(ROOT).parts[0].startswith(".")
        ]

        assert not outside


class TestSeededFaults:
    @pytest.mark.parametrize("seeded", FAULTS, ids=lambda seeded: f"{seeded['file']}: {seeded['fault']}")
    def test_are_found_and_named(self, seeded: dict[str, str]) -> None:
        found = [finding for finding in lint(INFRA, changed(seeded)) if seeded["finding"] in finding.says]

        assert found

    @pytest.mark.parametrize("seeded", HARMLESS, ids=lambda seeded: f"{seeded['file']}: {seeded['change']}")
    def test_are_not_seen_where_there_are_none(self, seeded: dict[str, str]) -> None:
        assert lint(INFRA, changed(seeded)) == []

    def test_lie_in_every_file(self) -> None:
        seeded = {fault["file"] for fault in FAULTS}

        written = {
            str(path.relative_to(INFRA))
            for path in INFRA.rglob("*")
            if path.suffix in {".bicep", ".bicepparam"}
        }

        assert written <= seeded

    def test_are_each_another(self) -> None:
        assert set(Counter(fault["fault"] for fault in FAULTS).values()) == {1}
