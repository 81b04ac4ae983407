"""NIfTI files, their headers and their BIDS sidecars.

`header` judges a file by its first bytes, `images` reads and writes, `bids_sidecar` and `time_step`
say what the numbers mean, `axes`, `echoes` and `stacked_slices` which of them are time, echo and
slice.
"""

from napari_dsc.io.nifti.images import (
    FEWEST_VOLUMES,
    LARGEST,
    loading,
    read_hashed_volume,
    read_nifti,
    read_shape,
    read_volume,
    read_voxels,
    reading_nifti,
    timed,
    write_nifti,
    write_series,
)

__all__ = [
    "FEWEST_VOLUMES",
    "LARGEST",
    "loading",
    "read_hashed_volume",
    "read_nifti",
    "read_shape",
    "read_volume",
    "read_voxels",
    "reading_nifti",
    "timed",
    "write_nifti",
    "write_series",
]
