"""One scan on screen: its layers, and the curves that are read off it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.signal import log_attenuation
from napari_dsc.core.types import BoolArray, FloatArray, Series
from napari_dsc.core.voxels import curves_of
from napari_dsc.viewer.layers import OBLIQUE, Placement, mask_from_layer, placement, series_of

if TYPE_CHECKING:
    from napari.layers import Image, Labels

__all__ = ["Scan", "open_scan"]


@dataclass(slots=True, eq=False)
class Scan:
    """A 4-D image layer, the series it shows and the layers that belong to it.

    Parameters
    ----------
    layer : Image
        The scan on screen, (t, z, y, x).
    series : Series
        The scan as the file gives it.
    place : Placement
        From the one to the other.
    artery, brain : Labels or None
        The layers made for it; None while there is none.
    mean_signal : ndarray, shape (T,), or None
        Mean signal of the brain, a.u.
    repetition_time, echo_time : float or None
        What the user entered, s; None: what the file says.
    baseline : tuple of int, or None
        First volume of the baseline and the first after it; None until it is proposed.
    proposed : bool
        Whether brain and baseline have been looked for.
    notices : tuple of str
        What was found odd then.
    maps : dict
        Its map layers by symbol.
    """

    layer: "Image"
    series: Series
    place: Placement
    artery: "Labels | None" = None
    brain: "Labels | None" = None
    mean_signal: FloatArray | None = None
    repetition_time: float | None = None
    echo_time: float | None = None
    baseline: tuple[int, int] | None = None
    proposed: bool = False
    notices: tuple[str, ...] = ()
    maps: "dict[str, Image]" = field(default_factory=dict)
    _drawn: dict[str, BoolArray | None] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a volume, in the file."""
        return self.series.signal.shape[:-1]

    def mask(self, layer: "Labels | None") -> BoolArray | None:
        """Mask that a labels layer holds, on the axes of the file; None for no layer."""
        return None if layer is None else mask_from_layer(layer, self.place, self.shape)

    def voxel_at(self, position: Sequence[float]) -> tuple[int, int, int] | None:
        """Voxel (z, y, x) of the screen under a position of the world; None outside."""
        if len(position) != self.layer.ndim:
            return None
        index = np.round(self.layer.world_to_data(position)).astype(int)[1:]
        inside = all(0 <= i < n for i, n in zip(index, self.layer.data.shape[1:], strict=True))
        z, y, x = map(int, index)
        return (z, y, x) if inside else None

    def volume_at(self, position: Sequence[float]) -> int | None:
        """Volume that a position of the world lies in; None outside the scan."""
        if len(position) != self.layer.ndim:
            return None
        volume = int(np.round(self.layer.world_to_data(position)[0]))
        return volume if 0 <= volume < self.series.n_volumes else None

    @property
    def settled(self) -> Series:
        """The series with the times that the user has entered."""
        return self.series.settled(repetition_time=self.repetition_time, echo_time=self.echo_time)

    @property
    def span(self) -> tuple[int, int]:
        """The baseline, in volumes; while none is known, the first quarter of the scan."""
        return self.baseline or (0, max(2, self.series.n_volumes // 4))

    def facts(self) -> str:
        """What is known of the scan, in one or two lines."""
        series = self.settled
        words = [f"{series.n_volumes} volumes"]
        if series.repetition_time is not None:
            total = series.repetition_time * series.n_volumes
            words.append(f"TR {series.repetition_time:g} s, {total:g} s in all")
        sources = [f"{fact}: {said}" for fact, said in series.sources.items()]
        if self.place.obliquity > OBLIQUE:
            sources.append(f"Oblique by {self.place.obliquity:.0f}°: shown on the nearest axes")
        return "\n".join([", ".join(words), *sources, *self.notices])

    def curve_at(self, voxel: tuple[int, int, int]) -> FloatArray:
        """Delta R2* of a voxel (z, y, x) of the screen, 1/s; scaled by TE while it is unknown."""
        index = [0, 0, 0]
        for axis, at in zip(self.place.order, voxel[::-1], strict=True):
            index[axis] = at
        return self._relaxation(self.series.signal[tuple(index)])

    def curves_in(self, mask: BoolArray | None) -> FloatArray:
        """Delta R2* of the voxels of a mask, shape (V, T), 1/s; as `curve_at`."""
        if mask is None or not mask.any():
            return np.empty((0, self.series.n_volumes))
        return self._relaxation(curves_of(self.series.signal, mask))

    def mean_curve(self) -> FloatArray | None:
        """Delta R2* of the brain's mean signal, 1/s; None while the brain is unknown."""
        return None if self.mean_signal is None else self._relaxation(self.mean_signal)

    def is_new(self, name: str, mask: BoolArray | None) -> bool:
        """Whether a mask differs from the one that was last drawn under that name."""
        known = self._drawn.get(name)
        if known is not None and mask is not None and np.array_equal(known, mask):
            return False
        self._drawn[name] = mask
        return True

    def forget_drawn(self) -> None:
        """Draw the masks anew at the next occasion."""
        self._drawn.clear()

    def _relaxation(self, signal: NDArray[Any]) -> FloatArray:
        with np.errstate(all="ignore"):
            curves = log_attenuation(signal, slice(*self.span))
        curves[..., : self.span[0]] = np.nan  # discarded
        echo_time = self.settled.echo_time
        return curves if echo_time is None else curves / np.float32(echo_time)


def open_scan(layer: "Image") -> Scan:
    """Take up a 4-D image layer.

    Raises
    ------
    DscError
        If the layer is no grey-scale 4-D image.
    """
    if layer.ndim != 4 or layer.rgb:
        raise DscError(f"layer {layer.name!r} must have axes (t, z, y, x), got {layer.ndim}.")
    series = series_of(layer)
    return Scan(layer, series, placement(series.affine))
