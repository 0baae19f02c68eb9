"""A plain page that says no to a person: no script, nothing loaded, and no value of anybody's (D17)."""

import html

import orjson

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>
body {{ font: 1.125rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 2rem auto; padding: 0 1rem }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>If this is about your care, please ring us.</p>
<p><small>{correlation_id}</small></p>
</main>
</body>
</html>
"""


def of_problem(problem: bytes) -> str:
    """Give the page for a problem (RFC 9457)."""
    told = orjson.loads(problem)
    return _PAGE.format(
        title=html.escape(str(told["title"])), correlation_id=html.escape(str(told["correlation_id"]))
    )
