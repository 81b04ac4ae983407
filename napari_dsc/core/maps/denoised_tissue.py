"""Denoising of tissue: its curves become means of similar ones, and its columns follow."""

from collections.abc import Generator, Mapping

import numpy as np

from napari_dsc.core.denoising import averaged_stages
from napari_dsc.core.maps.tissue_curves import Tissue, recurved_stages
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.quantities import REMOVED
from napari_dsc.core.timed_signal import SAME
from napari_dsc.core.types import BoolArray, FloatArray, Progress

__all__ = ["denoised_stages", "measured_apart"]

WITHIN, ACROSS = 2, 1  # voxels to either side: within a slice, and across slices
STAGE = "Denoising"
AVERAGING = 0.8  # of the time


def denoised_stages(
    tissue: Tissue, voxels: BoolArray, slice_axis: int, *, apart: bool
) -> Generator[Progress, None, tuple[Tissue, Mapping[str, FloatArray]]]:
    """Replace the curves of tissue by means of similar ones around them (`averaged_stages`).

    Parameters
    ----------
    tissue : Tissue
        Prepared curves of V voxels, with the areas of the whole scan.
    voxels : ndarray of bool, shape (...)
        Where they lie.
    slice_axis : int
        Along which axis of the volume slices lie.
    apart : bool
        Whether slices are measured at different times: each is denoised by itself then, since the
        same tissue has another curve in the slice beside it.

    Yields
    ------
    Progress
        Between blocks.

    Returns
    -------
    Tissue
        With the new curves and their noise.
    mapping of str to ndarray, shape (V,)
        Column of the map that tells what was removed from each curve, by its key.
    """
    across = 0 if apart else ACROSS
    reach = tuple(across if axis == slice_axis else WITHIN for axis in range(voxels.ndim))
    averaging = averaged_stages(tissue.curves, tissue.noise.expected, voxels, reach)
    averaged = yield from part_of_whole(averaging, 0.0, AVERAGING, STAGE)
    reading = recurved_stages(tissue, averaged.curves, averaged.left)
    made = yield from part_of_whole(reading, AVERAGING, 1.0, STAGE)
    return made, {REMOVED.key: averaged.removed}


def measured_apart(slice_times: FloatArray | None) -> bool:
    """Whether slices are known to be measured at different times."""
    return slice_times is not None and bool(np.ptp(slice_times) > SAME)
