"""The quality flags on screen: which voxels have no answer, which are read with care, and why."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.quality import REJECTING, WORDS, explain
from napari_dsc.viewer.layer_state import become, can_become
from napari_dsc.viewer.layers import KEY, Placement, redraw, to_screen, volume_options

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels

__all__ = [
    "NO_ANSWER",
    "WITH_CARE",
    "is_quality",
    "keep_aside",
    "quality_layer",
    "refresh_quality",
    "renew_quality",
    "show_legend",
    "verdict",
]

NAME = "Quality"
BITS = "quality_bits"  # of the metadata, as in record.json: it tells the layer from a mask
# Neither hue is in the maps' own colours; both stand out on black and on white, and one is as much
# lighter than the other as that allows, so that they are told apart without any hue.
NO_ANSWER = (0.96, 0.3, 0.82, 1.0)  # light magenta
WITH_CARE = (0.5, 0.31, 0.0, 1.0)  # dark ochre
LEGEND = {"Quality:": None, "■ no answer (light)": NO_ANSWER, "■ with care (dark)": WITH_CARE}
OPACITY = 0.8  # on a map, the map shines through
WIDE, NARROW = 820, 690  # px of the picture that the legend needs beside other words, in 10, 7 pt


def verdict(bits: int) -> str:
    """Say what stands against the answer of a voxel: the worst of it; empty if nothing does.

    Examples
    --------
    >>> verdict(32 | 1024)
    'no answer: residue peaks at the edge of the search'
    >>> verdict(1024)
    "with care: bolus more than 3 s before the artery's"
    """
    if bits & REJECTING:
        return f"no answer: {explain(bits & REJECTING)}"
    return f"with care: {_caution(bits)}" if bits else ""


def _caution(bits: int) -> str:
    """What bits that reject nothing mean; files call them advisory, the screen says "with care"."""
    return explain(bits).replace(" (advisory)", "")


def is_quality(layer: Any) -> bool:
    """Whether a layer holds quality flags: it is then nobody's mask."""
    return BITS in layer.metadata.get(KEY, {})


def quality_layer(shape: tuple[int, ...], place: Placement, grid: bool) -> "Labels":
    """Make an empty layer for the quality flags of a scan; `refresh_quality` fills it.

    It is hidden, or it would cover a map; whoever shows it in the grid, or outside, finds it
    shown there the next time.

    Parameters
    ----------
    shape : tuple of int
        Shape of a volume, (z, y, x).
    place : Placement
        That of the scan.
    grid : bool
        Whether the viewer shows its layers in a grid now.
    """
    from napari.layers import Labels

    known = {
        "name": "Quality flags (bits), record.json",
        BITS: {str(int(bit)): words for bit, words in WORDS.items()},
        "in_grid": grid,
        "elsewhere": False,  # whether it is visible in the other view
    }
    return Labels(
        np.zeros(shape, np.uint16),
        name=NAME,
        opacity=OPACITY,
        visible=False,
        metadata={KEY: known},
        **volume_options(place),
    )


def renew_quality(layer: "Labels", new: "Labels") -> bool:
    """Have a layer of flags be as an empty one; `refresh_quality` fills it.

    Parameters
    ----------
    layer : Labels
        It keeps its colours, if nobody has changed them.
    new : Labels
        Made by `quality_layer`, in no viewer.

    Returns
    -------
    bool
        Whether it is; if not, it has to go.
    """
    if not can_become(layer, new):
        return False
    new.metadata[KEY]["colours"] = layer.metadata[KEY].get("colours")
    return become(layer, new, but=("colormap",))


def refresh_quality(
    viewer: "ViewerModel",
    layer: "Labels",
    flags: NDArray[np.uint16],
    place: Placement,
    known: dict[str, Any],
) -> None:
    """Give the layer its flags, their words and colours; no brush may edit it.

    Parameters
    ----------
    viewer : ViewerModel
        Where it is shown.
    layer : Labels
        Made by `quality_layer`.
    flags : ndarray of uint16
        Bits of `Quality`, on the axes of the file.
    place : Placement
        That of the scan.
    known : dict
        What is known of the run, for the metadata.
    """
    from napari.utils.colormaps import DirectLabelColormap

    reasons = _reasons(flags)
    if reasons["index"] != list(layer.features.get("index", ())):
        layer.features = reasons
    layer.data[...] = to_screen(flags, place)
    redraw(viewer, layer)
    layer.metadata = {**layer.metadata, KEY: {**layer.metadata[KEY], **known}}
    if layer.colormap is not layer.metadata[KEY].get("colours"):  # napari's button can shuffle it
        colors: dict[int | None, tuple[float, ...]] = {0: (0.0, 0.0, 0.0, 0.0), None: NO_ANSWER}
        colors |= {bits: WITH_CARE for bits in range(1, 2 * max(WORDS)) if not bits & REJECTING}
        layer.colormap = DirectLabelColormap(color_dict=colors)
        layer.metadata[KEY]["colours"] = layer.colormap
    layer.editable = False


def _reasons(bits: NDArray[Any]) -> dict[str, Any]:
    """Table of the bits that occur, with all their words: napari's status line reads it."""
    found = [int(one) for one in np.flatnonzero(np.bincount(bits.ravel()))]
    rejected = [explain(one) if one & REJECTING else None for one in found]
    careful = [None if one & REJECTING else _caution(one) or None for one in found]
    return {"index": found, "no answer": rejected, "with care": careful}


def _layers(viewer: "ViewerModel") -> "Iterator[Labels]":
    yield from (one for one in viewer.layers if is_quality(one))


def keep_aside(viewer: "ViewerModel", *, grid: bool) -> None:
    """Show or hide the flags as they were when the viewer last was in this view, grid or not."""
    for layer in _layers(viewer):
        known = layer.metadata[KEY]
        if known["in_grid"] != grid:
            known["in_grid"] = grid
            wanted, known["elsewhere"] = known["elsewhere"], layer.visible
            if layer.visible != wanted:  # each assignment costs as much as a change
                layer.visible = wanted


def show_legend(viewer: "ViewerModel") -> None:
    """Say what the two colours mean, each in its colour, while the flags are on screen.

    On the left of the words on research use; in a narrow picture above them.
    """
    from napari.components.overlays import TextOverlay

    seen = any(layer.visible for layer in _layers(viewer))
    width = viewer.canvas.size[1]
    letters, place = 10 if width > WIDE else 7, "bottom_left" if width > NARROW else "bottom_right"
    for words, color in LEGEND.items():
        one = viewer.canvas.overlays.setdefault(words, TextOverlay(text=words, color=color))
        here = seen and (color is not None or width > NARROW)  # no heading in a pile
        for name, value in {"font_size": letters, "position": place, "visible": here}.items():
            if getattr(one, name) != value:  # each assignment costs a redraw
                setattr(one, name, value)
