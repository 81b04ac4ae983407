"""Orientation that the user states: the scan, and what is painted on it, is turned in place."""

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels
from qtpy.QtWidgets import QWidget

from napari_dsc.core.orientation import FACT, codes_of, stated, unstated
from napari_dsc.core.types import Series
from napari_dsc.viewer.layers import KEY, Placement, placement, series_of, to_file, to_screen
from napari_dsc.viewer.maps.map_layers import arranging
from napari_dsc.viewer.scan.layer_set import ROLES
from napari_dsc.viewer.scan.orientation_dialog import OrientationDialog
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.scan.scan_layers import layers_of

if TYPE_CHECKING:
    from napari import Viewer

    from napari_dsc.viewer.screen import Screen

__all__ = ["AS_READ", "Stating", "as_read", "as_stated"]

AS_READ = "as_read"  # of a layer's metadata: the scan as its file gives it
KEPT = ("AIF", "VOF", "brain", "regions")  # roles of layers that are turned with the scan
DONE = "Orientation stated by the user: {}. Compute the maps again."
BACK = "Orientation as the file says it. Compute the maps again."


class Stating:
    """Asks where the axes of a scan run to, and turns it.

    What is marked on the scan stays on its voxels. Maps, their flags, the midline and anatomies
    under the maps lie where the scan lay before: they go.

    Parameters
    ----------
    viewer : Viewer
        Where the scan is shown.
    parent : QWidget
        The panel.
    screen : Screen
        Says which scan is at hand.

    Attributes
    ----------
    dialog : OrientationDialog or None
        The one that was shown last.
    """

    def __init__(self, viewer: "Viewer", parent: QWidget, screen: "Screen") -> None:
        self._viewer, self._panel, self._screen = viewer, parent, screen
        self.dialog: OrientationDialog | None = None

    def ask(self) -> None:
        """Show the dialog for the scan at hand."""
        scan = self._screen.scan
        if scan is None:
            return
        file = as_read(scan)
        said = codes_of(file.affine) if file.affine is not None and file.oriented else ""
        affine = scan.facts.series.affine
        now = codes_of(np.eye(4) if affine is None else affine)
        self.dialog = OrientationDialog(
            self._panel, scan.layer.name, scan.shape, said, now, lambda one: self.state(scan, one)
        )
        self.dialog.open()

    def state(self, scan: Scan, codes: str | None) -> None:
        """Have the axes of a scan run where the user says.

        Parameters
        ----------
        scan : Scan
            Which.
        codes : str or None
            As `napari_dsc.core.orientation.stated` takes them; None: as the file says.

        Raises
        ------
        DscError
            If they are none.
        """
        if scan.layer not in self._viewer.layers or scan.facts.series.choices.get(FACT) == codes:
            return
        file = as_read(scan)
        series = as_stated(scan.facts.series, file, codes)
        shown = as_stated(series_of(scan.layer), file, codes)
        before, after = scan.place, placement(series.affine)
        own = layers_of(self._viewer, scan)
        kept = {*(getattr(scan.layers, role) for role in ROLES), scan.layers.regions}
        with arranging(self._viewer, grid=False):
            for layer in own:
                role = layer.metadata.get(KEY, {}).get("role")
                if layer is scan.layer:
                    _turn_scan(layer, shown, file, after)
                elif isinstance(layer, Labels) and (layer in kept or role in KEPT):
                    _turn_labels(layer, before, after, series)
                elif layer in self._viewer.layers:
                    self._viewer.layers.remove(layer)
            scan.place_anew(series, after)
        scan.layer.visible = True
        self._viewer.fit_to_view()
        if scan is self._screen.scan:
            self._screen.show(scan)
            self._screen.say(BACK if codes is None else DONE.format(codes))


def as_read(scan: Scan) -> Series:
    """Scan as its file gives it, whatever was stated since."""
    known = scan.layer.metadata.get(KEY, {}).get(AS_READ)
    return known if isinstance(known, Series) else series_of(scan.layer)


def as_stated(series: Series, file: Series, codes: str | None) -> Series:
    """Scan whose axes run where a user says, or as its file does: None."""
    plain = unstated(series, file)
    return plain if codes is None else stated(plain, codes)


def _turn_scan(layer: Image, series: Series, file: Series, place: Placement) -> None:
    """Show the volumes of a scan where they lie now."""
    matrix = np.array(layer.affine.affine_matrix)
    matrix[1:, 1:] = place.matrix
    layer.data = to_screen(series.signal, place)
    layer.affine = matrix
    layer.metadata[KEY] = {**layer.metadata[KEY], "series": series, AS_READ: file}


def _turn_labels(layer: Labels, before: Placement, after: Placement, series: Series) -> None:
    """Show what is painted on the same voxels of the file where they lie now."""
    data: Any = np.asarray(layer.data)
    if data.ndim == 3:
        layer.data = np.ascontiguousarray(to_screen(to_file(data, before), after))
        layer.affine = after.matrix
        layer.editable = False  # napari forgets what could be undone: it was on other voxels
        layer.editable = True
        known = layer.metadata.get(KEY, {})
        layer.metadata[KEY] = {**known, "affine": series.affine}
