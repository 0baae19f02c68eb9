"""What our Bicep says, for tests that compare it with the code."""

from collections.abc import Iterator
from pathlib import Path

from tree_sitter import Node

from tests.support.bicep.project import Project
from tests.support.bicep.syntax import entries, everything_in, literal_text, named, text_of, value_of
from tests.support.bicep.templates import Template
from tests.support.tree import ROOT

INFRA = ROOT / "infra"


def template(file: str) -> Template:
    found = Project(INFRA).template(INFRA / file)
    assert found is not None
    return found


def object_of(file: str, variable: str) -> dict[str, str]:
    """Give the entries of an object that a variable holds: text without its quotes, else as it is written."""
    node = template(file).declared[variable].value
    assert node is not None
    return {name: spelt(value) for name, (_, value) in entries(node).items() if value is not None}


def literals_of(file: str, variable: str) -> dict[str, str]:
    """Give those entries of an object that are text without `${}`."""
    node = template(file).declared[variable].value
    assert node is not None
    found = {name: literal_text(one) for name, (_, one) in entries(node).items() if one is not None}
    return {name: text for name, text in found.items() if text is not None}


def value(file: str, variable: str) -> str:
    node = template(file).declared[variable].value
    assert node is not None
    return spelt(node)


def spelt(node: Node) -> str:
    literal = literal_text(node)
    return text_of(node) if literal is None else literal


def texts_in(file: str) -> set[str]:
    """Give every text that is written without `${}`."""
    found = (literal_text(node) for node in everything_in(template(file).root))
    return {text for text in found if text is not None}


def roles_given() -> Iterator[tuple[str, str, str]]:
    """Give each role: the module it is given in, its name, and the module of the identity."""
    for one in template("main.bicep").of_kind("module"):
        for node in everything_in(one.node):
            role, principal = value_of(node, "role"), value_of(node, "principalId")
            if role is not None and principal is not None:
                yield one.name, spelt(role), text_of(principal).partition(".")[0]


def roles_on_parts() -> Iterator[tuple[Node, Node]]:
    """Give each role that is given on one part of a resource, and the part."""
    for node in everything_in(template("main.bicep").root):
        role, part = value_of(node, "role"), value_of(node, "part")
        if role is not None and part is not None:
            yield role, part


def data_actions(resource: str) -> set[str]:
    """Give what a role of Cosmos DB allows, without the words they all begin with."""
    node = template("modules/cosmos.bicep").declared[resource].node
    found = (literal_text(inner) or "" for inner in everything_in(node))
    start = "Microsoft.DocumentDB/databaseAccounts/"
    return {text.removeprefix(start) for text in found if text.startswith(start) and "@" not in text}


def fields_of_type(file: str, name: str) -> set[str]:
    node = named(template(file).declared[name].node)[1]
    return set(entries(node))


def path(file: str) -> Path:
    return INFRA / file
