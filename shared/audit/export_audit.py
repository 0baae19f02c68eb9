"""Give the audit to those who gather audits elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlencode

from shared.audit.in_fhir import audit_event
from shared.audit.in_order import Line
from shared.audit.list_audit import ListAudit
from shared.audit.model import AuditQuery


@dataclass(frozen=True, slots=True)
class ExportAudit:
    """Give a page of the audit as a Bundle of AuditEvents (R4 bundle.html, `searchset`), in order of time.

    Its link `next` leads on, and is missing on the last page. An entry has the same id in every export.
    """

    list_audit: ListAudit
    observer: str
    address: str

    def __call__(self, query: AuditQuery) -> Mapping[str, Any]:
        lines, following = self.list_audit.lines(query)
        links = [{"relation": "next", "url": self._url(query, following)}] if following else []
        return {
            "resourceType": "Bundle",
            "type": "searchset",
            **({"link": links} if links else {}),
            **({"entry": [self._entry(line) for line in lines]} if lines else {}),
        }

    def _entry(self, line: Line) -> dict[str, Any]:
        named = line.id.rpartition("~")[2]
        event = audit_event(line.body, observer=self.observer, id=named)
        return {
            "fullUrl": f"{self.address}/AuditEvent/{named}",
            "resource": event,
            "search": {"mode": "match"},
        }

    def _url(self, query: AuditQuery, following: str) -> str:
        told = {field.name: getattr(query, field.name) for field in fields(query)} | {"after": following}
        given = {
            name: str(value).lower() if value is True else str(value) for name, value in told.items() if value
        }
        return f"{self.address}/api/audit/export?{urlencode(given)}"
