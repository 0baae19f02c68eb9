"""The shelf beside the project: patients, examples and expected results that we did not make."""

from pathlib import Path

from tests.support.judges import judge

SHELF = Path(__file__).parents[3] / "shared" / "data"


def reference_data() -> Path:
    """Give the folder `../shared/data`; skip where it is absent, and fail where judges are required."""
    judge("reference data in ../shared/data", available=(SHELF / "synthea").is_dir())
    return SHELF
