"""What a run says of its files, for whoever fetches them: pure."""

import json
from datetime import datetime
from typing import Any

from shared.exports.definitions import Export, Members, Values, What
from shared.exports.documents import ExportRun


def manifest_of(export: Export, run: ExportRun, *, now: datetime) -> bytes:
    """Spell it; nobody of the house is named in it, and nobody else."""
    told: dict[str, Any] = {
        "export_id": export.id,
        "name": export.name,
        "version": export.version,
        "run_id": run.id,
        "of": _of(export.what),
        "purpose": export.purpose,
        "consented_for": export.consented_for,
        "is_clinical": run.is_clinical,
        "format": export.format,
        "asked_at": run.asked_at.isoformat(),
        "written_at": now.isoformat(),
        "columns": [{"name": one.name, "kind": one.kind} for one in run.columns],
        "count": run.rows,
        "parts": [
            {"name": part.name, "count": part.rows, "bytes": part.bytes, "sha256": part.sha256}
            for part in run.parts
        ],
    }
    return json.dumps(told, indent=2, ensure_ascii=False).encode()


def _of(what: What) -> str:
    match what:
        case Members(segment_id=segment_id):
            return f"segment/{segment_id}"
        case Values(measure_id=measure_id):
            return f"measure/{measure_id}"
        case _:
            return "patients"
