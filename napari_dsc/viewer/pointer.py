"""Shift+click on the picture adds or removes an arterial voxel, whatever layer is active."""

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels

__all__ = ["flip_voxel", "shift_click"]

STILL = 3  # px: a press that moves no further is a click

Voxel = tuple[int, int, int]


def shift_click(
    clicked: Callable[[Voxel, bool], None],
    voxel_at: Callable[[Any], Voxel | None],
    is_set: Callable[[Voxel], bool],
) -> Callable[["ViewerModel", Any], Generator[None, None, None]]:
    """Make a callback for `viewer.mouse_drag_callbacks`.

    The viewer's callbacks run before the active layer's, whose brush would paint on the same
    press: its mode is set aside until the button is released.

    Parameters
    ----------
    clicked : callable
        Called with the voxel and what it is to become.
    voxel_at : callable
        From a position of the world to a voxel, or None.
    is_set : callable
        Whether a voxel is an arterial one now.
    """

    def on_drag(viewer: "ViewerModel", event: Any) -> Generator[None, None, None]:
        if event.button != 1 or tuple(event.modifiers) != ("Shift",):
            return
        flat = viewer.dims.ndisplay == 2  # in 3-D no voxel lies under the cursor
        voxel = voxel_at(event.position) if flat else None
        was_set = voxel is not None and is_set(voxel)
        pressed = np.array(event.pos)
        layer = viewer.layers.selection.active
        mode = None if layer is None else layer.mode
        if layer is not None:
            layer.mode = "pan_zoom"
        moved = 0.0
        try:
            yield
            while event.type == "mouse_move":
                moved = max(moved, float(np.abs(np.array(event.pos) - pressed).max()))
                yield
        finally:
            if layer is not None:
                layer.mode = mode
        if voxel is not None and moved <= STILL:
            clicked(voxel, not was_set)

    return on_drag


def flip_voxel(layer: "Labels", voxel: Voxel, value: bool) -> None:
    """Set or clear one voxel of a labels layer, with undo; in every volume of a 4-D one."""
    if layer.ndim == 4:
        count = layer.data.shape[0]
        every = tuple(np.full(count, at) for at in voxel)
        layer.data_setitem((np.arange(count), *every), int(value))
    else:
        layer.data_setitem(tuple(np.array([at]) for at in voxel), int(value))
