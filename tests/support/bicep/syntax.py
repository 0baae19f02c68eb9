"""Bicep text as a tree (tree-sitter), and the few questions everything else asks of it."""

import re
from functools import cache
from pathlib import Path

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

from tests.support.bicep.findings import Findings

_PARSER = Parser(Language(tree_sitter_bicep.language()))


@cache
def parsed(text: str) -> Node:
    """Give the tree of a text; of the same text the same one, for most files are asked about many times."""
    return _PARSER.parse(text.encode()).root_node


def parsed_parameters(text: str) -> tuple[str | None, Node]:
    """Give the file that a .bicepparam file is for, and its assignments as variables.

    The grammar does not know parameter files; a `param name = value` is spelt as a variable, line for line.
    """
    using = re.search(r"^using '([^']+)'", text, re.MULTILINE)
    as_variables = re.sub(r"^using .*$", "", text, flags=re.MULTILINE)
    as_variables = re.sub(r"^param(?= )", "var", as_variables, flags=re.MULTILINE)
    return (using[1] if using else None), parsed(as_variables)


@cache
def text_of(node: Node) -> str:
    return (node.text or b"").decode()


def line_of(node: Node) -> int:
    return node.start_point[0] + 1


@cache
def named(node: Node) -> tuple[Node, ...]:
    return tuple(child for child in node.named_children if child.type != "comment")


@cache
def everything_in(node: Node) -> tuple[Node, ...]:
    """Give the node and all below it, in the order of the text."""
    found: list[Node] = []
    ahead = [node]
    while ahead:
        found.append(one := ahead.pop())
        ahead += reversed(one.children)
    return tuple(found)


@cache
def literal_text(node: Node) -> str | None:
    """Give what a string says when it says it without any `${}`."""
    if node.type != "string" or any(child.type == "interpolation" for child in named(node)):
        return None
    return "".join(text_of(child) for child in named(node))


def entries(node: Node) -> dict[str, tuple[Node, Node | None]]:
    """Give an object's properties: name, the property itself, its value. Computed names are left out."""
    found: dict[str, tuple[Node, Node | None]] = {}
    for one in named(node):
        if one.type == "object_property":
            parts = named(one)
            name = literal_text(parts[0]) if parts[0].type == "string" else text_of(parts[0])
            if name is not None:
                found[name] = (one, parts[1] if len(parts) > 1 else None)
    return found


def computed_entries(node: Node) -> list[Node]:
    return [
        named(one)[1]
        for one in named(node)
        if one.type == "object_property"
        and named(one)[0].type == "string"
        and literal_text(named(one)[0]) is None
        and len(named(one)) > 1
    ]


def value_of(node: Node, *path: str) -> Node | None:
    """Walk into objects by name."""
    at: Node | None = node
    for name in path:
        if at is None or at.type != "object":
            return None
        at = entries(at).get(name, (None, None))[1]
    return at


def say_syntax_errors(path: Path, root: Node, findings: Findings) -> bool:
    """Say what does not parse; True when something does not."""
    wrong = False
    for node in everything_in(root):
        if node.type == "ERROR" or node.is_missing:
            wrong = True
            findings.say(path, line_of(node), "cannot be read as Bicep")
        if node.type == "object":
            wrong |= _say_missing_commas(path, node, findings)
    return wrong


def _say_missing_commas(path: Path, node: Node, findings: Findings) -> bool:
    wrong = False
    before: Node | None = None
    for child in node.children:
        if child.type == "object_property":
            if (
                before is not None
                and before.type == "object_property"
                and before.end_point[0] == child.start_point[0]
            ):
                wrong = True
                findings.say(path, line_of(child), "two properties on one line want a comma between them")
            before = child
        elif child.type == ",":
            before = child
    return wrong
