"""State of a layer, taken from another one: the layer stands, and is as the other would be.

To take a layer away and add one costs napari a tenth of a second each time: pictures on the
graphics card, a row of the list, a page of controls. One that stands keeps them.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.experimental import unlink_layers

if TYPE_CHECKING:
    from collections.abc import Collection

    from napari.layers import Image, Labels

__all__ = ["become", "can_become"]

FIRST_PLACE = "_initial_affine"  # of `SPARED`
# What napari keeps of a layer and hands out as its state, as far as it is given to another.
TAKEN = (
    "name",
    "metadata",
    "affine",
    "blending",
    "opacity",
    "auto_contrast",
    "colormap",
    "contrast_limits",
    "gamma",
    "interpolation2d",
    "features",
    "visible",  # last: a hidden layer is not cut
)
# What it keeps beside that.
BESIDE = (
    "contrast_limits_range",
    "selected_label",
    "brush_size",
    "mode",
    "contour",
    "contiguous",
    "preserve_labels",
    "n_edit_dimensions",
    "show_selected_label",
)


def can_become(layer: "Image | Labels", other: "Image | Labels") -> bool:
    """Whether a layer can be as another of the same kind, shape and voxel size would be."""
    alike = type(layer) is type(other) and hasattr(layer, FIRST_PLACE)
    return (
        alike
        and layer.data.shape == other.data.shape
        and layer.data.dtype == other.data.dtype
        and np.allclose(_steps(layer), _steps(other))
    )


def become(layer: "Image | Labels", other: "Image | Labels", but: "Collection[str]" = ()) -> bool:
    """Have a layer be as another would be in its place.

    Parameters
    ----------
    layer : Image or Labels
        The one that stands. It is linked to no other layer any more.
    other : Image or Labels
        The one that is taken after, which is in no viewer; see `can_become`.
    but : collection of str
        What it keeps of its own.

    Returns
    -------
    bool
        Whether it is like the other in everything that napari keeps of a layer. If not, something
        of it that a program or a user has set cannot be taken back: it has to go.
    """
    unlink_layers([layer])
    layer.data = other.data
    known, wanted = _state(layer), _state(other)
    for name in (*TAKEN, *BESIDE):
        if name in wanted and name not in but and not _same(known[name], wanted[name]):
            value = wanted[name]
            setattr(layer, name, dict(value) if name == "metadata" else getattr(other, name))
    setattr(layer, FIRST_PLACE, getattr(other, FIRST_PLACE))  # to which napari would turn it back
    layer.refresh()
    if not layer.visible:  # its row of the list would show what it was before
        layer.thumbnail = other.thumbnail
    return _alike(_state(layer), _state(other), but)


def _state(layer: "Image | Labels") -> dict[str, Any]:
    _, state, _ = layer.as_layer_data_tuple()
    beside = {name: getattr(layer, name) for name in BESIDE if hasattr(layer, name)}
    return {**state, **beside}


def _alike(one: dict[str, Any], other: dict[str, Any], but: "Collection[str]") -> bool:
    """Whether two states are the same."""
    names = one.keys() - {*but}
    return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in names)


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same, also of kinds whose `==` gives an array."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if hasattr(one, "equals"):  # a table of pandas
        return bool(one.equals(other))
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    return one is other or bool(one == other)


def _steps(layer: "Image | Labels") -> Any:
    """Voxel size along each axis, with its direction."""
    zero = np.asarray(layer.data_to_world(np.zeros(layer.ndim)))
    return [np.asarray(layer.data_to_world(one)) - zero for one in np.eye(layer.ndim)]
