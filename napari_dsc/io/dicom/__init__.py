"""DICOM series: headers are read first, dcm2niix converts, and the two have to agree.

Vendors' quirks are dcm2niix's: it runs in a process of its own, with limits. What the headers say
of slices, volumes, times and echoes is read by pydicom, and a contradiction is an error or a
question, never silent. Tried on synthetic DICOM only: no public perfusion series was at hand.
"""

from napari_dsc.io.dicom.discover import is_dicom
from napari_dsc.io.dicom.read_series import reading_dicom

__all__ = ["is_dicom", "reading_dicom"]
