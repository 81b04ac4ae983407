"""Tmax in steps on screen: its colours, its window, and the scan that lies below it."""

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from napari.utils import Colormap
from numpy.typing import NDArray

from napari_dsc.core.late_steps import BRIGHTEST, STEP_COLOURS, STEP_WINDOW
from napari_dsc.core.quantities import QUANTITIES, TMAX
from napari_dsc.viewer.maps.map_image import MapImage
from napari_dsc.viewer.maps.map_layers import named_colours

if TYPE_CHECKING:
    from napari_dsc.viewer.scan.scan import Scan

__all__ = ["NAME", "STEPS", "forget_steps", "is_stepped", "show_steps"]

NAME = "Tmax in steps"  # of the colours
EDGE = 1e-4  # of the window: as wide is the way from one colour to the next
Grey = NDArray[np.uint8]
# Window that Tmax had before it was drawn in steps, by its layer.
_BEFORE: "WeakKeyDictionary[MapImage, tuple[float, float]]" = WeakKeyDictionary()


def _steps() -> Colormap:
    """Black to grey below the first limit, then a colour for each step."""
    low, high = STEP_WINDOW
    controls, colours = [0.0], [(0.0, 0.0, 0.0)]
    before = (BRIGHTEST,) * 3
    for limit, colour in STEP_COLOURS.items():
        after = tuple(one / 255 for one in colour)
        share = (limit - low) / (high - low)
        controls += [share, share + EDGE]
        colours += [before, (after[0], after[1], after[2])]
        before = colours[-1]
    table = np.column_stack([[*colours, before], np.ones(len(colours) + 1)])
    return Colormap(table, controls=[*controls, 1.0], name=NAME)


STEPS = _steps()


def is_stepped(layer: Any) -> bool:
    """Whether a layer shows Tmax in steps."""
    return isinstance(layer, MapImage) and layer.stepped


def show_steps(scan: "Scan", grey: Grey | None) -> None:
    """Show Tmax of a scan as is wanted: in steps, or evenly coloured.

    Parameters
    ----------
    scan : Scan
        Whose map it is.
    grey : ndarray of uint8, shape (Z, Y, X), or None
        The scan, which is seen below the first step; None: what lies under the map is.
    """
    layer = scan.layers.maps.get(TMAX.symbol)
    if not isinstance(layer, MapImage):
        return
    if not scan.layers.in_steps:
        _leave(scan, layer)
        return
    if layer.stepped:
        layer.draw_steps(True, grey)
        return
    low, high = layer.contrast_limits
    _BEFORE[layer] = float(low), float(high)
    layer.contrast_limits_range = layer.contrast_limits = STEP_WINDOW
    layer.colormap = STEPS
    layer.draw_steps(True, grey)
    layer.events.contrast_limits.connect(_hold)


def _leave(scan: "Scan", layer: MapImage) -> None:
    """Show Tmax evenly coloured, in the window that it had."""
    if not layer.stepped:
        return
    layer.events.contrast_limits.disconnect(_hold)
    layer.draw_steps(False)
    row = QUANTITIES[TMAX.symbol]
    low, high = _BEFORE.pop(layer, row.window)
    layer.contrast_limits_range = low - (high - low), high + 4 * (high - low)
    layer.contrast_limits = low, high
    layer.colormap = named_colours(row.colours[scan.layers.family])


def forget_steps(layer: MapImage) -> None:
    """Hold on to nothing of a layer that is to show another map."""
    layer.events.contrast_limits.disconnect(_hold)
    _BEFORE.pop(layer, None)


def _hold(event: Any) -> None:
    """Keep the window: in another one the colours would be those of other limits."""
    layer = event.source
    if layer.stepped and tuple(layer.contrast_limits) != STEP_WINDOW:
        layer.contrast_limits_range = layer.contrast_limits = STEP_WINDOW
