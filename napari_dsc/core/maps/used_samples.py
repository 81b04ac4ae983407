"""Samples of curves that a public function uses, of all that it was given."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import ArrayLike, NDArray

from napari_dsc.core.argument_checks import as_signal, as_window
from napari_dsc.core.left_out_volumes import bridged, bridged_curves, retained
from napari_dsc.core.maps.tissue_curves import Tissue, times_of, windowed
from napari_dsc.core.mask_rows import curves_of, values_at
from napari_dsc.core.noise import some_of
from napari_dsc.core.quality import SignalEvidence, signal_evidence
from napari_dsc.core.signal import bolus_arrival
from napari_dsc.core.types import BoolArray, FloatArray
from napari_dsc.core.volumes import as_left_out

__all__ = ["UsedSamples", "evidence_of", "measured_later"]


@dataclass(frozen=True, slots=True, eq=False)
class UsedSamples:
    """Samples that are used, and those that are bridged between them.

    Parameters
    ----------
    every : ndarray, shape (T,)
        Times of all samples, s.
    window : slice or None
        Samples over which areas are taken; None: all that are used.
    left_out : tuple of int
        Samples that are not used, counted from 0.
    """

    every: FloatArray
    window: slice | None
    left_out: tuple[int, ...]

    @classmethod
    def of(
        cls,
        time: FloatArray,
        window: slice | None,
        leave_out: Iterable[int] | str | None,
        end: int | None,
    ) -> "UsedSamples":
        """Samples as the user says them; raise `DscError` for what names none."""
        span = None if window is None else as_window(window, time.size)
        return cls(time, span, as_left_out(leave_out, end, time.size))

    @property
    def kept(self) -> slice:
        """From the first sample to the last that is not left out."""
        return retained(self.every.size, 0, self.left_out)

    @property
    def time(self) -> FloatArray:
        """Times of these, s."""
        return self.every[self.kept]

    @property
    def bridges(self) -> list[int]:
        """Those of them that stand on a line between their neighbours."""
        return [one for one in self.left_out if one < self.kept.stop]

    def curves(self, curves: FloatArray) -> FloatArray:
        """Curves of shape (..., T), 1/s, at these samples."""
        return bridged_curves(curves, self.left_out, self.every)[..., self.kept]

    def signals(self, signal: ArrayLike, shape: tuple[int, ...]) -> NDArray[Any]:
        """Signals of a volume of that shape at these samples; raise `DscError` for others."""
        levels = as_signal("signal", signal, (*shape, self.every.size))
        return bridged(levels, self.left_out, self.every)[..., self.kept]

    def windowed(self, tissue: Tissue) -> Tissue:
        """Tissue with its areas in the window."""
        if self.window is None:
            return tissue
        span = slice(self.window.start, min(self.window.stop, self.kept.stop))
        return windowed(tissue, times_of(span, self.time))


def evidence_of(levels: NDArray[Any], voxels: BoolArray, before: slice) -> SignalEvidence:
    """Quality that only the signal tells, of some voxels of a volume."""
    return signal_evidence(curves_of(levels, voxels), before, some_of(levels))


def measured_later(
    tissue: Tissue, offsets: FloatArray | None, voxels: BoolArray, *, from_arrival: bool
) -> tuple[Tissue, float]:
    """Tissue at the times of its slices, and the time from which times to peak count, s."""
    start = float(tissue.axis.time[bolus_arrival(tissue.mean)]) if from_arrival else 0.0
    if offsets is None:
        return tissue, start
    late = values_at(offsets, voxels)
    start += float(late.mean()) if from_arrival else 0.0
    return replace(tissue, offsets=late), start
