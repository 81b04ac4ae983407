"""Pictures of one scan of a cohort: with its curves, or its maps alone."""

from typing import TYPE_CHECKING

import numpy as np
from napari.layers import Image
from qtpy.QtCore import QObject

from napari_dsc.cohort.looking import Look, Source
from napari_dsc.core.defaults import COLOUR_FAMILY
from napari_dsc.core.errors import DscError
from napari_dsc.core.quantities import QUANTITIES
from napari_dsc.core.types import ParameterMap
from napari_dsc.report.read_results import Results
from napari_dsc.viewer.background.job_runner import soon
from napari_dsc.viewer.compute.snapshot import Snapshot
from napari_dsc.viewer.contributions import corrected_layer, scan_layer
from napari_dsc.viewer.layers import KEY, placement, to_screen, volume_options
from napari_dsc.viewer.maps.map_image import MapImage
from napari_dsc.viewer.maps.map_layers import (
    RESIZED,
    add_map,
    arranging,
    described,
    named_colours,
    show_whole,
)
from napari_dsc.viewer.panel.doors import OF_COHORT
from napari_dsc.viewer.panel.newcomers import remove_scans
from napari_dsc.viewer.panel.stating import AS_READ
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.scan.scan_layers import open_scan

if TYPE_CHECKING:
    from napari import Viewer

    from napari_dsc.viewer.panel.panel import Panel

__all__ = ["Pictures"]

SIDES = "The patient's left is on the right of the pictures."
NO_SIDES = "Nobody knows left from right."
SHOWN = "The maps as they were saved."


class Pictures(QObject):
    """Puts one scan of a cohort on the pictures, in the place of the one before.

    Parameters
    ----------
    viewer : Viewer
        Where.
    panel : Panel
        Has the scan at hand.

    Attributes
    ----------
    scan : Scan or None
        The one on the pictures; None: none, or its maps alone.
    made_from : Snapshot or None
        What its saved maps were made from.
    """

    def __init__(self, viewer: "Viewer", panel: "Panel") -> None:
        super().__init__(panel)
        self._viewer, self._panel = viewer, panel
        self.scan: Scan | None = None
        self.made_from: Snapshot | None = None

    def clear(self) -> None:
        """Take every scan off the pictures."""
        self._panel.tools.disarm()
        self._panel.form.live.value = False
        self.scan, self.made_from = None, None
        with arranging(self._viewer, grid=False):
            self._viewer.canvas.grid.enabled = False  # napari keeps a grid whose layers go
            remove_scans(self._viewer)

    def show(self, look: Look) -> str:
        """Show a scan.

        Parameters
        ----------
        look : Look
            What is to be seen of it.

        Returns
        -------
        str
            What could not be shown, and why; empty: all was.
        """
        window = self._panel.window()
        updates = window is not None and window.updatesEnabled()
        if window is not None and updates:
            window.setUpdatesEnabled(False)  # painted once, at the end
        try:
            self.clear()
            if look.source is not None and look.results is not None:
                return self._show_scan(look, look.source, look.results)
            self._panel.say_nothing()
            if look.results is None:
                return look.why
            self._show_maps(look.results)
            return f"{look.why} {SIDES if look.results.oriented else NO_SIDES}"
        finally:
            if window is not None and updates:
                window.setUpdatesEnabled(True)

    def _show_scan(self, look: Look, source: Source, results: Results) -> str:
        """Show a scan with its maps; return what stands against it, or nothing."""
        laid_out = scan_layer if source.series.moves is None else corrected_layer
        data, options, _ = laid_out(source.series, look.scan.label, source.scan.path)
        options["metadata"][KEY] |= {OF_COHORT: True, AS_READ: source.file}
        scan = open_scan(Image(data, **options))
        scan.facts.propose(source.proposal)  # known: nothing is looked for
        self.scan = scan
        try:
            self._panel.show_saved(scan, results.replay, results.drawn, source.analysis, SHOWN)
        except DscError as error:
            return str(error)
        self.made_from = self._snapshot(scan)
        return ""

    @staticmethod
    def _snapshot(scan: Scan) -> Snapshot | None:
        made_from = scan.results.made_from
        return made_from if isinstance(made_from, Snapshot) else None

    def _show_maps(self, results: Results) -> None:
        """Show maps without their scan: nothing can be redrawn on them."""
        place = placement(results.affine)
        blank = np.ascontiguousarray(to_screen(~results.brain, place))
        with arranging(self._viewer, grid=True):
            for one in results.maps:
                low, high = self._window(one, results)
                layer = MapImage(
                    np.array(to_screen(one.values, place)),
                    name=f"{one.symbol} ({one.units})",
                    colormap=named_colours(QUANTITIES[one.symbol].colours[COLOUR_FAMILY]),
                    contrast_limits=(low, high),
                    blending="translucent",
                    interpolation2d="nearest",
                    metadata={KEY: described(one)},
                    **volume_options(place),
                )
                layer.leave_blank(blank)
                add_map(self._viewer, layer, len(self._viewer.layers))
        most = np.asarray(to_screen(results.brain, place)).sum(axis=(1, 2)).argmax()
        self._viewer.dims.set_current_step(self._viewer.dims.ndim - 3, int(most))
        soon(self, lambda: show_whole(self._viewer), RESIZED)

    @staticmethod
    def _window(one: ParameterMap, results: Results) -> tuple[float, float]:
        arrival = float(results.record["bolus_arrival_s"])
        return QUANTITIES[one.symbol].window_under(results.replay.settings.ttp_from, arrival)
