"""Clicks with a key held on the picture: they mean a voxel, whatever layer is active."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels

__all__ = ["STILL", "Voxel", "click_with", "deaf", "set_voxels"]

STILL = 3  # px: a press that moves no further is a click

Voxel = tuple[int, int, int]


def click_with(
    key: str,
    clicked: Callable[[Voxel, bool], None],
    voxel_at: Callable[[Any], Voxel | None],
    is_set: Callable[[Voxel], bool],
) -> Callable[["ViewerModel", Any], Generator[None, None, None]]:
    """Make a callback for `viewer.mouse_drag_callbacks`.

    The viewer's callbacks run before the active layer's, whose brush would paint on the same
    press: that layer does not hear of it.

    Parameters
    ----------
    key : str
        "Shift" or "Control": held alone.
    clicked : callable
        Called with the voxel and what it is to become.
    voxel_at : callable
        From a position of the world to a voxel, or None.
    is_set : callable
        Whether a voxel is set now.
    """

    def on_drag(viewer: "ViewerModel", event: Any) -> Generator[None, None, None]:
        if event.button != 1 or tuple(event.modifiers) != (key,):
            return
        voxel = voxel_at(event.position)
        was_set = voxel is not None and is_set(voxel)
        pressed = np.array(event.pos)
        moved = 0.0
        with deaf(viewer.layers.selection.active):
            yield
        while event.type == "mouse_move":
            moved = max(moved, float(np.abs(np.array(event.pos) - pressed).max()))
            yield
        if voxel is not None and moved <= STILL:
            clicked(voxel, not was_set)

    return on_drag


@contextmanager
def deaf(layer: Any) -> Iterator[None]:
    """Keep a layer's brush from a press; leaving its mode for another one repaints the window."""
    if layer is None:
        yield
        return
    callbacks, mode = layer.mouse_drag_callbacks, layer.mode
    aside, callbacks[:] = list(callbacks), []
    try:
        yield
    finally:
        chosen, layer.mode = layer.mode, mode  # one that was chosen meanwhile finds them all
        callbacks[:] = aside
        layer.mode = chosen


def set_voxels(layer: "Labels", where: tuple[NDArray[np.intp], ...], value: bool) -> None:
    """Set or clear voxels of a labels layer in one step of undo; in every volume of a 4-D one.

    Parameters
    ----------
    layer : Labels
        To be painted on.
    where : tuple of ndarray
        Indices z, y and x of the voxels.
    value : bool
        What they become.
    """
    if layer.ndim == 4:
        count, some = layer.data.shape[0], len(where[0])
        where = (np.repeat(np.arange(count), some), *(np.tile(at, count) for at in where))
    if len(where[0]):
        layer.data_setitem(where, int(value))
