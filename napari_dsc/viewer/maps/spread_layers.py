"""Layers of scatter, or of the standard deviation of a posterior: hidden until their eye opens.

They lie above the maps, in no tile of their own until somebody wants one.
"""

from typing import TYPE_CHECKING

import numpy as np

from napari_dsc.core.number_words import with_unit
from napari_dsc.core.pipeline import Analysis
from napari_dsc.core.quantities import BESIDE
from napari_dsc.core.types import ParameterMap
from napari_dsc.viewer.layers import KEY, staying_active, to_screen
from napari_dsc.viewer.maps.map_image import MapImage
from napari_dsc.viewer.maps.map_layers import add_map, described, map_layer, named_colours
from napari_dsc.viewer.scan.scan import Scan

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["show_spreads", "shown_spreads"]

SHOWN = ("sd", "scatter")  # percentiles are in the files


def shown_spreads(analysis: Analysis) -> dict[str, ParameterMap]:
    """Scatter and standard deviations of an analysis, by symbol, where its settings want them."""
    if not analysis.settings.spread:
        return {}
    known = analysis.maps.beside()
    rows = [row for (_, kind), row in BESIDE.items() if kind in SHOWN]
    return {row.symbol: known[row.symbol] for row in rows if row.symbol in known}


def show_spreads(viewer: "ViewerModel", scan: Scan, analysis: Analysis) -> bool:
    """Have layers of scatter and standard deviations as an analysis has them, and no others.

    Those that stand are refreshed and keep their look; those of another method go. Return whether
    there are any.
    """
    known = shown_spreads(analysis)
    rows = [row for (_, kind), row in BESIDE.items() if kind in SHOWN]
    for row in rows:
        name = with_unit(row.symbol, row.units)
        layer = scan.layers.studies.get(name)
        one = known.get(row.symbol)
        if one is None:
            if layer is not None and layer in viewer.layers:
                viewer.layers.remove(layer)
                scan.layers.forget(layer)
            continue
        if layer is not None and layer in viewer.layers:
            layer.data = np.array(to_screen(one.values, scan.place))
            continue
        colours = named_colours(row.colours[scan.layers.family])
        made = map_layer(
            scan, one, name, colours, row.window, {**described(one), "words": row.name}
        )
        _blank_as_a_map(scan, made)
        made.visible = False
        scan.layers.show_study(name, made)
        layers = viewer.layers
        top = max(at for at, other in enumerate(layers) if "unit" in other.metadata.get(KEY, {}))
        with staying_active(viewer):
            add_map(viewer, made, top + 1)
    return bool(known)


def _blank_as_a_map(scan: Scan, layer: MapImage) -> None:
    """Leave those voxels blank that the maps leave blank."""
    for other in scan.layers.maps.values():
        if isinstance(other, MapImage):
            layer.blank_as(other)
            return
