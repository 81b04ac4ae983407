"""The passage of the bolus: played, and with the baseline taken away."""

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, QTimer

from napari_dsc.core.left_out_volumes import mean_of_baseline
from napari_dsc.core.types import FloatArray
from napari_dsc.viewer.layers import KEY, to_screen

if TYPE_CHECKING:
    from napari import Viewer
    from napari.layers import Image

    from napari_dsc.viewer.scan.scan import Scan

__all__ = ["Cine", "Subtracted", "is_outdated", "refresh_subtracted", "subtracted_layer"]

RATE = 100  # ms from volume to volume


class Cine:
    """Steps through the volumes of a scan, again and again.

    Parameters
    ----------
    viewer : Viewer
        Whose time axis moves; the line in the curves moves with it.
    parent : QObject
        With whom it ends.
    """

    def __init__(self, viewer: "Viewer", parent: QObject) -> None:
        self._viewer = viewer
        self._scan: Scan | None = None
        self._timer = QTimer(parent)
        self._timer.setInterval(RATE)
        self._timer.timeout.connect(self._step)

    @property
    def playing(self) -> bool:
        """Whether it plays."""
        return self._timer.isActive()

    def play(self, scan: "Scan") -> None:
        """Play from the volume on screen."""
        self._scan = scan
        self._timer.start()

    def stop(self) -> None:
        """Stop where it is."""
        self._timer.stop()

    def _step(self) -> None:
        scan, dims = self._scan, self._viewer.dims
        if scan is None or scan.layer not in self._viewer.layers or dims.ndim < 4:
            self.stop()
            return
        axis, count = dims.ndim - 4, scan.facts.series.n_volumes
        at = scan.volume_at(dims.point, dims.units)
        following = scan.facts.span[0] if at is None or at + 1 >= count else at + 1
        # From index to world: the layer's own step of time.
        world = scan.layer.data_to_world((following, 0, 0, 0))[0]
        dims.set_point(axis, world)


class Subtracted:
    """A scan less the mean of its baseline, volume by volume as it is looked at.

    Parameters
    ----------
    signal : ndarray, shape (T, Z, Y, X)
        As on screen.
    baseline : ndarray, shape (Z, Y, X)
        Mean of the volumes before the bolus.
    """

    def __init__(self, signal: Any, baseline: FloatArray) -> None:
        self._signal, self._baseline = signal, baseline
        self.shape, self.ndim, self.dtype = signal.shape, signal.ndim, np.dtype(np.float32)
        self.size = int(np.prod(self.shape))

    def __getitem__(self, index: Any) -> FloatArray:
        """Read a part."""
        parts = index if isinstance(index, tuple) else (index,)
        part = np.asarray(self._signal[index], dtype=np.float32)
        return part - self._baseline[parts[1:]]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """Read everything."""
        made = np.asarray(self[:], dtype=dtype)
        return made.copy() if copy else made


def subtracted_layer(scan: "Scan") -> "Image":
    """Make the layer of a scan less its baseline: what the bolus does to the signal."""
    from napari.layers import Image

    layer = scan.layer
    top = float(layer.contrast_limits[1])
    return Image(
        _data(scan),
        name=f"{layer.name}, less the baseline",
        colormap="gray",
        contrast_limits=(-top / 2, top / 4),
        blending="translucent",
        interpolation2d="nearest",
        affine=layer.affine.affine_matrix,
        units=layer.units,
        axis_labels=layer.axis_labels,
        multiscale=False,
        metadata={KEY: {"role": "subtracted", "span": scan.facts.span}},
    )


def _data(scan: "Scan") -> Subtracted:
    mean = mean_of_baseline(scan.facts.series.signal, scan.facts.span, scan.facts.left_out)
    return Subtracted(scan.layer.data, np.ascontiguousarray(to_screen(mean, scan.place)))


def is_outdated(layer: "Image", scan: "Scan") -> bool:
    """Whether the baseline or the time step of a scan has changed since the layer was made."""
    same = np.array_equal(layer.affine.affine_matrix, scan.layer.affine.affine_matrix)
    return layer.metadata[KEY]["span"] != scan.facts.span or not same


def refresh_subtracted(layer: "Image", scan: "Scan") -> None:
    """Show the scan less its baseline of now, at its times of now."""
    layer.data = _data(scan)
    layer.affine, layer.units = scan.layer.affine.affine_matrix, scan.layer.units
    layer.metadata[KEY]["span"] = scan.facts.span
