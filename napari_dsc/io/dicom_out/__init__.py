"""DICOM output: maps go back to where their scan came from, marked as research.

Only for a scan that came from DICOM: patient, study and frame of reference are the source's own,
and the only place where results carry an identity, beside a report that somebody wants to bear
one. Ask the user before writing.
"""

from napari_dsc.io.dicom_out.source import identity_of
from napari_dsc.io.dicom_out.writing import (
    KINDS,
    STATED_REASON,
    existing_dicom,
    write_dicom,
    writing_dicom,
)

__all__ = [
    "KINDS",
    "STATED_REASON",
    "existing_dicom",
    "identity_of",
    "write_dicom",
    "writing_dicom",
]
