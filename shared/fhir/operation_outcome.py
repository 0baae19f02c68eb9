"""How a FHIR server says what was wrong: an OperationOutcome, with paths and never values (D17)."""

from collections.abc import Sequence
from typing import Any


def outcome(
    code: str, diagnostics: str, *, expressions: Sequence[str] = (), severity: str = "error"
) -> dict[str, Any]:
    """Say one thing."""
    return {"resourceType": "OperationOutcome", "issue": [issue(code, diagnostics, expressions, severity)]}


def outcome_of_fields(code: str, fields: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Say one thing per field; a field is a FHIRPath and a problem."""
    issues = [issue(code, problem, (path,) if path else ()) for path, problem in fields]
    return {"resourceType": "OperationOutcome", "issue": issues or [issue(code, "invalid")]}


def issue(
    code: str, diagnostics: str, expressions: Sequence[str] = (), severity: str = "error"
) -> dict[str, Any]:
    said: dict[str, Any] = {"severity": severity, "code": code, "diagnostics": diagnostics}
    if expressions:
        said["expression"] = list(expressions)
    return said
