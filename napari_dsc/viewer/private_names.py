"""Names of napari that are not public and are used all the same: each with what hangs on it.

napari gives no public way to these. A napari that has one of them no longer must not show a map
in another way than it says: the panel refuses it, or does without what the name is for.
"""

from collections.abc import Mapping
from types import MappingProxyType

from napari import __version__
from napari.layers import Image

from napari_dsc.core.errors import DscError

__all__ = ["NEEDED", "OF_A_LAYER", "SPARED", "refuse_other_napari"]

# Of a layer: without them a map would show voxels that are to be blank, or another scale.
NEEDED: Mapping[str, str] = MappingProxyType(
    {
        "_get_value": "the value under the cursor, on the scale that is shown",
        "_raw_to_displayed": "blank voxels, relative maps, Tmax in steps",
        "_type_string": "that napari's writers take a map for an image",
        "_slice_input": "which axes a picture shows",
        "_data_slice": "where it is cut",
    }
)
OF_A_LAYER = ("_slice_input", "_data_slice")  # the class has them not: a layer has, once made
# Of others: where one is missing, what it is for is left out.
SPARED: Mapping[str, str] = MappingProxyType(
    {
        "overlay_to_visual": "outlines, letters, names and grey levels on the pictures",
        "_finished": "that a job is forgotten on the thread that started it",
        "_set_discard": "likewise",
        "_CFG_PATH": "that a start reads no preferences where none were set",
        "_gen": "that a job which is stopped ends on its own thread",
        "_initial_affine": "that layers of maps stay on the pictures for the next scan of a cohort",
    }
)


def refuse_other_napari(layer: Image | None = None) -> None:
    """Raise `DscError` for a napari that draws layers in another way than maps need.

    Parameters
    ----------
    layer : Image, optional
        That of a scan, which has all the names; without one napari's class is asked for those
        that it has: to make a layer takes a second of a start.
    """
    asked = Image if layer is None else layer
    names = [name for name in NEEDED if layer is not None or name not in OF_A_LAYER]
    missing = [name for name in names if not hasattr(asked, name)]
    if missing:
        raise DscError(
            f"napari must draw layers as napari 0.9 does, got napari {__version__} without "
            f"{', '.join(missing)}. Install an earlier one: pip install 'napari<{__version__}'."
        )
