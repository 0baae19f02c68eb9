"""A person's data as one file: a manifest, and for each kind one document a line (NDJSON)."""

import io
import zipfile

from shared.adapters.codec import to_json
from shared.consent.data_requests.export_data import Exported

_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""ZIP knows no earlier time; with one for all, the same data makes the same file."""


def zipped(exported: Exported) -> bytes:
    """Write the file."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "manifest.json", to_json(exported.manifest))
        for name, documents in exported.documents:
            _add(archive, f"{name}.ndjson", b"".join(to_json(one) + b"\n" for one in documents))
    return whole.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EARLIEST)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)
