"""`python -m tests.support.bicep.lint [FOLDER]`: say what is wrong with a folder of Bicep."""

import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.bicep.checking import Checking, say_module_circles
from tests.support.bicep.findings import Finding
from tests.support.bicep.house_rules import check_house_rules
from tests.support.bicep.parameter_files import check_parameter_file
from tests.support.bicep.project import Project
from tests.support.tree import ROOT


def lint(folder: Path, instead: Mapping[str, str] | None = None) -> list[Finding]:
    """Give what is wrong; `instead` holds other text for some files, as if they had been changed."""
    project = Project(folder, instead)
    templates = project.templates()
    for template in templates:
        if not template.broken:
            Checking(project, template).check()
            check_house_rules(project, template)
            say_module_circles(project, template)
    for path in sorted(folder.glob("*.bicepparam")):
        check_parameter_file(project, path)
    return project.findings.all()


if __name__ == "__main__":
    found = lint(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT / "infra")
    sys.stdout.write("\n".join([*map(str, found), f"{len(found)} findings", ""]))
    sys.exit(bool(found))
