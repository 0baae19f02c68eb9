"""Parameter files: each names a template, gives what that wants, and nothing else."""

from collections.abc import Sequence
from pathlib import Path

from tree_sitter import Node

from tests.support.bicep import bicep_functions
from tests.support.bicep.fitting import Fitting
from tests.support.bicep.project import Project
from tests.support.bicep.reading import Reading
from tests.support.bicep.shapes import Shape, Unknown
from tests.support.bicep.syntax import line_of, named, parsed_parameters, say_syntax_errors, text_of
from tests.support.bicep.templates import Template


class _ParameterReading(Reading):
    """In a parameter file the environment can be asked, and nothing that is deployed."""

    def _builtin(self, node: Node, name: str, given: Sequence[Node], shapes: list[Shape]) -> Shape:
        if name in bicep_functions.IN_PARAMETER_FILES:
            return bicep_functions.IN_PARAMETER_FILES[name][2]
        return super()._builtin(node, name, given, shapes)


def check_parameter_file(project: Project, path: Path) -> None:
    using, root = parsed_parameters(project.text_of(path) or "")
    if say_syntax_errors(path, root, project.findings):
        return
    template = project.template((path.parent / (using or "")).resolve()) if using else None
    if template is None:
        project.findings.say(path, 1, f"there is no file {using}")
        return
    _compare(project, path, root, template)


def _compare(project: Project, path: Path, root: Node, template: Template) -> None:
    reading = _ParameterReading(project, Template(path, root))
    given: set[str] = set()
    for one in named(root):
        if one.type != "variable_declaration":
            continue
        name, value = text_of(named(one)[0]), named(one)[-1]
        wanted = template.parameters().fields.get(name)
        if wanted is None:
            project.findings.say(path, line_of(one), f"{template.path.name} has no parameter {name}")
        if name in given:
            project.findings.say(path, line_of(one), f"{name} is given twice")
        given.add(name)
        Fitting(reading).check(value, wanted.shape if wanted else Unknown(), {}, name)
    for name, field in template.parameters().fields.items():
        if field.required and name not in given:
            project.findings.say(path, 1, f"{name} is missing")
