"""The slice on screen, before the rest of a run is done."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.pipeline import Preview, Slice
from napari_dsc.core.quantities import QUANTITIES
from napari_dsc.viewer.layers import Placement, redraw
from napari_dsc.viewer.scan.scan import Scan

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image, Labels

__all__ = ["Previews", "slice_on_screen"]


def slice_on_screen(viewer: "ViewerModel", scan: Scan) -> Slice | None:
    """Slice of a scan that the viewer shows, on the axes of the file; None where it shows none."""
    if viewer.dims.ndisplay != 2 or viewer.dims.displayed[0] != viewer.dims.ndim - 2:
        return None
    z = scan.slice_at(viewer.dims.point, viewer.dims.units)
    return None if z is None else Slice(scan.place.order[2], z)


def on_screen(plane: NDArray[Any], place: Placement) -> NDArray[Any]:
    """Turn a slice across the screen's z, on the axes of the file, to (y, x)."""
    x, y, _ = place.order
    return plane if y < x else plane.T


class Previews:
    """Puts previews into the maps of a scan, and takes them back.

    Parameters
    ----------
    viewer : ViewerModel
        Only layers that it holds are touched.
    scan : Scan
        Whose maps there are already; the first time there is nothing to refresh.
    """

    def __init__(self, viewer: "ViewerModel", scan: Scan) -> None:
        self._viewer, self.scan = viewer, scan
        self._before: dict[tuple[Image | Labels, int], NDArray[Any]] = {}

    def show(self, preview: Preview) -> None:
        """Show one slice of every map that has a layer, and of their flags.

        Maps that the tissue alone tells stay: no AIF changes them.
        """
        for one in preview.maps:
            layer = self.scan.layers.maps.get(one.symbol)
            if (
                QUANTITIES[one.symbol].from_tissue
                or layer is None
                or layer not in self._viewer.layers
            ):
                continue
            at = preview.where.at
            self._write(layer, at, one.values)
        flags, quality = self.scan.layers.quality, preview.maps.quality
        if flags is not None and quality is not None and flags in self._viewer.layers:
            self._write(flags, preview.where.at, quality)

    def _write(self, layer: "Image | Labels", at: int, plane: NDArray[Any]) -> None:
        self._before.setdefault((layer, at), np.array(layer.data[at]))
        layer.data[at] = on_screen(plane, self.scan.place)
        redraw(self._viewer, layer)

    def keep(self) -> None:
        """Leave the maps as they are: whole results have taken the place of what was before."""
        self._before.clear()

    def take_back(self) -> None:
        """Leave the maps as they were before: no run came to its end."""
        for (layer, at), values in self._before.items():
            layer.data[at] = values
        for layer in {layer for layer, _ in self._before}:
            if layer in self._viewer.layers:
                redraw(self._viewer, layer)
        self._before.clear()
