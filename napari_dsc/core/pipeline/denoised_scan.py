"""Denoising of a scan that is prepared, and the way back to the curves as they were measured."""

from collections.abc import Generator
from dataclasses import replace

from napari_dsc.core.maps import denoised_stages, measured_apart
from napari_dsc.core.pipeline.preparation import Prepared
from napari_dsc.core.settings import Settings
from napari_dsc.core.types import Progress

__all__ = ["denoised"]

TOLD = (
    "The curves were denoised: each is the mean of those around it that differ from it by no more "
    "than noise. Tissue of a voxel or two may be lost; where the map \u201cRemoved\u201d shows a "
    "shape, more than noise was removed."
)
WITHIN = " Slices were measured at different times, and were denoised each by itself."


def denoised(known: Prepared, settings: Settings) -> Generator[Progress, None, Prepared]:
    """Bring a scan that is prepared to the denoising of settings; itself where that is so.

    The curves of arteries and veins, and what is held against an AIF, stay as they were measured:
    a mean of arterial voxels is one already.

    Yields
    ------
    Progress
        Between blocks.
    """
    if settings.denoise == "none":
        return known if known.plain is None else known.plain.under(settings)
    if known.plain is not None:
        return known
    plain = known.within(None)
    apart = measured_apart(plain.series.slice_times)
    tissue, columns = yield from denoised_stages(
        plain.tissue, plain.brain, plain.series.slice_axis, apart=apart
    )
    notices = (*plain.notices, TOLD + WITHIN * apart)
    made = replace(plain, tissue=tissue, plain=plain, columns=columns, notices=notices)
    return made.under(settings)
