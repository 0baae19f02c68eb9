"""Where what belongs to one person is kept."""

from shared.kernel.identity import PatientId


def patient_partition(patient_id: PatientId) -> str:
    """Give the partition of one person."""
    return f"patient/{patient_id}"
