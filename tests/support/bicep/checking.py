"""Every declaration of a file: resources fit Azure's types, calls fit their modules, nothing lies unused."""

from tree_sitter import Node

from tests.support.bicep import azure_types
from tests.support.bicep.fitting import Fitting
from tests.support.bicep.names_of_azure import NAMES
from tests.support.bicep.project import Project
from tests.support.bicep.reading import Local, Reading, resource_kind
from tests.support.bicep.shapes import Field, Many, Shape, Text, Thing, Unknown
from tests.support.bicep.syntax import everything_in, literal_text, named, text_of, value_of
from tests.support.bicep.templates import Declaration, Template

_AROUND = {"parent": Field(Unknown()), "scope": Field(Unknown()), "dependsOn": Field(Many(Unknown()))}
_MODULE = {"name": Field(Text(1, 64)), **_AROUND}


class Checking:
    """One file of a project."""

    def __init__(self, project: Project, template: Template) -> None:
        self._project = project
        self._template = template
        self._reading = Reading(project, template)
        self._fitting = Fitting(self._reading)

    def check(self) -> None:
        for name, (node, file) in self._template.imports.items():
            self._import(name, node, file)
        for one in [*self._template.declared.values(), *self._template.outputs.values()]:
            self._reading.on_behalf_of(f"output {one.name}" if one.kind == "output" else one.name)
            self._declaration(one)
        self._say_unknown_types()
        self._say_unused()
        self._say_circles()

    def _import(self, name: str, node: Node, file: str) -> None:
        source = self._project.template(self._project.beside(self._template, file))
        if source is None:
            self._reading.say(node, f"there is no file {file}")
        elif name not in source.declared or "export" not in source.declared[name].decorators:
            self._reading.say(node, f"{file} exports no {name}")

    def _declaration(self, one: Declaration) -> None:
        match one.kind:
            case "resource":
                self._resource(one)
            case "module":
                self._module(one)
            case "function":
                self._function(one)
            case "param" if one.value is not None:
                self._fitting.check(one.value, self._template.shape_of_parameter(one), {}, one.name)
            case "output" if one.value is not None:
                wanted = self._template.results().fields[one.name].shape
                self._fitting.check(one.value, wanted, {}, f"output {one.name}")
            case "var" if one.value is not None:
                self._reading.shape_of(one.value, {})
            case _:
                pass

    def _function(self, one: Declaration) -> None:
        taken: Local = {}
        for node in everything_in(one.node):
            if node.type == "parameter":
                taken[text_of(named(node)[0])] = self._template.shape_at(named(node)[1])
        self._reading.shape_of(named(one.node)[-1], taken)

    def _resource(self, one: Declaration) -> None:
        kind = resource_kind(one)
        version = (literal_text(named(one.node)[1]) or "").partition("@")[2]
        known = azure_types.version_of(kind)
        if known is None:
            self._reading.say(one.node, f"{kind} is no resource type that the linter knows")
        elif version != known:
            self._reading.say(one.node, f"{kind} is known as of {known}, not {version}")
        if known is None or one.value is None:
            return
        exists = any(text_of(child) == "existing" for child in one.node.children)
        body = Thing(kind) if exists else azure_types.sent(kind)
        name = Field(NAMES.get(kind, Text()), required=True)
        wanted = Thing(one.name, {**body.fields, **_AROUND, "name": name}, body.more)
        self._fitting.check(one.value, self._as_often(one, wanted), {}, one.name)
        self._parent(one, kind)

    def _as_often(self, one: Declaration, wanted: Shape) -> Shape:
        return Many(wanted) if one.value is not None and one.value.type == "for_statement" else wanted

    def _parent(self, one: Declaration, kind: str) -> None:
        parent = value_in(one, "parent")
        if kind.count("/") == 1:
            return
        if parent is None:
            self._reading.say(one.node, f"{one.name} lacks parent")
            return
        called = next((text_of(node) for node in everything_in(parent) if node.type == "identifier"), "")
        over = self._template.declared.get(called)
        if over is None or over.kind != "resource" or resource_kind(over) != kind.rpartition("/")[0]:
            self._reading.say(parent, f"{one.name}.parent wants a {kind.rpartition('/')[0]}, not {called}")

    def _module(self, one: Declaration) -> None:
        file = literal_text(named(one.node)[1]) or ""
        called = self._project.template(self._project.beside(self._template, file))
        if called is None:
            self._reading.say(one.node, f"there is no file {file}")
        parameters: Shape = Unknown() if called is None or called.broken else parameters_of(called)
        needed = isinstance(parameters, Thing) and any(one.required for one in parameters.fields.values())
        wanted = Thing(one.name, {**_MODULE, "params": Field(parameters, required=needed)})
        if one.value is not None:
            self._fitting.check(one.value, self._as_often(one, wanted), {}, one.name)

    def _say_unknown_types(self) -> None:
        known = {one.name for one in self._template.of_kind("type")} | set(self._template.imports)
        for node in everything_in(self._template.root):
            if node.type not in {"type", "array_type", "nullable_type"}:
                continue
            for one in named(node):
                if one.type == "identifier":
                    self._reading.used.setdefault("types", set()).add(text_of(one))
                    if text_of(one) not in known:
                        self._reading.say(one, f"there is no type {text_of(one)}")
        for one in self._template.of_kind("type"):
            for node in everything_in(one.node):
                if node.type == "identifier" and text_of(node) in known and text_of(node) != one.name:
                    self._reading.used.setdefault("types", set()).add(text_of(node))

    def _say_unused(self) -> None:
        used = {name for names in self._reading.used.values() for name in names}
        for one in self._template.of_kind("param", "var", "function", "type"):
            if one.name not in used and "export" not in one.decorators:
                self._reading.say(one.node, f"{one.name} is never used")
        for name, (node, _) in self._template.imports.items():
            if name not in used:
                self._reading.say(node, f"{name} is never used")

    def _say_circles(self) -> None:
        for one in self._template.declared.values():
            if one.name in self._reached_from(one.name):
                self._reading.say(one.node, f"{one.name} waits for itself")

    def _reached_from(self, name: str) -> set[str]:
        reached: set[str] = set()
        ahead = list(self._reading.used.get(name, ()))
        while ahead:
            at = ahead.pop()
            if at not in reached:
                reached.add(at)
                ahead += self._reading.used.get(at, ())
        return reached


