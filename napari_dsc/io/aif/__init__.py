"""AIF files: the whole AIF as JSON, its curve alone as CSV.

`aif_json` holds the AIF with its voxels, `scan_fingerprint` how their scan is known again;
`curve_text` is what is left without a scan: two columns of numbers.
"""

from napari_dsc.io.aif.aif_json import AnotherScan, SavedAif, read_aif, write_aif
from napari_dsc.io.aif.any_aif_file import is_mask, read_given
from napari_dsc.io.aif.curve_text import (
    GivenCurve,
    load_curve,
    read_curve,
    resampled_curve,
    write_curve,
)
from napari_dsc.io.aif.scan_fingerprint import scan_fingerprint

__all__ = [
    "AnotherScan",
    "GivenCurve",
    "SavedAif",
    "is_mask",
    "load_curve",
    "read_aif",
    "read_curve",
    "read_given",
    "resampled_curve",
    "scan_fingerprint",
    "write_aif",
    "write_curve",
]
