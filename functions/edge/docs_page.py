"""The API's description as a page for people: no script, nothing fetched, readable aloud."""

from collections.abc import Iterator
from html import escape
from typing import Any

_STYLE = """
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin-top: 2.5rem; border-bottom: 1px solid }
code { font-family: ui-monospace, monospace; overflow-wrap: anywhere }
.method { font-weight: 700 }
summary { cursor: pointer; padding: .4rem 0 }
table { border-collapse: collapse }
td, th { text-align: left; padding: .2rem .8rem .2rem 0 }
"""


def page(described: dict[str, Any]) -> str:
    """Draw the page of an OpenAPI description."""
    title = escape(described["info"]["title"])
    rooms = "\n".join(_rooms(described))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><main><h1>{title}</h1>"
        f"<p>Version {escape(described['info']['version'])}. The same for machines: "
        f'<a href="/api/openapi.json">/api/openapi.json</a>.</p>{rooms}</main></body></html>'
    )


def _rooms(described: dict[str, Any]) -> Iterator[str]:
    by_room: dict[str, list[str]] = {}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            by_room.setdefault(operation["tags"][0], []).append(_operation(path, method, operation))
    for room, operations in sorted(by_room.items()):
        yield f'<section><h2 id="{escape(room)}">{escape(room)}</h2>{"".join(operations)}</section>'


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    heading = f'<span class="method">{method.upper()}</span> <code>{escape(path)}</code>'
    return (
        f"<details><summary>{heading} {escape(operation['summary'])}</summary>"
        f"<p>{escape(operation.get('description', ''))}</p>"
        f"<p>Who may call: {escape(_who(operation['security']))}.</p>"
        f"{_parameters(operation['parameters'])}{_answers(operation['responses'])}</details>"
    )


def _who(security: list[dict[str, list[str]]]) -> str:
    if not security:
        return "anyone"
    return " or ".join(
        f"{name} ({', '.join(asked)})" if asked else name for one in security for name, asked in one.items()
    )


def _parameters(parameters: list[dict[str, Any]]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(one['name'])}</code></td><td>{one['in']}</td>"
        f"<td>{'required' if one['required'] else ''}</td></tr>"
        for one in parameters
    )
    head = "<tr><th scope=col>Parameter</th><th scope=col>in</th><th scope=col></th></tr>"
    return f"<table>{head}{rows}</table>" if rows else ""


def _answers(responses: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{status}</td><td>{escape(told['description'])}</td></tr>"
        for status, told in responses.items()
    )
    return f"<table><tr><th scope=col>Status</th><th scope=col>means</th></tr>{rows}</table>"