def body_of(one: Declaration) -> Node | None:
    """Give the object of a resource or module, behind its loop and its condition."""
    at = one.value
    while at is not None and at.type in {"for_statement", "if_statement"}:
        at = named(at)[-1]
    return at if at is not None and at.type == "object" else None


def parameters_of(template: Template) -> Thing:
    """What a call must and may give; what names a resource is spelt as Azure spells such names."""
    parameters = template.parameters()
    for one in template.of_kind("resource"):
        field = parameters.fields.get(held(one, "name") or "")
        spelling = NAMES.get(resource_kind(one))
        if field is not None and isinstance(field.shape, Text) and spelling is not None:
            field.shape.pattern = field.shape.pattern or spelling.pattern
    return parameters


def say_module_circles(project: Project, template: Template, above: tuple[str, ...] = ()) -> None:
    """Say when a module calls one that calls it."""
    if template.path.name in above:
        project.findings.say(template.path, 1, f"{template.path.name} calls itself")
        return
    for one in template.of_kind("module"):
        file = literal_text(named(one.node)[1]) or ""
        called = project.template(project.beside(template, file))
        if called is not None:
            say_module_circles(project, called, (*above, template.path.name))


def value_in(one: Declaration, *path: str) -> Node | None:
    """Give a property of a resource."""
    body = body_of(one)
    return None if body is None else value_of(body, *path)


def held(one: Declaration, *path: str) -> str | None:
    """Give the text of a property of a resource."""
    node = value_in(one, *path)
    return None if node is None else text_of(node)
