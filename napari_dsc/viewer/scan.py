"""One scan on screen: its layers, and the curves that are read off it."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.maps import Residue, residue_reader
from napari_dsc.core.pipeline import Analysis
from napari_dsc.core.signal import log_attenuation, propose_baseline
from napari_dsc.core.types import BoolArray, FloatArray, Series
from napari_dsc.core.voxels import curves_of
from napari_dsc.io.nifti import FEWEST_VOLUMES
from napari_dsc.viewer.layers import (
    KEY,
    OBLIQUE,
    Placement,
    mask_from_layer,
    mask_layer_options,
    placement,
    series_of,
    to_screen,
)
from napari_dsc.viewer.quality import is_quality, verdict

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image, Labels

__all__ = ["LOOKING", "Scan", "add_mask", "masks_of", "open_scan", "scans_of", "what_is_missing"]

OPEN_ONE = "Open a 4-D scan: File > Open, or File > Open Sample > Digital patient."
Units: TypeAlias = Sequence[Any] | None  # pint units, an axis each
LOOKING = "Looking for the brain and the baseline …"
DRAW = "Draw the artery: paint on the AIF layer, or Shift+click voxels on the picture."


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
    proposal : tuple of int, or None
        The baseline that was proposed.
    proposed : bool
        Whether brain and baseline have been looked for.
    notices : tuple of str
        What was found odd then.
    maps : dict
        Its map layers by symbol.
    quality : Labels or None
        The layer of their quality flags.
    result : tuple of Series and Analysis, or None
        What was last computed of it, and from what.
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
    proposal: tuple[int, int] | None = None
    proposed: bool = False
    notices: tuple[str, ...] = ()
    maps: "dict[str, Image]" = field(default_factory=dict)
    quality: "Labels | None" = None
    result: tuple[Series, Analysis] | None = None
    _drawn: dict[str, BoolArray | None] = field(default_factory=dict)
    _reader: tuple[Analysis, Callable[[FloatArray], Residue]] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a volume, in the file."""
        return self.series.signal.shape[:-1]

    def mask(self, layer: "Labels | None") -> BoolArray | None:
        """Mask that a labels layer holds, on the axes of the file; None for no layer."""
        return None if layer is None else mask_from_layer(layer, self.place, self.shape)

    def voxel_at(self, position: Sequence[float], units: Units) -> tuple[int, int, int] | None:
        """Voxel (z, y, x) of the screen under a position of the world, in its units; or None."""
        if len(position) != self.layer.ndim:
            return None
        z, y, x = self._index_at(position, units)
        inside = all(0 <= i < n for i, n in zip((z, y, x), self.layer.data.shape[1:], strict=True))
        return (z, y, x) if inside else None

    def slice_at(self, position: Sequence[float], units: Units) -> int | None:
        """Slice (z) of the screen at a position of the world, in its units; or None."""
        if len(position) != self.layer.ndim:
            return None
        z, _, _ = self._index_at(position, units)
        return z if 0 <= z < self.layer.data.shape[1] else None

    def _index_at(self, position: Sequence[float], units: Units) -> tuple[int, int, int]:
        index = np.round(self.layer.world_to_data(self._own(position, units))).astype(int)[1:]
        z, y, x = map(int, index)
        return z, y, x

    def file_index(self, voxel: tuple[int, int, int]) -> tuple[int, int, int]:
        """Index in the file of a voxel (z, y, x) of the screen."""
        index = [0, 0, 0]
        for axis, at in zip(self.place.order, voxel[::-1], strict=True):
            index[axis] = at
        i, j, k = index
        return i, j, k

    def volume_at(self, position: Sequence[float], units: Units) -> int | None:
        """Volume that a position of the world, in its units, lies in; None outside the scan."""
        if len(position) != self.layer.ndim:
            return None
        volume = int(np.round(self.layer.world_to_data(self._own(position, units))[0]))
        return volume if 0 <= volume < self.series.n_volumes else None

    def _own(self, position: Sequence[float], units: Units) -> list[float]:
        """Position in the units of the layer: beside a layer in µm the world is in µm."""
        pairs = zip(position, units or self.layer.units, self.layer.units, strict=True)
        return [
            float((at * theirs).to(ours).magnitude) if theirs.is_compatible_with(ours) else at
            for at, theirs, ours in pairs
        ]

    def read_out(self, voxel: tuple[int, int, int]) -> str:
        """Value and unit of every map at a voxel (z, y, x) of the screen.

        A second line says what stands against them, if anything does.
        """
        words = []
        for symbol, layer in self.maps.items():
            value = float(layer.data[voxel])
            unit = layer.metadata[KEY]["unit"]
            words.append(f"{symbol} {value:.3g} {unit}" if np.isfinite(value) else f"{symbol} –")
        said = "" if self.quality is None else verdict(int(self.quality.data[voxel]))
        return "\n".join(filter(None, ["   ".join(words), said]))

    @property
    def settled(self) -> Series:
        """The series with the times that the user has entered."""
        return self.series.settled(repetition_time=self.repetition_time, echo_time=self.echo_time)

    @property
    def span(self) -> tuple[int, int]:
        """The baseline, in volumes; while none is known, the first quarter of the scan."""
        return self.baseline or (0, max(2, self.series.n_volumes // 4))

    def repropose(self) -> None:
        """Propose the baseline anew for a time step just entered, unless the user has set it."""
        if self.mean_signal is None or self.baseline != self.proposal:
            return
        with contextlib.suppress(DscError):  # no bolus: what stands in for a baseline stays
            span = propose_baseline(self.mean_signal, self.settled.repetition_time)
            self.baseline = self.proposal = (span.start, span.stop)

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
        return "\n".join([", ".join(words), *sources, *series.notices, *self.notices])

    def curve_at(self, voxel: tuple[int, int, int]) -> FloatArray:
        """Delta R2* of a voxel (z, y, x) of the screen, 1/s; scaled by TE while it is unknown."""
        return self._relaxation(self.series.signal[self.file_index(voxel)])

    def look_at(self, voxel: tuple[int, int, int]) -> Residue | None:
        """Residue function of a voxel (z, y, x) of the screen, as in the run that made the maps.

        None where there is none: outside the brain, without a whole curve, before a run, or once
        the times or the baseline of that run are no longer those on screen.
        """
        if self.result is None:
            return None
        analysis, index = self.result[1], self.file_index(voxel)
        made = analysis.prepared
        if not made.brain[index] or not made.serves(self.settled, made.brain, self.span):
            return None
        curve = self.curve_at(voxel)[self.span[0] :]
        if not np.isfinite(curve).all():
            return None
        if self._reader is None or self._reader[0] is not analysis:
            axis, method = made.tissue.axis, analysis.settings.method
            self._reader = analysis, residue_reader(analysis.aif.curve, axis, method)
        return self._reader[1](curve)

    def curves_in(self, mask: BoolArray | None) -> FloatArray:
        """Delta R2* of the voxels of a mask, shape (V, T), 1/s; as `curve_at`."""
        if mask is None or not mask.any():
            return np.empty((0, self.series.n_volumes))
        return self._relaxation(curves_of(self.series.signal, mask))

    def mean_curve(self) -> FloatArray | None:
        """Delta R2* of the brain's mean signal, 1/s; None while the brain is unknown."""
        return None if self.mean_signal is None else self._relaxation(self.mean_signal)

    def forget(self, layer: Any) -> None:
        """Read no map, and no flag, off a layer that was removed."""
        self.maps = {symbol: one for symbol, one in self.maps.items() if one is not layer}
        if self.quality is layer:
            self.quality = None

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
    """Take up a 4-D image layer; one that was taken up before keeps its regions and maps.

    Raises
    ------
    DscError
        If the layer is no scan: too few volumes.
    """
    known = layer.metadata.get(KEY, {}).get("scan")
    if isinstance(known, Scan) and known.layer is layer:
        return known
    series = series_of(layer)
    if series.n_volumes < FEWEST_VOLUMES:
        raise DscError(
            f"layer {layer.name!r} must have at least {FEWEST_VOLUMES} volumes, got "
            f"{series.n_volumes}. Open the whole time series."
        )
    scan = Scan(layer, series, placement(series.affine))
    layer.metadata[KEY] = {**layer.metadata.get(KEY, {}), "scan": scan}
    return scan


def scans_of(viewer: "ViewerModel") -> "list[Image]":
    """Layers that may be a scan: 4-D images."""
    from napari.layers import Image

    layers = viewer.layers
    return [one for one in layers if isinstance(one, Image) and one.ndim == 4 and not one.rgb]


def masks_of(viewer: "ViewerModel") -> "list[Labels]":
    """Layers that may be a mask: labels, but not the quality flags."""
    from napari.layers import Labels

    return [one for one in viewer.layers if isinstance(one, Labels) and not is_quality(one)]


def add_mask(
    viewer: "ViewerModel",
    scan: Scan,
    name: str,
    color: tuple[float, ...],
    mask: BoolArray | None = None,
) -> "Labels":
    """Add a labels layer on the grid of a scan, below its AIF; what is active stays so."""
    from napari.layers import Labels

    data = np.zeros(scan.layer.data.shape[1:], np.uint8)
    if mask is not None:
        data[:] = to_screen(mask, scan.place)
    layer = Labels(data, opacity=1.0, **mask_layer_options(scan.series, name, color))
    layer.brush_size = 1
    layers = viewer.layers
    active = layers.selection.active
    mode = None if active is None else active.mode
    at = layers.index(scan.artery) if scan.artery in layers else len(layers)
    layers.insert(at, layer)
    if active is not None:
        layers.selection.active = active
        active.mode = mode
    return layer


def what_is_missing(
    scan: Scan | None, artery_layer: "Labels | None", brain_layer: "Labels | None"
) -> str:
    """Say in words what stands between the user and Compute; empty if nothing does."""
    try:
        return next(_obstacles(scan, artery_layer, brain_layer), "")
    except DscError as error:  # a layer of another shape
        return str(error)


def _obstacles(
    scan: Scan | None, artery_layer: "Labels | None", brain_layer: "Labels | None"
) -> Iterator[str]:
    if scan is None:
        yield OPEN_ONE
        return
    if not scan.proposed:
        yield LOOKING
    if scan.settled.time is None:
        yield next(iter(scan.settled.questions), "Enter the repetition time TR, in seconds.")
    if artery_layer is None:
        yield "Choose the labels layer that holds the artery."
    if artery_layer is brain_layer:
        yield "Artery and brain must be two layers: choose another for one of them."
    artery, brain = scan.mask(artery_layer), scan.mask(brain_layer)
    if artery is None or not artery.any():
        yield DRAW
    if brain is not None and not brain.any():
        yield "The brain is empty: paint it, or choose no layer for the whole image."
