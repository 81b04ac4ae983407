"""What napari and vispy do over and over for a grid of many cells, done once."""

import gc
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial, wraps
from types import SimpleNamespace
from typing import Any, TypeAlias

import numpy as np
import pytest
from napari._vispy.canvas import VispyCanvas
from napari.components.grid import GridCanvas

Cell: TypeAlias = tuple[tuple[int, ...], tuple[int, ...]]

# napari's own names: there are no public ones.
ARRANGE, PLACE = "_update_scenegraph", "_update_overlay_canvas_positions"

__all__ = ["cells", "placing_once", "shortcuts"]


def cells(grid: GridCanvas, layers: Sequence[Any]) -> Iterator[Cell]:
    """Each cell of a grid and the layers in it, as `GridCanvas.iter_viewboxes` finds them.

    napari asks again for the place of every layer, for every cell.
    """
    places = [grid.position(at, layers) for at in range(len(layers))]
    for cell in np.ndindex(grid.actual_shape(layers)):
        yield cell, tuple(at for at, place in enumerate(places) if place == cell)


def placing_once() -> dict[str, Callable[..., None]]:
    """Methods of the canvas that place its overlays once all are there, by their names.

    napari places them all again after each layer.
    """
    arrange, place = (getattr(VispyCanvas, name) for name in (ARRANGE, PLACE))
    arranging: list[VispyCanvas] = []
    waiting: list[VispyCanvas] = []

    @wraps(arrange)  # napari finds what it has connected by its name
    def arrange_once(canvas: VispyCanvas, event: Any = None) -> None:
        arranging.append(canvas)
        try:
            arrange(canvas, event)
        finally:
            arranging.remove(canvas)
        if canvas in waiting and canvas not in arranging:
            waiting.remove(canvas)
            place(canvas)

    @wraps(place)
    def place_once(canvas: VispyCanvas, event: Any = None) -> None:
        if canvas not in arranging:
            place(canvas, event)
        elif canvas not in waiting:
            waiting.append(canvas)

    return {ARRANGE: arrange_once, PLACE: place_once}


def remembering() -> SimpleNamespace:
    """A module `re` that searches a text once; vispy does so in each shader of each cell."""
    found = cache(lambda *words: list(re.finditer(*words)))
    return SimpleNamespace(**vars(re) | {"sub": cache(re.sub), "finditer": found})


def collecting_the_young() -> SimpleNamespace:
    """A module `gc` that collects what was just made: napari asks for all of it as a layer goes.

    It does so for graphics drivers that are none of ours here; the rest goes by and by.
    """
    return SimpleNamespace(**vars(gc) | {"collect": partial(gc.collect, 0)})


@contextmanager
def shortcuts() -> Iterator[None]:
    """Take all of them, until the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("napari._vispy.canvas.gc", collecting_the_young())
        patch.setattr("vispy.gloo.program.re", remembering())
        patch.setattr(GridCanvas, "iter_viewboxes", cells)
        for name, method in placing_once().items():
            patch.setattr(VispyCanvas, name, method)
        yield
