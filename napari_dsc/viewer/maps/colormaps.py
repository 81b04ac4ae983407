"""Colours and windows of maps on screen: fixed, by families, and from a region that is normal."""

from typing import TYPE_CHECKING

import numpy as np

from napari_dsc.core.late_steps import STEP_WINDOW
from napari_dsc.core.quantities import QUANTITIES, RELATIVE
from napari_dsc.core.types import BoolArray
from napari_dsc.viewer.layers import to_file
from napari_dsc.viewer.maps.map_image import MapImage
from napari_dsc.viewer.maps.map_layers import named_colours, window_of

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_dsc.viewer.scan.scan import Scan

__all__ = ["fixed_window", "fixed_windows", "show_family", "window_from"]

FROM_REGION = tuple(symbol for symbol, row in QUANTITIES.items() if row.true_zero)


def show_family(scan: "Scan", family: str) -> None:
    """Show all maps of a scan in a family's colours, from now on."""
    scan.layers.colour(family)
    for symbol, layer in scan.layers.maps.items():
        if not (isinstance(layer, MapImage) and layer.stepped):
            layer.colormap = named_colours(QUANTITIES[symbol].colours[family])


def fixed_windows(scan: "Scan") -> None:
    """Show every map in its fixed window again."""
    for layer in scan.layers.maps.values():
        window = fixed_window(scan, layer)
        if window is not None:
            layer.contrast_limits = window


def fixed_window(scan: "Scan", layer: "Layer") -> tuple[float, float] | None:
    """Fixed window of a layer that shows a map of a scan; None for another layer."""
    symbol = next((name for name, one in scan.layers.maps.items() if one == layer), None)
    if scan.results.run is None or symbol is None:
        return None
    maps = {one.symbol: one for one in scan.results.run[1].maps}
    if isinstance(layer, MapImage) and layer.stepped:
        return STEP_WINDOW
    if isinstance(layer, MapImage) and layer.factor != 1:
        return RELATIVE[symbol].window
    known = maps.get(symbol)
    return QUANTITIES[symbol].window if known is None else window_of(known, scan.results.run[1])


def window_from(scan: "Scan", region: BoolArray) -> dict[str, tuple[float, float]]:
    """Set the windows of amounts from a region that is taken as normal: its mean in the middle.

    Parameters
    ----------
    scan : Scan
        Whose maps.
    region : ndarray of bool, shape (X, Y, Z)
        Voxels, on the axes of the file: those whose answer stands count.

    Returns
    -------
    dict
        What was set, by symbol. Times keep their fixed windows: their zero is that of a clock.
    """
    made = {}
    computed = () if scan.results.run is None else scan.results.run[1].maps
    known = {**{one.symbol: one for one in computed}, **scan.results.relative}
    for symbol in FROM_REGION:
        layer = scan.layers.maps.get(symbol)
        if layer is None:
            continue
        one = known.get(symbol)
        accepted = region if one is None else region & one.quality_mask
        values = to_file(layer.data, scan.place)[accepted]
        values = values[np.isfinite(values)]
        mean = float(values.mean(dtype=np.float64)) if values.size else 0.0
        mean *= layer.factor if isinstance(layer, MapImage) else 1.0
        if mean > 0:
            low, high = layer.contrast_limits_range
            layer.contrast_limits_range = (min(low, 0.0), max(high, 2 * mean))
            layer.contrast_limits = made[symbol] = (0.0, 2 * mean)
    return made
