"""Slice times of a scan: those of the images' own clocks, which the conversion's have to match."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from napari_dsc.core.types import Series
from napari_dsc.io.dicom.conversion_check import placement_of
from napari_dsc.io.dicom.frames import FileFrame, Header
from napari_dsc.io.dicom.layout import Layout

__all__ = ["with_slice_times"]

SIDECAR = "SliceTiming"  # the word by which a notice of a sidecar speaks of slice times


def with_slice_times(
    series: Series, layout: Layout, headers: Sequence[Header], frames: Sequence[FileFrame]
) -> Series:
    """Scan with the slice times that its images tell, and with no others; what was dropped is said.

    Parameters
    ----------
    series : Series
        As converted: its slice times are the conversion's.
    layout : Layout
        With those of the images' clocks.
    headers, frames : sequence
        Of the images.
    """
    placement = placement_of(series, layout, headers, frames)
    own, other = layout.slices, series.slice_times
    times = None
    if own.times is not None and not isinstance(placement, str) and not headers[0].volumetric:
        times = placement.slices(own.times)
    notices = own.notices
    if times is not None and other is not None:
        apart = (
            float(abs(other - other.min() - times).max()) if other.shape == times.shape else np.inf
        )
        if not apart <= own.slack:
            notices += (
                f"dcm2niix takes other slice times than the images' {own.source} tell (up to "
                f"{apart:.3g} s apart): not used.",
            )
    elif times is None and other is not None:
        notices += (
            "dcm2niix takes slice times from the order of the protocol, which no clock of the "
            "images confirms: not used. To use them all the same, convert the scan with dcm2niix "
            "and open the NIfTI file with its sidecar.",
        )
    return replace(
        series,
        slice_times=times,
        slice_axis=series.slice_axis if isinstance(placement, str) else placement.slice_axis,
        sources={} if times is None else {"Slice times": f"from the images ({own.source})"},
        notices=(*notices, *(one for one in series.notices if SIDECAR not in one)),
    )
