"""DICOM series: headers are read first, dcm2niix converts, and the two have to agree.

dcm2niix runs in a process of its own, with limits. What the headers say of slices, volumes, times
and echoes is read by pydicom: what both tell has to be the same, what the conversion alone tells is
used in no number, and a contradiction is an error or a question, never silent.

`image_headers` reads the headers, `series_choice` and `layout` say which image is which slice of
which volume, `assemble` has it converted, `conversion_check` and `slice_times` hold the result
against the headers. Tried on synthetic DICOM of seven makers and on public fMRI, diffusion and
phantom series: no public perfusion series was at hand.
"""

from napari_dsc.io.dicom.discover import is_dicom
from napari_dsc.io.dicom.read_series import reading_dicom

__all__ = ["is_dicom", "reading_dicom"]
